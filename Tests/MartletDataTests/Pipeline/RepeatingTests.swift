import MartletTensors
import Testing

@testable import MartletData

@Suite struct RepeatingTests {
  @Test func `each pass is shuffled anew, and no pass twice`() throws {
    let data = try numbered(12).shuffled(seed: 1)
    let orders = try (0..<2).flatMap { try targets(data.repeated(2).batched(12), epoch: $0) }
    #expect(Set(orders).count == 4)
    let endless = try (0..<2).flatMap {
      try targets(Dataset(data).repeated().batched(12).taking(2), epoch: $0)
    }
    #expect(Set(endless).count == 4)
  }

  @Test func `streams repeat too`() throws {
    #expect(try targets(counting(2).repeated(2)).map { $0[0] } == [0, 1, 0, 1])
    #expect(try targets(counting(2).repeated().taking(5)).map { $0[0] } == [0, 1, 0, 1, 0])
    #expect(try targets(counting(2).repeated(0)).isEmpty)
  }

  @Test func `nothing repeated is nothing`() throws {
    #expect(try targets(counting(0).repeated()).isEmpty)
    let empty = try numbered(3).taking(0).repeated()
    #expect(empty.cardinality == .finite(0))
    #expect(try targets(empty).isEmpty)
  }
}
