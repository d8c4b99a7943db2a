import MartletTensors

/// Where the reading of a data set stands, and what its random choices follow from: all that is
/// needed to go on with the same bits.
public struct DatasetState: Codable, Sendable, Hashable {
  /// The epoch that is being read, from 0.
  public var epoch: Int
  /// How many of its batches have been taken.
  public var position: Int
  /// The seeds of the source.
  public var seeds: [UInt64]

  /// Creates a state.
  public init(epoch: Int, position: Int, seeds: [UInt64]) {
    self.epoch = epoch
    self.position = position
    self.seeds = seeds
  }
}

/// Reads a source batch by batch, and knows where it stands: what a training loop holds.
///
///     let cursor = BatchCursor(train.shuffled(seed: 1).batched(128))
///     while let batch = try cursor.next() { … }
///     cursor.start(epoch: 1)
///     let saved = cursor.state                                // Codable
///     let later = try BatchCursor(source, resuming: saved)    // goes on with the same bits
public final class BatchCursor {
  private let source: any BatchSource
  private var reader: (any BatchReader)?
  /// The epoch that is being read.
  public private(set) var epoch: Int
  /// How many of its batches have been taken.
  public private(set) var position = 0

  /// Stands before the first batch of an epoch.
  public init(_ source: any BatchSource, epoch: Int = 0) {
    self.source = source
    self.epoch = epoch
  }

  /// Stands where another cursor on the same source stood.
  ///
  /// - Throws: `Diagnostic` if the state is not that of such a source.
  public init(_ source: any BatchSource, resuming state: DatasetState) throws(Diagnostic) {
    let expected = source.seeds.count
    guard state.seeds.count == expected, state.epoch >= 0, state.position >= 0 else {
      throw Diagnostic(
        "BatchCursor", "the saved state is not that of this data set",
        expected: "\(expected) seeds, and an epoch and a position of 0 or more",
        got: "\(state.seeds.count) seeds, epoch \(state.epoch), position \(state.position)",
        fix: "build the data set by the same steps as when the state was saved")
    }
    self.source = source.reseeded(with: state.seeds)
    epoch = state.epoch
    position = state.position
  }

  /// How many batches one epoch has.
  public var cardinality: Cardinality { source.cardinality }

  /// The next batch, or nil at the end of the epoch.
  ///
  /// - Throws: what the source throws.
  public func next() throws -> Batch? {
    let reader = try self.reader ?? source.makeReader(epoch: epoch, from: position)
    self.reader = reader
    guard let batch = try reader.next() else { return nil }
    position += 1
    return batch
  }

  /// Goes to the beginning of an epoch.
  public func start(epoch: Int) {
    reader = nil
    self.epoch = epoch
    position = 0
  }

  /// Where the cursor stands.
  public var state: DatasetState {
    DatasetState(epoch: epoch, position: position, seeds: source.seeds)
  }
}
