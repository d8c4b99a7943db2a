import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct RegressionMetricsTests {
  let y = LossTests.y
  let p = LossTests.p

  @Test("means over two updates")
  func means() {
    func result(_ metric: Metric, _ weight: Tensor? = nil) -> Tensor {
      metric.update(y, p, sampleWeight: weight)
      metric.update(p, y * 0, sampleWeight: weight)
      return metric.result()
    }
    expectClose(result(.mse), [1.6875])
    expectClose(result(.rootMeanSquaredError), [1.299038052558899])
    expectClose(result(.rootMeanSquaredError, Tensor([0.2, 0.7])), [1.201850414276123])
  }

  @Test(
    "logarithms of cosh and cosines",
    arguments: [("logcosh", 0.19494172930717468), ("cosine_similarity", 0.9732738733291626)])
  func others(_ name: String, _ expected: Double) throws {
    let metric = try Metric.named(name)
    metric.update(y, p)
    expectClose(metric.result(), [expected])
  }

  @Test("short names are logged as they are, long ones as they are")
  func names() {
    let metrics: [Metric] = [.mse, .meanSquaredError, .mae, .mape, .msle, .rootMeanSquaredError]
    #expect(
      metrics.map(\.name) == [
        "mse", "mean_squared_error", "mae", "mape", "msle", "root_mean_squared_error",
      ])
    let all: [Metric] = [
      .meanAbsoluteError, .meanAbsolutePercentageError, .meanSquaredLogarithmicError, .hinge,
      .squaredHinge, .categoricalHinge, .klDivergence, .poisson, .binaryCrossentropy,
      .categoricalCrossentropy, .sparseCategoricalCrossentropy, .crossentropy, .logCoshError,
    ]
    #expect(all.allSatisfy { $0.direction == .minimize })
  }
}
