import MartletTensors

/// The elements of an indexed source, `size` at a time.
struct Batched: IndexedBatchSource {
  let upstream: any IndexedBatchSource
  let size: Int
  /// Whether a last batch that would be short is left out.
  let dropsRemainder: Bool

  var count: Int {
    dropsRemainder
      ? upstream.count / size : upstream.count / size + (upstream.count % size).signum()
  }
  var cardinality: Cardinality { upstream.cardinality.map { _ in count } }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> Batched {
    Batched(upstream: upstream.reseeded(with: seeds), size: size, dropsRemainder: dropsRemainder)
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    let start = index * size
    return try upstream.stacked(
      Array(start..<min(start + size, upstream.count)), epoch: epoch)
  }
}

/// The elements of any source, `size` at a time.
struct StreamBatched: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  let size: Int
  let dropsRemainder: Bool

  var cardinality: Cardinality {
    upstream.cardinality.map { dropsRemainder ? $0 / size : ($0 + size - 1) / size }
  }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> StreamBatched {
    StreamBatched(
      upstream: upstream.reseeded(with: seeds), size: size, dropsRemainder: dropsRemainder)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    let reader = try upstream.makeReader(epoch: epoch, from: position * size)
    return ClosureReader {
      var elements: [Batch] = []
      while elements.count < size, let element = try reader.next() { elements.append(element) }
      if elements.isEmpty || dropsRemainder && elements.count < size { return nil }
      return try Batch.stacked(elements)
    }
  }
}
