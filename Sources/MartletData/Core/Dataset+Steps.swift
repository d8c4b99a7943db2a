import MartletTensors

extension Dataset {
  /// The elements in another order for each epoch.
  ///
  /// Where elements are known by their numbers and no buffer is asked for, all orders are equally
  /// likely and nothing is read ahead. Otherwise each element is drawn from a buffer of those that
  /// follow.
  ///
  /// - Parameters:
  ///   - seed: What the orders follow from; without it, a number from the program's random source.
  ///   - buffer: How many elements to draw from; needed where elements are not known by number.
  ///   - anewEachEpoch: Whether each epoch has an order of its own.
  public func shuffled(
    seed: UInt64? = nil, buffer: Int? = nil, anewEachEpoch: Bool = true,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    let seed = seed ?? freshSeed()
    if buffer == nil, let indexed = source as? any IndexedBatchSource,
      case .finite = indexed.cardinality
    {
      return Dataset(source: Shuffled(indexed, seed: seed, isAnewEachEpoch: anewEachEpoch))
    }
    guard let buffer else {
      trap(
        Diagnostic(
          "shuffled", "the elements are not known by their numbers, or have no end",
          expected: "a buffer to draw from", got: "none", fix: "write shuffled(buffer: 1000), say"),
        file: file, line: line)
    }
    requirePositive(buffer, "shuffled", "the buffer", file, line)
    return Dataset(
      source: BufferShuffled(
        upstream: source, seed: seed, bufferSize: buffer, isAnewEachEpoch: anewEachEpoch))
  }

  /// The elements `size` at a time, stacked along a new first axis.
  ///
  /// Traps if `size` is less than 1. Elements that are not alike are an error when they are read.
  ///
  /// - Parameters:
  ///   - size: How many elements make a batch.
  ///   - dropRemainder: Whether a last batch that would be short is left out.
  public func batched(
    _ size: Int, dropRemainder: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    requirePositive(size, "batched", "the batch size", file, line)
    if let indexed = source as? any IndexedBatchSource {
      return Dataset(
        source: Batched(upstream: indexed, size: size, dropsRemainder: dropRemainder))
    }
    return Dataset(
      source: StreamBatched(upstream: source, size: size, dropsRemainder: dropRemainder))
  }

  /// What a closure makes of each element, on several threads, in order.
  ///
  /// Inside the closure, random tensors that name no source are a function of the seed, the epoch
  /// and the element's position: the same in every run, anew in each epoch.
  ///
  /// - Parameters:
  ///   - seed: What random tensors follow from; without it, a number from the program's source.
  ///   - transform: Makes another element; called from several threads at once.
  public func map(
    seed: UInt64? = nil, _ transform: @escaping @Sendable (Batch) throws -> Batch
  ) -> Dataset {
    let transform = Transform(seed: seed ?? freshSeed(), body: transform)
    if let indexed = source as? any IndexedBatchSource {
      return Dataset(source: Mapped(upstream: indexed, transform: transform))
    }
    return Dataset(source: StreamMapped(upstream: source, transform: transform))
  }

  /// What a closure makes of the input and the target of each element; as the form for elements.
  public func map(
    seed: UInt64? = nil,
    _ transform: @escaping @Sendable (Tensor, Tensor) throws -> (Tensor, Tensor)
  ) -> Dataset {
    map(seed: seed) { (element: Batch) in
      let (x, y) = try element.pair("map", fix: "take the whole element: { element in … }")
      var result = element
      (result.inputs[0], result.targets[0]) = try transform(x, y)
      return result
    }
  }

  /// The elements for which a condition holds.
  public func filter(_ isKept: @escaping @Sendable (Batch) throws -> Bool) -> Dataset {
    Dataset(source: StreamSelected(upstream: source, isKept: isKept))
  }

  /// The first elements of each epoch, at most `count`.
  public func taking(
    _ count: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    requireCount(count, "taking", file, line)
    if let indexed = source as? any IndexedBatchSource {
      return Dataset(
        source: Selected(upstream: indexed, choice: .range(0..<min(count, indexed.count))))
    }
    return Dataset(source: StreamSelected(upstream: source, limit: count))
  }

  /// The elements of each epoch without the first `count`.
  public func skipping(
    _ count: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    requireCount(count, "skipping", file, line)
    if let indexed = source as? any IndexedBatchSource, case .finite(let all) = indexed.cardinality
    {
      return Dataset(
        source: Selected(upstream: indexed, choice: .range(min(count, all)..<all)))
    }
    return Dataset(source: StreamSelected(upstream: source, skipped: count))
  }

  /// The elements several times over; without a number, for ever.
  ///
  /// Each pass is an epoch of its own to the steps before: it is shuffled anew.
  public func repeated(
    _ times: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    if let times { requireCount(times, "repeated", file, line) }
    if let indexed = source as? any IndexedBatchSource, case .finite = indexed.cardinality {
      return Dataset(source: Repeated(upstream: indexed, times: times))
    }
    return Dataset(source: StreamRepeated(upstream: source, times: times))
  }

  /// Elements kept in memory when they are first read, as they are in epoch 0.
  ///
  /// Put random steps behind it: what is before it happens once.
  public func cached() -> Dataset {
    if let indexed = source as? any IndexedBatchSource, case .finite = indexed.cardinality {
      return Dataset(source: Cached(indexed))
    }
    return Dataset(source: StreamCached(source))
  }

  /// The elements, read ahead by a thread of its own; at most `count` wait to be taken.
  public func prefetched(
    _ count: Int = 2, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    requirePositive(count, "prefetched", "the number of elements", file, line)
    return Dataset(source: Prefetched(upstream: source, limit: count))
  }

  /// The elements of two data sets as one each: inputs behind inputs, targets behind targets; as
  /// many as the shorter one has.
  public func zipped(with other: some BatchSource & Sendable) -> Dataset {
    Dataset.zipped(source, other, .sideBySide)
  }

  /// The elements of one data set as inputs with those of another as targets; as many as the shorter
  /// one has.
  public static func zip(
    inputs: some BatchSource & Sendable, targets: some BatchSource & Sendable
  ) -> Dataset {
    zipped(inputs, targets, .inputsAndTargets)
  }

  private static func zipped(
    _ first: any BatchSource & Sendable, _ second: any BatchSource & Sendable, _ pairing: Pairing
  ) -> Dataset {
    let (a, b) = (Dataset(first).source, Dataset(second).source)
    if let a = a as? any IndexedBatchSource, let b = b as? any IndexedBatchSource {
      return Dataset(source: Zipped(first: a, second: b, pairing: pairing))
    }
    return Dataset(source: StreamZipped(first: a, second: b, pairing: pairing))
  }
}

/// Traps on a size that is not 1 or more.
func requirePositive(
  _ value: Int, _ who: String, _ what: String, _ file: StaticString, _ line: UInt
) {
  if value >= 1 { return }
  trap(
    Diagnostic(who, "\(what) is none", expected: "1 or more", got: "\(value)"), file: file,
    line: line)
}

/// Traps on a negative number of elements.
func requireCount(_ value: Int, _ who: String, _ file: StaticString, _ line: UInt) {
  if value >= 0 { return }
  trap(
    Diagnostic(who, "the number is negative", expected: "0 or more", got: "\(value)"), file: file,
    line: line)
}
