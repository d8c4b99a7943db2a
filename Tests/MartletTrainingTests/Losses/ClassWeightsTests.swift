import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct ClassWeightsTests {
  let weights = [0: 0.5, 2: 3.0]

  @Test("class numbers of any type get the weight of their class, others 1")
  func labels() throws {
    let labels = Tensor([0, 1, 2, 7])
    for dtype in [DType.uint8, .int32, .int64, .float32] {
      let found = try sampleWeights(for: labels.cast(to: dtype), classWeight: weights)
      #expect(found.scalars == [0.5, 1, 3, 1])
    }
    let column = try sampleWeights(for: labels.reshaped(to: [4, 1]), classWeight: weights)
    #expect(column.shape == [4])
    #expect(column.scalars == [0.5, 1, 3, 1])
  }

  @Test("rows count by their largest number")
  func rows() throws {
    let rows = Tensor([[0, 0, 1], [0.9, 0.05, 0.05], [0.2, 0.6, 0.2]])
    #expect(try sampleWeights(for: rows, classWeight: weights).scalars == [3, 0.5, 1])
  }

  @Test("the predictions' shape tells labels over time from rows")
  func overTime() throws {
    let labels = Tensor([[0, 2], [1, 2]])
    let found = try sampleWeights(
      for: labels, classWeight: weights, predictionShape: [2, 2, 3])
    #expect(found.shape == [2, 2])
    #expect(found.scalars == [0.5, 3, 1, 3])
  }

  @Test("a negative class and a weight that is no number are refused")
  func refused() {
    #expect(throws: Diagnostic.self) { try sampleWeights(for: Tensor([0]), classWeight: [-1: 1]) }
    #expect(throws: Diagnostic.self) { try sampleWeights(for: Tensor([0]), classWeight: [0: .nan]) }
  }
}
