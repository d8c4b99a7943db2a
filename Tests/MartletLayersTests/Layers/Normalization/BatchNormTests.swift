import MartletLayers
import MartletTensors
import Testing

@Suite("BatchNorm")
struct BatchNormTests {
  @Test("A batch of 1, 2, 4 is normalized by its biased variance, and the averages follow")
  func course() throws {
    // Recomputed from the course's slides in float64.
    let layer = BatchNorm()
    let y = layer(Tensor([[1.0], [2], [4]]), training: true)
    let expected = Tensor([[-1.0687015], [-0.2671754], [1.3358769]])
    #expect(y.isClose(to: expected, relative: 1e-6, absolute: 1e-6))
    let moving = layer.nonTrainableVariables.map { Double($0.value.scalars[0]) }
    #expect(abs(moving[0] - 0.0233333) < 1e-7)
    #expect(abs(moving[1] - 1.0055556) < 1e-6)
    let again = layer(Tensor([[1.0]]))
    #expect(abs(again.item() - (1 - 0.0233333) / (1.0055556 + 1e-3).squareRoot()) < 1e-6)
  }
}
