import Foundation
import MartletTensors

/// The elements of an indexed source in an order that is drawn anew for each epoch.
struct Shuffled: IndexedBatchSource {
  let upstream: any IndexedBatchSource
  let seed: UInt64
  /// Whether each epoch has its own order; otherwise all have that of epoch 0.
  let isAnewEachEpoch: Bool
  private let orders = Orders()

  init(_ upstream: any IndexedBatchSource, seed: UInt64, isAnewEachEpoch: Bool) {
    self.upstream = upstream
    self.seed = seed
    self.isAnewEachEpoch = isAnewEachEpoch
  }

  var count: Int { upstream.count }
  var cardinality: Cardinality { upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds + [seed] }

  func reseeded(with seeds: [UInt64]) -> Shuffled {
    Shuffled(
      upstream.reseeded(with: seeds.dropLast()), seed: seeds.last ?? seed,
      isAnewEachEpoch: isAnewEachEpoch)
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    try upstream.element(at: order(epoch)[index], epoch: epoch)
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    let order = order(epoch)
    return try upstream.stacked(indices.map { order[$0] }, epoch: epoch)
  }

  private func order(_ epoch: Int) -> [Int] {
    let epoch = isAnewEachEpoch ? epoch : 0
    return orders.order(of: epoch) {
      var random = KeyedRandom(seed: seed, epoch)
      return random.permutation(count)
    }
  }

  /// The orders of the epochs that are being read.
  ///
  /// Unchecked `Sendable`: guarded by a lock.
  private final class Orders: @unchecked Sendable {
    private let lock = NSLock()
    private var known: [(epoch: Int, order: [Int])] = []

    func order(of epoch: Int, _ make: () -> [Int]) -> [Int] {
      lock.withLock {
        if let found = known.first(where: { $0.epoch == epoch }) { return found.order }
        let order = make()
        // Two epochs at once: one that is prefetched, and the one before it.
        if known.count == 2 { known.removeFirst() }
        known.append((epoch, order))
        return order
      }
    }
  }
}

/// The elements of any source, each drawn from a buffer of those that follow.
struct BufferShuffled: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  let seed: UInt64
  let bufferSize: Int
  let isAnewEachEpoch: Bool

  var cardinality: Cardinality { upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds + [seed] }

  func reseeded(with seeds: [UInt64]) -> BufferShuffled {
    BufferShuffled(
      upstream: upstream.reseeded(with: seeds.dropLast()), seed: seeds.last ?? seed,
      bufferSize: bufferSize, isAnewEachEpoch: isAnewEachEpoch)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    let reader = try upstream.makeReader(epoch: epoch, from: 0)
    var random = KeyedRandom(seed: seed, isAnewEachEpoch ? epoch : 0)
    var buffer: [Batch] = []
    let shuffled = ClosureReader {
      while buffer.count < bufferSize, let batch = try reader.next() { buffer.append(batch) }
      if buffer.isEmpty { return nil }
      let chosen = random.below(buffer.count)
      buffer.swapAt(chosen, buffer.count - 1)
      return buffer.removeLast()
    }
    // What has been drawn depends on all that was read before.
    try shuffled.discard(position)
    return shuffled
  }
}
