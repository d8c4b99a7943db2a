import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct CorrelationMetricsTests {
  @Test("both correlations of two samples are Keras 3.15.1's")
  func values() {
    for (metric, expected) in [
      (Metric.pearsonCorrelation, 0.9897284507751465),
      (.concordanceCorrelation, 0.8719654083251953),
    ] {
      metric.update(LossTests.y, LossTests.p)
      expectClose(metric.result(), [expected])
    }
  }

  @Test("a multiple correlates fully, and agrees only where it is equal")
  func multiple() {
    let x = Tensor([[1, 2, 4, 8]])
    let (pearson, concordance): (Metric, Metric) = (.pearsonCorrelation, .concordanceCorrelation)
    pearson.update(x, x * 3)
    concordance.update(x, x * 3)
    #expect(abs(pearson.result().item() - 1) < 1e-6)
    #expect(concordance.result().item() < 0.5)
  }
}
