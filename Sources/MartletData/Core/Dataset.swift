import Foundation
import MartletTensors

/// A pipeline of data that is read as it goes, and that may fail while it is read.
///
///     let files = Dataset(Recordings(folder)).shuffled(seed: 1).map { recording, label in
///       (try spectrogram(recording), label)
///     }.batched(32).prefetched(2)
///     try files.forEachBatch { x, y in … }
///     try model.fit(files, epochs: 10)
///
/// Each step returns a new data set and reads nothing yet. Steps that can keep knowing elements by
/// their numbers do (`map`, `shuffled`, `taking`, `batched` …), so that shuffling draws from all
/// elements without reading them, and resuming in the middle of an epoch skips without reading.
/// For data in memory there is ``TensorDataset``, which cannot fail.
public struct Dataset: BatchSource, Sendable {
  let source: any BatchSource & Sendable
  private let epochs = EpochCounter()

  init(source: any BatchSource & Sendable) { self.source = source }

  /// A data set of any source.
  public init(_ source: some BatchSource & Sendable) {
    self.source = (source as? Dataset)?.source ?? source
  }

  /// A data set of what closures give one after the other.
  ///
  ///     Dataset { epoch in
  ///       var lines = try Lines(file)
  ///       return { try lines.next().map { Batch(encode($0)) } }
  ///     }
  ///
  /// - Parameters:
  ///   - cardinality: How many elements an epoch has, if that is known.
  ///   - makeNext: Begins an epoch: returns a closure that gives the next element, or nil at the
  ///     end. The same epoch must give the same elements if runs are to be resumed.
  public init(
    cardinality: Cardinality = .unknown,
    generator makeNext: @escaping @Sendable (_ epoch: Int) throws -> () throws -> Batch?
  ) {
    source = Generated(cardinality: cardinality, makeNext: makeNext)
  }

  public var cardinality: Cardinality { source.cardinality }
  public var seeds: [UInt64] { source.seeds }

  public func reseeded(with seeds: [UInt64]) -> Dataset {
    Dataset(source: source.reseeded(with: seeds))
  }

  public func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    try source.makeReader(epoch: epoch, from: position)
  }

  /// The epoch that the next `forEachBatch` reads; each counts it up.
  public var nextEpoch: Int {
    get { epochs.next }
    nonmutating set { epochs.next = newValue }
  }

  /// Calls a closure with each element of an epoch.
  ///
  /// - Parameters:
  ///   - epoch: Which one; without it, the one after that of the last call.
  ///   - body: Gets an element; whatever it throws ends the reading.
  /// - Throws: what reading throws, and what the closure throws.
  public func forEachBatch(epoch: Int? = nil, _ body: (Batch) throws -> Void) throws {
    let reader = try source.makeReader(epoch: epoch ?? epochs.take(), from: 0)
    while let batch = try reader.next() { try body(batch) }
  }

  /// Calls a closure with the input and the target of each element of an epoch.
  ///
  /// - Throws: as the form with one argument; `Diagnostic` for elements that are not of one input
  ///   and one target.
  public func forEachBatch(epoch: Int? = nil, _ body: (Tensor, Tensor) throws -> Void) throws {
    try forEachBatch(epoch: epoch) { batch in
      let (x, y) = try batch.pair("forEachBatch", fix: "take the whole element: { batch in … }")
      try body(x, y)
    }
  }
}

/// What closures give one after the other.
private struct Generated: BatchSource, Sendable {
  let cardinality: Cardinality
  let makeNext: @Sendable (Int) throws -> () throws -> Batch?

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    let reader = ClosureReader(try makeNext(epoch))
    try reader.discard(position)
    return reader
  }
}

/// Counts the epochs that nobody has numbered.
///
/// Unchecked `Sendable`: guarded by a lock.
final class EpochCounter: @unchecked Sendable {
  private let lock = NSLock()
  private var epoch = 0

  var next: Int {
    get { lock.withLock { epoch } }
    set { lock.withLock { epoch = newValue } }
  }

  func take() -> Int {
    lock.withLock {
      defer { epoch += 1 }
      return epoch
    }
  }
}

extension Batch {
  /// The input and the target of an element that has one of each.
  func pair(_ who: String, fix: String) throws(Diagnostic) -> (Tensor, Tensor) {
    guard inputs.count == 1, targets.count == 1 else {
      throw Diagnostic(
        who, "the elements are no pairs", expected: "one input and one target", got: "\(self)",
        fix: fix)
    }
    return (inputs[0], targets[0])
  }
}
