import MartletTensors
import Testing

@testable import MartletData

@Suite struct BatchingTests {
  @Test func `streams are batched as tensors are`() throws {
    #expect(try targets(counting(7).batched(3)) == [[0, 1, 2], [3, 4, 5], [6]])
    #expect(try targets(counting(7).batched(3, dropRemainder: true)) == [[0, 1, 2], [3, 4, 5]])
    #expect(counting(7).batched(3).cardinality == .unknown)
    let known = Dataset(cardinality: .finite(7)) { _ in { nil } }
    #expect(known.batched(3).batchCount == 3)
    #expect(known.batched(3, dropRemainder: true).batchCount == 2)
  }

  @Test func `elements that are not alike are an error that shows them`() throws {
    let ragged = Dataset { _ in
      var next = 0
      return {
        next += 1
        return next > 3 ? nil : Batch(Tensor.ones([next == 3 ? 5 : 2]))
      }
    }
    let error = #expect(throws: Diagnostic.self) { try ragged.batched(3).forEachBatch { _ in } }
    #expect(error?.expected == "([2] float32)")
    #expect(error?.got == "([5] float32), element 2 of the batch")
  }

  @Test func `a batch of batches has two axes in front`() throws {
    let batch = try numbered(12).batched(3).batched(2).element(at: 0, epoch: 0)
    #expect(batch.inputs[0].shape == [2, 3, 2])
    #expect(batch.targets[0].nested(as: [[Int]].self) == [[0, 1, 2], [3, 4, 5]])
  }

  @Test(arguments: [0, -3])
  func `a batch size that is none is refused`(size: Int) async throws {
    await #expect(processExitsWith: .failure) {
      _ = try numbered(3).batched(0)
    }
  }
}
