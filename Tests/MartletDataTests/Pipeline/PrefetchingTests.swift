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

  /// Whether something comes true within ten seconds.
  private func eventually(_ holds: () -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: 10)
    while !holds() && Date() < deadline { usleep(500) }
    return holds()
  }

  @Test func `elements come in order`() throws {
    #expect(try targets(counting(100).prefetched(3)).map { $0[0] } == Array(0..<100))
    #expect(try targets(counting(0).prefetched(3)).isEmpty)
  }

  @Test func `no more is read ahead than may wait`() throws {
    let progress = Progress()
    let reader = try watched(progress).prefetched(3).makeReader(epoch: 0, from: 0)
    _ = try reader.next()
    #expect(eventually { progress.count == 4 }, "one taken and three that wait")
    usleep(20_000)
    #expect(progress.count == 4)
  }

  @Test func `the thread ends when nobody reads any more`() throws {
    weak var progress: Progress?
    func readOne() throws {
      let watchedProgress = Progress()
      progress = watchedProgress
      let reader = try watched(watchedProgress).prefetched(1).makeReader(epoch: 0, from: 0)
      _ = try reader.next()
    }
    try readOne()
    #expect(eventually { progress == nil }, "who holds the elements' source is the thread")
  }
}
