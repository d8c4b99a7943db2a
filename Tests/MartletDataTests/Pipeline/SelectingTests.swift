import MartletTensors
import Testing

@testable import MartletData

@Suite struct SelectingTests {
  @Test func `streams can be cut at both ends`() throws {
    #expect(try targets(counting(6).taking(2)).map { $0[0] } == [0, 1])
    #expect(try targets(counting(6).skipping(4)).map { $0[0] } == [4, 5])
    #expect(try targets(counting(6).taking(9)).count == 6)
    #expect(try targets(counting(6).skipping(9)).isEmpty)
    #expect(try targets(counting(6).taking(0)).isEmpty)
    #expect(counting(6).taking(0).cardinality == .finite(0))
    #expect(counting(6).repeated().taking(3).cardinality == .unknown)
  }

  @Test func `a condition leaves out what does not fulfil it`() throws {
    let even = Dataset(try numbered(10)).filter { Int($0.targets[0].item()) % 2 == 0 }
    #expect(even.cardinality == .unknown)
    #expect(try targets(even).map { $0[0] } == [0, 2, 4, 6, 8])
    let reader = try even.makeReader(epoch: 0, from: 3)
    #expect(try reader.next()?.targets[0].item() == 6)
  }
}
