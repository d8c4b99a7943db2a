import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct CategoricalVariantsTests {
  let labels = CategoricalCrossentropyTests.labels
  let oneHot = CategoricalCrossentropyTests.oneHot
  let p = CategoricalCrossentropyTests.p

  @Test("the focal loss plays down what is right")
  func focal() {
    expectClose(
      Loss.categoricalFocalCrossentropy.values(oneHot, p),
      [0.008025187067687511, 0.14748665690422058, 4.029522895812988, 0.12206801772117615])
    expectClose(
      Loss.categoricalFocalCrossentropy(alpha: 0.5, gamma: 1, labelSmoothing: 0.1)
        .values(oneHot, p),
      [0.10593245923519135, 0.43124207854270935, 7.790411949157715, 0.3662041127681732])
    let rows = Tensor([0, 1, 2, 0], dtype: .int32)
    let logits = CategoricalCrossentropyTests.logits.taking(rows, along: 0)
    expectClose(
      Loss.categoricalFocalCrossentropy(fromLogits: true).values(oneHot, logits),
      [0.002773188054561615, 3.934682536055334e-05, 0.12206801772117615, 0.29608646035194397])
  }

  @Test("the focal loss takes a factor for each class")
  func factors() {
    let each = Loss.categoricalFocalCrossentropy(alpha: [0.25, 0.5, 1]).values(oneHot, p).scalars
    let one = Loss.categoricalFocalCrossentropy.values(oneHot, p).scalars
    #expect(zip(each, one).map { $0 / $1 } == [1, 2, 4, 4])
  }

  @Test("the generalized cross-entropy is bounded by 1 / q")
  func generalized() {
    expectClose(
      Loss.categoricalGeneralizedCrossEntropy.values(labels, p),
      [0.32667994499206543, 0.9045548439025879, 2, 1.1055728197097778])
    expectClose(
      Loss.categoricalGeneralizedCrossEntropy(q: 0.3).values(labels, p),
      [0.3382551670074463, 1.0105156898498535, 3.3333332538604736, 1.2765538692474365])
  }

  @Test("q outside of 0 … 1 ends the process")
  func wrongExponent() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Loss.categoricalGeneralizedCrossEntropy(q: 1)
    }
    expectMessage(result, "categorical_generalized_cross_entropy: q is out of range.")
  }
}
