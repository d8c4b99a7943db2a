import MartletTensors
import Testing

@testable import MartletData

@Suite struct ShufflingTests {
  @Test func `a buffer gives each element once, near its place`() throws {
    let data = counting(200).shuffled(seed: 1, buffer: 10)
    let order = try targets(data).map { $0[0] }
    #expect(order.sorted() == Array(0..<200))
    #expect(order != Array(0..<200))
    // An element can wait for long, but cannot come more than nine places early.
    #expect(order.enumerated().allSatisfy { $1 - $0 <= 9 })
    #expect(try targets(data, epoch: 1) != targets(data))
    #expect(try targets(data) == targets(counting(200).shuffled(seed: 1, buffer: 10)))
  }

  @Test func `a buffer for all makes every first element as likely`() throws {
    var counts = [Int](repeating: 0, count: 5)
    for epoch in 0..<2000 {
      counts[try targets(counting(5).shuffled(seed: 9, buffer: 8).taking(1), epoch: epoch)[0][0]] +=
        1
    }
    // 400 each, deviation 18.
    #expect(counts.allSatisfy { abs($0 - 400) < 90 }, "\(counts)")
  }

  @Test func `shuffled batches keep their samples together`() throws {
    let order = try targets(numbered(9).batched(3).shuffled(seed: 2))
    #expect(Set(order) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]])
  }

  @Test func `elements not known by number need a buffer`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = counting(5).shuffled(seed: 1)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("shuffled: the elements are not known by their numbers"))
  }
}
