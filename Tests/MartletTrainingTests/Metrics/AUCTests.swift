import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct AUCTests {
  let y = ConfusionMetricsTests.y
  let p = ConfusionMetricsTests.p

  @Test("curves, summations and thresholds")
  func values() {
    for (metric, expected) in [
      (Metric.auc, 0.6800000071525574), (.auc(curve: .pr), 0.7381333112716675),
      (.auc(curve: .prGain), 0.18888887763023376),
      (.auc(summationMethod: .majoring), 0.6800000071525574),
      (.auc(summationMethod: .minoring), 0.6800000071525574), (.auc(numThresholds: 3), 0.5),
      (.auc(thresholds: [0.2, 0.6]), 0.7200000286102295),
    ] {
      metric.update(y, p)
      metric.update(Tensor([1, 0]), Tensor([0.3, 0.7]))
      expectClose(metric.result(), [expected])
    }
  }

  @Test("weights, labels and logits")
  func others() {
    let weighted: Metric = .auc
    weighted.update(y, p, sampleWeight: ConfusionMetricsTests.weight)
    expectClose(weighted.result(), [0.7777777910232544])
    let (labels, both) = (Tensor.stack([y, 1 - y], along: 1), Tensor.stack([p, p], along: 1))
    let labelled: Metric = .auc(multiLabel: true)
    labelled.update(labels, both)
    expectClose(labelled.result(), [0.5])
    let counting: Metric = .auc(multiLabel: true, labelWeights: [1, 3])
    counting.update(labels, both)
    expectClose(counting.result(), [0.34375])
    let logits: Metric = .auc(fromLogits: true)
    logits.update(y, p * 8 - 4)
    expectClose(logits.result(), [0.8125])
  }

  @Test("a perfect order has area 1, before the first update it is 0")
  func perfect() {
    for curve in [Metric.Curve.roc, .pr] {
      let metric: Metric = .auc(curve: curve)
      #expect(metric.result().item() == 0)
      metric.update(Tensor([0, 0, 1, 1]), Tensor([0.1, 0.2, 0.8, 0.9]))
      expectClose(metric.result(), [1])
    }
  }

  @Test("arguments that make no sense are refused")
  func refused() {
    for values: [String: ConfigurationValue] in [
      ["num_thresholds": .int(1)], ["curve": .string("round")], ["num_labels": .int(3)],
      ["thresholds": .numbers([2])], ["summation_method": .string("guessing")],
    ] {
      #expect(throws: Diagnostic.self) {
        try Metric.configured(by: Configuration("AUC", values))
      }
    }
    #expect(throws: Diagnostic.self) {
      try Metric.auc(multiLabel: true, numLabels: 2)
        .check(targetShape: [4, 3], predictionShape: [4, 3])
    }
  }
}
