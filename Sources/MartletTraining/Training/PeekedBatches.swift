/// A source whose first batch was read to be checked: it comes first all the same, so that nothing is
/// lost of data that can be read only once.
struct PeekedBatches: BatchSource {
  private let base: any BatchSource
  /// The batch that was read.
  let first: Batch
  private let peek: Peek?

  /// An epoch of which a batch was read, until somebody reads on.
  private final class Peek {
    let epoch: Int
    var reader: (any BatchReader)?

    init(_ epoch: Int, _ reader: any BatchReader) {
      self.epoch = epoch
      self.reader = reader
    }
  }

  /// Reads the first batch of an epoch; nil where there is none.
  init?(_ base: any BatchSource, epoch: Int) throws {
    let reader = try base.makeReader(epoch: epoch, from: 0)
    guard let first = try reader.next() else { return nil }
    self.init(base, first, Peek(epoch, reader))
  }

  private init(_ base: any BatchSource, _ first: Batch, _ peek: Peek?) {
    self.base = base
    self.first = first
    self.peek = peek
  }

  var cardinality: Cardinality { base.cardinality }
  var seeds: [UInt64] { base.seeds }

  func reseeded(with seeds: [UInt64]) -> PeekedBatches {
    if seeds == base.seeds { return self }
    return PeekedBatches(base.reseeded(with: seeds), first, nil)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    let reader = peek?.reader
    peek?.reader = nil
    // A source that knows how much it has finds any place by itself.
    let canSkip = base.cardinality != .unknown
    guard let reader, let peek, peek.epoch == epoch, position == 0 || !canSkip else {
      return try base.makeReader(epoch: epoch, from: position)
    }
    let whole = Rest(first, reader)
    for _ in 0..<position {
      if try whole.next() == nil { break }
    }
    return whole
  }

  /// A batch, and what a reader gives after it.
  private final class Rest: BatchReader {
    private var first: Batch?
    private let reader: any BatchReader

    init(_ first: Batch, _ reader: any BatchReader) {
      self.first = first
      self.reader = reader
    }

    func next() throws -> Batch? {
      if let batch = first {
        first = nil
        return batch
      }
      return try reader.next()
    }
  }
}
