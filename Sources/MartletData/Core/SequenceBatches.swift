import MartletTensors

/// Any sequence of batches as a source: each epoch goes through it once.
///
///     try model.fit(SequenceBatches(myBatches), epochs: 3)
///
/// A sequence that can be gone through only once gives one epoch.
public struct SequenceBatches<Base: Sequence>: BatchSource {
  private let base: Base
  private let batch: (Base.Element) -> Batch

  /// A source of batches.
  public init(_ base: Base) where Base.Element == Batch {
    self.base = base
    batch = { $0 }
  }

  /// A source of pairs of input and target.
  public init(_ base: Base) where Base.Element == (Tensor, Tensor) {
    self.base = base
    batch = { Batch($0.0, $0.1) }
  }

  public var cardinality: Cardinality {
    (base as? any Collection).map { .finite($0.count) } ?? .unknown
  }

  public func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    var iterator = base.makeIterator()
    let reader = ClosureReader { iterator.next().map(batch) }
    try reader.discard(position)
    return reader
  }
}
