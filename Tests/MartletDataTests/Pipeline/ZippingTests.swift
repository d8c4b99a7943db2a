import MartletTensors
import Testing

@testable import MartletData

@Suite struct ZippingTests {
  @Test func `tensors of both stand side by side, as long as both last`() throws {
    let data = Dataset(try numbered(5)).zipped(with: try numbered(3).repeated())
    #expect(data.cardinality == .finite(5))
    let batch = try #require(try data.batched(5).makeReader(epoch: 0, from: 0).next())
    #expect(batch.inputs.map(\.shape) == [[5, 2], [5, 2]])
    #expect(batch.targets.map { $0.scalars(of: Int.self) } == [[0, 1, 2, 3, 4], [0, 1, 2, 0, 1]])
    #expect(try targets(counting(4).zipped(with: numbered(9))).count == 4)
  }

  @Test func `inputs can get their targets from elsewhere`() throws {
    let x = try TensorDataset(Tensor([1, 2, 3]))
    let y = try TensorDataset(Tensor([10, 20, 30]))
    let data = Dataset.zip(inputs: x, targets: y).shuffled(seed: 1).batched(3)
    let batch = try #require(try data.makeReader(epoch: 0, from: 0).next())
    #expect(batch.targets[0].scalars == batch.inputs[0].scalars.map { 10 * $0 })
  }
}
