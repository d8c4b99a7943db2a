import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct DivergencesTests {
  @Test("the divergence of distributions, zeros included")
  func klDivergence() {
    let oneHot = CategoricalCrossentropyTests.oneHot[0..<3]
    let p = CategoricalCrossentropyTests.p[0..<3]
    expectClose(
      Loss.klDivergence.values(oneHot * 0.8 + 0.1, p).reshaped(to: [3])[0..<2],
      [0.1568683534860611, 0.8095751404762268])
    expectClose(
      Loss.klDivergence.values(oneHot, p),
      [0.35667213797569275, 1.2039698362350464, 16.118093490600586])
  }

  @Test("the likelihood of counts")
  func poisson() {
    let (y, p) = (Tensor([[0, 3, 2], [1, 0, 4]]), Tensor([[0.5, 2.5, 1], [2, 0.25, 6]]))
    expectClose(Loss.poisson.values(y, p), [0.41704249382019043, 0.1299382895231247])
  }
}
