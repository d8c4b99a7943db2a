import Foundation

/// Elements that have been read, by their numbers.
///
/// Unchecked `Sendable`: guarded by a lock.
private final class Memory: @unchecked Sendable {
  private let lock = NSLock()
  private var elements: [Int: Batch] = [:]
  private var total: Int?

  subscript(index: Int) -> Batch? {
    get { lock.withLock { elements[index] } }
    set { lock.withLock { elements[index] = newValue } }
  }

  /// The number of elements, once all have been read.
  var count: Int? {
    get { lock.withLock { total } }
    set { lock.withLock { total = newValue } }
  }
}

/// The elements of an indexed source, each read once, as it is in epoch 0, and kept in memory.
struct Cached: IndexedBatchSource {
  let upstream: any IndexedBatchSource
  private let memory = Memory()

  init(_ upstream: any IndexedBatchSource) { self.upstream = upstream }

  var count: Int { upstream.count }
  var cardinality: Cardinality { upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> Cached {
    seeds == self.seeds ? self : Cached(upstream.reseeded(with: seeds))
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    if let known = memory[index] { return known }
    let element = try upstream.element(at: index, epoch: 0)
    memory[index] = element
    return element
  }
}

/// The elements of any source, read once to the end, as they are in epoch 0, and kept in memory.
struct StreamCached: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  private let memory = Memory()

  init(_ upstream: any BatchSource & Sendable) { self.upstream = upstream }

  var cardinality: Cardinality { memory.count.map(Cardinality.finite) ?? upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> StreamCached {
    seeds == self.seeds ? self : StreamCached(upstream.reseeded(with: seeds))
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    var next = position
    var reader: (any BatchReader)?
    return ClosureReader {
      if let known = memory[next] {
        next += 1
        return known
      }
      if let count = memory.count, next >= count { return nil }
      let current: any BatchReader
      if let reader {
        current = reader
      } else {
        current = try upstream.makeReader(epoch: 0, from: next)
        reader = current
      }
      guard let element = try current.next() else {
        memory.count = next
        return nil
      }
      memory[next] = element
      next += 1
      return element
    }
  }
}
