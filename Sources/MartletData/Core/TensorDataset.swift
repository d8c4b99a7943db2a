import MartletTensors

/// Data in memory: rows of tensors, taken in order or shuffled, one by one or in batches.
///
///     let data = try TensorDataset(x, y)
///     let batches = data.shuffled(seed: 1).batched(128)
///     for epoch in 0..<12 {
///       for (x, y) in batches { … }               // shuffled anew each time
///     }
///     try model.fit(batches, epochs: 12)
///
/// Reading it cannot fail, so it is a `Sequence` of pairs of input and target. A batch is gathered
/// row by row when it is asked for; the whole is never copied.
public struct TensorDataset: InMemoryData, IndexedBatchSource {
  let source: any IndexedBatchSource
  private let epochs = EpochCounter()

  init(source: any IndexedBatchSource) { self.source = source }

  /// A data set of the rows of an input, with those of a target and the samples' weights where there
  /// are some.
  ///
  /// - Throws: `Diagnostic` if a tensor is a scalar, or if they do not have the same number of rows.
  public init(_ x: Tensor, _ y: Tensor? = nil, weights: Tensor? = nil) throws(Diagnostic) {
    try self.init(Batch(x, y, weights: weights))
  }

  /// A data set of the rows of several tensors at once, in lists or by name.
  ///
  ///     try TensorDataset(Batch(inputs: ["image": images, "size": sizes], targets: ["class": labels]))
  ///
  /// - Throws: `Diagnostic` if there is no tensor, if one is a scalar, or if they do not have the same
  ///   number of rows.
  public init(_ tensors: Batch) throws(Diagnostic) {
    let all = tensors.tensors
    guard let count = all.first?.shape.first,
      all.allSatisfy({ $0.shape.first == count }), !tensors.inputs.isEmpty
    else {
      throw Diagnostic(
        "TensorDataset", "the tensors do not have the same number of rows",
        expected: "one input at least, and one size for the first axis of all", got: "\(tensors)")
    }
    let evaluated = tensors.evaluated()
    source = Rows(evaluated, all.map(Rows.Column.plain), count: count)
  }

  public var dataset: TensorDataset { self }
  public var count: Int { source.count }
  public var cardinality: Cardinality { source.cardinality }
  public var seeds: [UInt64] { source.seeds }

  public func reseeded(with seeds: [UInt64]) -> TensorDataset {
    TensorDataset(source: source.reseeded(with: seeds))
  }

  public func element(at index: Int, epoch: Int) -> Batch {
    unfailing { try source.element(at: index, epoch: epoch) }
  }

  public func stacked(_ indices: [Int], epoch: Int) -> Batch {
    unfailing { try source.stacked(indices, epoch: epoch) }
  }

  public func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    try source.makeReader(epoch: epoch, from: position)
  }

  /// The epoch that the next `for … in` reads; each counts it up.
  public var nextEpoch: Int {
    get { epochs.next }
    nonmutating set { epochs.next = newValue }
  }

  public var underestimatedCount: Int { count == .max ? 0 : count }

  public func makeIterator() -> AnyIterator<(Tensor, Tensor)> { pairs(epochs.take()) }

  /// The pairs of an epoch, whatever was read before.
  public func epoch(_ epoch: Int) -> AnySequence<(Tensor, Tensor)> {
    AnySequence { pairs(epoch) }
  }

  /// The elements of an epoch, with all their tensors; without a number, of the next one.
  public func elements(epoch: Int? = nil) -> AnySequence<Batch> {
    AnySequence {
      let reader = unfailing { try source.makeReader(epoch: epoch ?? epochs.take(), from: 0) }
      return AnyIterator { unfailing { try reader.next() } }
    }
  }

  private func pairs(_ epoch: Int) -> AnyIterator<(Tensor, Tensor)> {
    let reader = unfailing { try source.makeReader(epoch: epoch, from: 0) }
    return AnyIterator {
      unfailing {
        try reader.next()?.pair("TensorDataset", fix: "iterate over elements()")
      }
    }
  }
}

/// Runs what cannot fail but for a mistake in the caller's source.
func unfailing<Value>(_ body: () throws -> Value) -> Value {
  do {
    return try body()
  } catch let diagnostic as Diagnostic {
    trap(diagnostic, file: #fileID, line: #line)
  } catch {
    trap(Diagnostic("TensorDataset", "\(error)"), file: #fileID, line: #line)
  }
}
