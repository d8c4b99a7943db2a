import Foundation
import MartletTensors
import Testing

@testable import MartletData

@Suite struct PrefetchingTests {
  /// How many elements have been read.
  private final class Progress: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0
    func add() { lock.withLock { value += 1 } }
    var count: Int { lock.withLock { value } }
  }

  private func watched(_ progress: Progress) -> Dataset {
    Dataset { _ in
      {
        progress.add()
        return Batch(Tensor(Float(progress.count)), Tensor(Float(progress.count)))
      }
    }
  }

  @Test func `elements come in order`() throws {
    #expect(try targets(counting(100).prefetched(3)).map { $0[0] } == Array(0..<100))
    #expect(try targets(counting(0).prefetched(3)).isEmpty)
  }

  @Test func `no more is read ahead than may wait`() throws {
    let progress = Progress()
    let reader = try watched(progress).prefetched(3).makeReader(epoch: 0, from: 0)
    _ = try reader.next()
    usleep(50_000)
    #expect(progress.count <= 4)
    #expect(progress.count >= 2)
  }

  @Test func `the thread ends when nobody reads any more`() throws {
    let progress = Progress()
    try counting(1).forEachBatch { _ in
      let reader = try watched(progress).prefetched(1).makeReader(epoch: 0, from: 0)
      _ = try reader.next()
    }
    usleep(20_000)
    let count = progress.count
    usleep(30_000)
    #expect(progress.count == count)
    #expect(count <= 3)
  }
}
