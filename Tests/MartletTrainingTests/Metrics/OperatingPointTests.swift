import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct OperatingPointTests {
  @Test(
    "the best of one ratio where another is good enough, as in Keras 3.15.1",
    arguments: [
      ("SensitivityAtSpecificity", "specificity", 0.75, 0.5),
      ("SpecificityAtSensitivity", "sensitivity", 0.75, 0.5),
      ("PrecisionAtRecall", "recall", 0.75, 0.6666666865348816),
      ("RecallAtPrecision", "precision", 1, 0.5),
    ])
  func values(_ className: String, _ key: String, _ many: Double, _ five: Double) throws {
    let (y, p) = (ConfusionMetricsTests.y, ConfusionMetricsTests.p)
    let metric = try Metric.configured(by: Configuration(className, [key: .number(0.6)]))
    metric.update(y, p)
    expectClose(metric.result(), [many])
    let coarse = try Metric.configured(
      by: Configuration(className, [key: .number(0.75), "num_thresholds": .int(5)]))
    coarse.update(y, p)
    expectClose(coarse.result(), [five])
  }

  @Test("the static members and the configurations make the same")
  func members() throws {
    let metrics: [Metric] = [
      .sensitivityAtSpecificity(0.5), .specificityAtSensitivity(0.5), .precisionAtRecall(0.5),
      .recallAtPrecision(0.5, numThresholds: 1, classId: 2),
    ]
    for metric in metrics {
      #expect(metric.fresh().configuration == metric.configuration)
      #expect(metric.direction == .maximize)
    }
    #expect(throws: Diagnostic.self) {
      try Metric.configured(by: Configuration("PrecisionAtRecall", ["recall": .number(1.1)]))
    }
    #expect(throws: Diagnostic.self) {
      try Metric.configured(by: Configuration("PrecisionAtRecall"))
    }
  }
}
