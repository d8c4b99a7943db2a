import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct BinaryCrossentropyTests {
  static let y = Tensor([[0, 1, 1], [1, 0, 0]])
  static let p = Tensor([[0.1, 0.8, 0.4], [1, 0.5, 0]])
  static let logits = Tensor([[-2, 1, 0.5], [40, 0, -40]])

  @Test(
    "probabilities and logits, with and without smoothing",
    arguments: [
      (Loss.binaryCrossentropy, [0.41493162512779236, 0.23104915022850037], false),
      (.binaryCrossentropy(labelSmoothing: 0.2), [0.5208667516708374, 1.299731731414795], false),
      (.binaryCrossentropy(fromLogits: true), [0.3047555685043335, 0.2310490608215332], true),
      (
        .binaryCrossentropy(fromLogits: true, labelSmoothing: 0.2),
        [0.42142221331596375, 2.8977153301239014], true
      ),
      (.binaryFocalCrossentropy, [0.11328133195638657, 0.0577622652053833], false),
      (
        .binaryFocalCrossentropy(applyClassBalancing: true, alpha: 0.7, gamma: 1),
        [0.13974767923355103, 0.03465736284852028], false
      ),
      (
        .binaryFocalCrossentropy(fromLogits: true), [0.030678361654281616, 0.0577622652053833],
        true
      ),
    ] as [(Loss, [Double], Bool)])
  func values(_ loss: Loss, _ expected: [Double], _ takesLogits: Bool) {
    expectClose(loss.values(Self.y, takesLogits ? Self.logits : Self.p), expected)
  }

  @Test("sure and wrong costs what float32 makes of ε")
  func sureAndWrong() {
    expectClose(
      Loss.binaryCrossentropy.values(Tensor([[1.0], [0]]), Tensor([[0.0], [1]])),
      [16.11809539794922, 15.942384719848633])
  }
}
