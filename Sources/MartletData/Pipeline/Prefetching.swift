import Foundation

/// The elements of any source, read ahead by a thread of its own.
struct Prefetched: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  /// The most elements that wait.
  let limit: Int

  var cardinality: Cardinality { upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> Prefetched {
    Prefetched(upstream: upstream.reseeded(with: seeds), limit: limit)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    PrefetchReader(try upstream.makeReader(epoch: epoch, from: position), limit: limit)
  }
}

/// Takes what a thread has read; letting go of it ends the thread after the element it is at.
private final class PrefetchReader: BatchReader {
  private let queue: PrefetchQueue

  init(_ reader: any BatchReader, limit: Int) {
    let queue = PrefetchQueue(reader, limit: limit)
    self.queue = queue
    let thread = Thread { queue.fill() }
    thread.name = "martlet prefetch"
    thread.stackSize = 4 << 20
    thread.start()
  }

  deinit { queue.stop() }

  func next() throws -> Batch? { try queue.take() }
}

/// What lies between the thread that reads and the one that takes.
///
/// Unchecked `Sendable`: the reader belongs to the thread that fills, the rest is guarded by the
/// condition.
private final class PrefetchQueue: @unchecked Sendable {
  private let reader: any BatchReader
  private let limit: Int
  private let condition = NSCondition()
  private var waiting: [Result<Batch, any Error>] = []
  private var hasEnded = false
  private var isStopped = false

  init(_ reader: any BatchReader, limit: Int) {
    self.reader = reader
    self.limit = limit
  }

  func fill() {
    while true {
      let outcome = Result { try reader.next()?.evaluated() }
      condition.lock()
      switch outcome {
      case .success(let batch?): waiting.append(.success(batch))
      case .success(nil): hasEnded = true
      case .failure(let error):
        waiting.append(.failure(error))
        hasEnded = true
      }
      condition.broadcast()
      while waiting.count >= limit && !isStopped && !hasEnded { condition.wait() }
      let isDone = hasEnded || isStopped
      condition.unlock()
      if isDone { return }
    }
  }

  func take() throws -> Batch? {
    condition.lock()
    while waiting.isEmpty && !hasEnded { condition.wait() }
    let next = waiting.isEmpty ? nil : waiting.removeFirst()
    condition.broadcast()
    condition.unlock()
    return try next?.get()
  }

  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }
}
