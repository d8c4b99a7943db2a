import Foundation
import MartletTensors
import Testing

@testable import MartletData

@Suite struct MappingTests {
  @Test func `order is kept, whatever the threads do`() throws {
    @Sendable func slow(_ x: Tensor, _ y: Tensor) -> (Tensor, Tensor) {
      usleep(UInt32(1000 * (7 - Int(y.item()) % 7)))
      return (x * 2, y)
    }
    #expect(try targets(Dataset(numbered(20)).map(slow)).map { $0[0] } == Array(0..<20))
    #expect(try targets(counting(20).map(slow)).map { $0[0] } == Array(0..<20))
    #expect(try targets(numbered(20).map(slow).batched(20)) == [Array(0..<20)])
  }

  @Test func `random tensors follow seed, epoch and place alone`() throws {
    @Sendable func noise(_ x: Tensor, _ y: Tensor) -> (Tensor, Tensor) {
      (Tensor.randomUniform([3]), y)
    }
    func draws(_ data: Dataset, epoch: Int) throws -> [[Float]] {
      var result: [[Float]] = []
      try data.forEachBatch(epoch: epoch) { x, _ in result.append(x.scalars) }
      return result
    }
    let data = Dataset(try numbered(8)).map(seed: 5, noise)
    let first = try draws(data, epoch: 0)
    #expect(Set(first).count == 8)
    #expect(try draws(data, epoch: 0) == first)
    #expect(try draws(data, epoch: 1) != first)
    #expect(try draws(Dataset(numbered(8)).map(seed: 5, noise), epoch: 0) == first)
    #expect(try draws(counting(8).map(seed: 5, noise), epoch: 0) == first)
    #expect(try draws(data.batched(8), epoch: 0) == [first.flatMap { $0 }])
    #expect(try draws(Dataset(numbered(8)).map(seed: 6, noise), epoch: 0) != first)
  }

  @Test func `whole elements can be made of elements`() throws {
    let data = Dataset(try numbered(3)).map { element in
      Batch(inputs: element.inputs + element.targets, targets: element.targets)
    }
    #expect(try data.makeReader(epoch: 0, from: 0).next()?.inputs.count == 2)
  }
}
