/// How many elements a source gives in one epoch.
public enum Cardinality: Sendable, Hashable {
  /// So many.
  case finite(Int)
  /// No end: it has to be told when an epoch is over.
  case endless
  /// A number that only reading tells.
  case unknown

  /// The number, where there is one.
  public var count: Int? { if case .finite(let count) = self { count } else { nil } }

  func map(_ transform: (Int) -> Int) -> Cardinality {
    if case .finite(let count) = self { .finite(transform(count)) } else { self }
  }
}

/// What gives batches, epoch after epoch: what `fit`, `evaluate` and `predict` read.
///
/// What a source gives is a function of its seeds, the epoch and the position alone. That is what
/// makes a run that was interrupted in the middle of an epoch continue with the same bits: it is
/// enough to save those three (``DatasetState``).
///
/// ``Dataset`` and ``TensorDataset`` are sources. Conform to ``IndexedBatchSource`` where any element
/// can be had by its number: that makes shuffling and resuming cheap.
public protocol BatchSource {
  /// How many batches one epoch has.
  var cardinality: Cardinality { get }

  /// Begins to read an epoch.
  ///
  /// - Parameters:
  ///   - epoch: Which one, from 0.
  ///   - position: How many of its batches to leave out, because they have been read before.
  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader

  /// What the source's random choices follow from, one number for each place that makes some.
  var seeds: [UInt64] { get }

  /// The source with other seeds, as many as `seeds` has.
  func reseeded(with seeds: [UInt64]) -> Self
}

extension BatchSource {
  public var seeds: [UInt64] { [] }
  public func reseeded(with seeds: [UInt64]) -> Self { self }

  /// How many batches one epoch has, where that is known and finite.
  public var batchCount: Int? { cardinality.count }
}

/// One epoch that is being read.
public protocol BatchReader: AnyObject {
  /// The next batch, or nil at the end of the epoch.
  func next() throws -> Batch?
}

extension BatchReader {
  /// Reads batches and forgets them.
  func discard(_ count: Int) throws {
    for _ in 0..<count {
      if try next() == nil { return }
    }
  }
}

/// A source that knows its elements by their numbers (what Keras calls a `PyDataset`).
///
///     struct Waves: IndexedBatchSource {
///       var count: Int { 1000 }
///       func element(at index: Int, epoch: Int) -> Batch { Batch(wave(index), frequency(index)) }
///     }
///     let waves = Dataset(Waves()).shuffled(seed: 1).batched(32)
public protocol IndexedBatchSource: BatchSource, Sendable {
  /// The number of elements in one epoch.
  var count: Int { get }

  /// One element; called from several threads at once.
  ///
  /// - Parameters:
  ///   - index: Which one, in `0 ..< count`.
  ///   - epoch: In which epoch, from 0: it matters only where elements vary from epoch to epoch.
  func element(at index: Int, epoch: Int) throws -> Batch

  /// Several elements as one, stacked along a new first axis; a source that can do better than
  /// element by element implements it.
  func stacked(_ indices: [Int], epoch: Int) throws -> Batch
}

extension IndexedBatchSource {
  public var cardinality: Cardinality { .finite(count) }

  public func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    IndexedReader(self, epoch: epoch, position: position)
  }

  public func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    try Batch.stacked(indices.map { try element(at: $0, epoch: epoch) })
  }
}

/// Reads a source by the numbers of its elements.
final class IndexedReader<Source: IndexedBatchSource>: BatchReader {
  private let source: Source
  private let epoch: Int
  private var position: Int

  init(_ source: Source, epoch: Int, position: Int) {
    self.source = source
    self.epoch = epoch
    self.position = position
  }

  func next() throws -> Batch? {
    if position >= source.count { return nil }
    defer { position += 1 }
    return try source.element(at: position, epoch: epoch)
  }
}

/// Reads by a closure.
final class ClosureReader: BatchReader {
  private let body: () throws -> Batch?

  init(_ body: @escaping () throws -> Batch?) { self.body = body }

  func next() throws -> Batch? { try body() }
}
