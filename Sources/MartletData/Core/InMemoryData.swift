import MartletTensors

/// Data in memory that can be read, again and again, as pairs of input and target.
///
/// Every step returns a new ``TensorDataset``, and copies nothing.
public protocol InMemoryData: Sequence, Sendable where Element == (Tensor, Tensor) {
  /// The rows.
  var dataset: TensorDataset { get }
}

extension InMemoryData {
  /// The number of elements.
  public var count: Int { dataset.count }

  public func makeIterator() -> AnyIterator<(Tensor, Tensor)> { dataset.makeIterator() }

  /// The elements in another order for each epoch, all orders equally likely.
  ///
  /// - Parameters:
  ///   - seed: What the orders follow from; without it, a number from the program's random source.
  ///   - anewEachEpoch: Whether each epoch has an order of its own.
  public func shuffled(seed: UInt64?, anewEachEpoch: Bool = true) -> TensorDataset {
    TensorDataset(
      source: Shuffled(
        dataset.source, seed: seed ?? freshSeed(), isAnewEachEpoch: anewEachEpoch))
  }

  /// The elements in another order for each epoch, from a seed of the program's random source.
  public func shuffled() -> TensorDataset { shuffled(seed: nil) }

  /// The elements `size` at a time, stacked along a new first axis.
  ///
  /// Traps if `size` is less than 1.
  ///
  /// - Parameters:
  ///   - size: How many elements make a batch.
  ///   - dropRemainder: Whether a last batch that would be short is left out.
  public func batched(
    _ size: Int, dropRemainder: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorDataset {
    requirePositive(size, "batched", "the batch size", file, line)
    return TensorDataset(
      source: Batched(upstream: dataset.source, size: size, dropsRemainder: dropRemainder))
  }

  /// What a closure makes of each element, on several threads, in order.
  ///
  /// Inside the closure, random tensors that name no source are a function of the seed, the epoch
  /// and the element's position.
  ///
  /// - Parameters:
  ///   - seed: What random tensors follow from; without it, a number from the program's source.
  ///   - transform: Makes another pair; called from several threads at once.
  public func map(
    seed: UInt64? = nil, _ transform: @escaping @Sendable (Tensor, Tensor) -> (Tensor, Tensor)
  ) -> TensorDataset {
    mapElements(seed: seed) { element in
      let (x, y) = unfailing { try element.pair("map", fix: "use mapElements") }
      var result = element
      (result.inputs[0], result.targets[0]) = transform(x, y)
      return result
    }
  }

  /// What a closure makes of each element, with all its tensors; as `map`.
  public func mapElements(
    seed: UInt64? = nil, _ transform: @escaping @Sendable (Batch) -> Batch
  ) -> TensorDataset {
    TensorDataset(
      source: Mapped(
        upstream: dataset.source, transform: Transform(seed: seed ?? freshSeed(), body: transform)))
  }

  /// The first elements of each epoch, at most `count`.
  public func taking(
    _ count: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorDataset {
    requireCount(count, "taking", file, line)
    return selecting(.range(0..<Swift.min(count, self.count)))
  }

  /// The elements of each epoch without the first `count`.
  public func skipping(
    _ count: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorDataset {
    requireCount(count, "skipping", file, line)
    return selecting(.range(Swift.min(count, self.count)..<self.count))
  }

  /// The elements of these numbers, in their order; traps if one is out of range.
  public func selecting(
    _ numbers: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> TensorDataset {
    if let wrong = numbers.first(where: { $0 < 0 || $0 >= count }) {
      trap(
        Diagnostic(
          "selecting", "a number is out of range", expected: "numbers in 0 ..< \(count)",
          got: "\(wrong)"),
        file: file, line: line)
    }
    return selecting(.numbers(numbers))
  }

  private func selecting(_ choice: Selected.Choice) -> TensorDataset {
    TensorDataset(source: Selected(upstream: dataset.source, choice: choice))
  }

  /// The elements several times over; each pass is an epoch of its own to the steps before.
  public func repeated(
    _ times: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorDataset {
    if let times { requireCount(times, "repeated", file, line) }
    return TensorDataset(source: Repeated(upstream: dataset.source, times: times))
  }

  /// The elements, read ahead by a thread of its own; at most `count` wait to be taken.
  public func prefetched(
    _ count: Int = 2, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    Dataset(dataset).prefetched(count, file: file, line: line)
  }
}
