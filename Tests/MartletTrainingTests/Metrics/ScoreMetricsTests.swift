import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct ScoreMetricsTests {
  let y = Tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0]])
  let p = Tensor([[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]])

  @Test("the F score of each class, and their averages")
  func f1() {
    for (metric, expected) in [
      (
        Metric.f1Score(threshold: 0.5),
        [0.4999999701976776, 0.7999999523162842, 0.666666567325592]
      ),
      (.f1Score(average: .micro, threshold: 0.5), [0.6666666269302368]),
      (.f1Score(average: .macro, threshold: 0.5), [0.6555554866790771]),
      (.f1Score(average: .weighted, threshold: 0.5), [0.6277777552604675]),
      (
        .fBetaScore(beta: 2, threshold: 0.5),
        [0.38461539149284363, 0.9090909361839294, 0.8333331942558289]
      ),
    ] {
      metric.update(y, p)
      expectClose(metric.result(), expected)
    }
  }

  @Test("without a threshold the largest of each row counts, and weights do")
  func largest() {
    let metric: Metric = .f1Score
    let oneHot = CategoricalCrossentropyTests.oneHot
    metric.update(oneHot, CategoricalCrossentropyTests.p)
    metric.update(oneHot[0..<2], CategoricalCrossentropyTests.logits[0..<2])
    expectClose(
      metric.result(), [0.6666666269302368, 0.4999999403953552, 0.4999999403953552])
    let weighted: Metric = .fBetaScore(average: .weighted, beta: 2, threshold: 0.5)
    weighted.update(y, p, sampleWeight: Tensor([0.5, 1, 2]))
    expectClose(weighted.result(), [0.7476089000701904])
  }

  @Test("the share of the variance that is explained")
  func r2() {
    func result(_ metric: Metric, _ updates: Int, _ weight: Tensor? = nil) -> Tensor {
      metric.update(LossTests.y, LossTests.p, sampleWeight: weight)
      if updates == 2 { metric.update(LossTests.p, LossTests.y) }
      return metric.result()
    }
    expectClose(result(.r2Score, 2), [0.5917091369628906])
    expectClose(
      result(.r2Score(classAggregation: nil), 1), [-1.5, 0.375, 0.6599999666213989])
    expectClose(
      result(.r2Score(classAggregation: .varianceWeightedAverage), 1), [0.3636363744735718])
    expectClose(result(.r2Score(numRegressors: 2), 2), [0.5009778738021851])
    expectClose(result(.r2Score, 1, Tensor([0.2, 0.7])), [-0.8916078805923462])
  }

  @Test("with as many regressors as samples the score is not adjusted")
  func manyRegressors() {
    let (adjusted, plain): (Metric, Metric) = (.r2Score(numRegressors: 6), .r2Score)
    for metric in [adjusted, plain] { metric.update(LossTests.y, LossTests.p) }
    #expect(adjusted.result().item() == plain.result().item())
  }

  @Test("only matrices of one shape have scores")
  func shapes() {
    for metric in [Metric.f1Score, .r2Score] {
      #expect(throws: Diagnostic.self) {
        try metric.check(targetShape: [4], predictionShape: [4, 3])
      }
    }
    #expect(throws: Diagnostic.self) {
      try Metric.configured(by: Configuration("FBetaScore", ["beta": .number(0)]))
    }
    #expect(throws: Diagnostic.self) {
      try Metric.configured(by: Configuration("F1Score", ["average": .string("median")]))
    }
  }
}
