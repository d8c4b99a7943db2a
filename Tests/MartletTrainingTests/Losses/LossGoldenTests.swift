import KerasGoldens
import MartletTensors
import Testing

@testable import MartletTraining

/// Every loss in many configurations, values and gradients, as Keras 3.15.1 computes them in
/// float64.
@Suite("Losses against Keras")
struct LossGoldenTests {
  static let cases = Result { try KerasCase.byClass(["losses"]) }
  static let classes = LossKind.all.map(\.className).filter { $0 != "crossentropy" }

  @Test("values and gradients in the predictions", arguments: classes)
  func values(_ className: String) throws {
    let cases = try Self.cases.get()[className] ?? []
    #expect(cases.count >= 8)
    for given in cases {
      let loss = try Loss(configuration: given.configuration)
      let inputs = try given.tensors("inputs")
      let weight = try given.optionalTensor("sample_weight")
      let mask = try given.optionalTensor("mask")
      func value(_ p: Tensor) -> Tensor { loss(inputs[0], p, sampleWeight: weight, mask: mask) }
      #expect(try given.failures([value(inputs[1])], "outputs") == [])
      // Where predictions equal targets, |y − p| has no slope: ours is 0, that of JAX −1.
      if className == "MeanAbsoluteError" && (inputs[0] .== inputs[1]).all().item() == 1 {
        continue
      }
      let cotangent = try given.tensors("cotangents").first
      let slope = gradient(at: inputs[1]) { p in
        let found = value(p)
        return cotangent.map { (found * $0).sum() } ?? found
      }
      #expect(try given.failures([slope], "input_gradients") == [])
    }
  }

  @Test("the vectors hold no class that is not tested")
  func complete() throws {
    #expect(Set(try Self.cases.get().keys).subtracting(Self.classes) == [])
  }
}
