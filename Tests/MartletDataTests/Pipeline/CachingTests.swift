import Foundation
import MartletTensors
import Testing

@testable import MartletData

@Suite struct CachingTests {
  /// Counts how often elements are made.
  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0
    func add() { lock.withLock { value += 1 } }
    var count: Int { lock.withLock { value } }
  }

  @Test(arguments: [true, false])
  func `elements are made once`(isIndexed: Bool) throws {
    let counter = Counter()
    let base = isIndexed ? Dataset(try numbered(10)) : counting(10)
    let data = base.map { x, y in
      counter.add()
      return (x + Tensor.randomUniform([]), y)
    }.cached()
    var readings: [[Float]] = []
    for epoch in 0..<3 {
      var inputs: [Float] = []
      try data.forEachBatch(epoch: epoch) { x, _ in inputs += x.scalars }
      readings.append(inputs)
    }
    #expect(counter.count == 10)
    #expect(readings[0] == readings[1] && readings[1] == readings[2])
    #expect(data.cardinality == .finite(10))
  }

  @Test func `a reading that stopped early is completed later`() throws {
    let data = counting(6).cached()
    #expect(try targets(data.taking(2)).map { $0[0] } == [0, 1])
    #expect(try targets(data).map { $0[0] } == Array(0..<6))
    #expect(try targets(data).map { $0[0] } == Array(0..<6))
    let reader = try data.makeReader(epoch: 4, from: 4)
    #expect(try reader.next()?.targets[0].item() == 4)
  }
}
