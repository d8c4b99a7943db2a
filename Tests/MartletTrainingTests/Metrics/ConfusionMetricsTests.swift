import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Counts and ratios at thresholds; numbers are Keras 3.15.1's.
@Suite struct ConfusionMetricsTests {
  static let y = Tensor([0, 0, 1, 1, 1, 0, 1, 0])
  static let p = Tensor([0.1, 0.4, 0.35, 0.8, 0.95, 0.6, 0.5, 0.02])
  static let weight = Tensor([1, 2, 1, 0.5, 1, 1, 2, 1])

  struct Case: Sendable {
    let className: String
    /// After two updates with threshold ½.
    let half: Double
    /// With thresholds 0.2 and 0.6.
    let two: [Double]
    /// With thresholds 0, ½ and 1, which are counted in buckets.
    let even: [Double]
    let weighted: Double
  }

  @Test(
    "cells and ratios, at one threshold and several",
    arguments: [
      Case(className: "TruePositives", half: 2, two: [4, 2], even: [4, 2, 0], weighted: 1.5),
      Case(className: "FalsePositives", half: 2, two: [2, 0], even: [4, 1, 0], weighted: 1),
      Case(className: "TrueNegatives", half: 3, two: [2, 4], even: [0, 3, 4], weighted: 4),
      Case(className: "FalseNegatives", half: 3, two: [0, 2], even: [0, 2, 4], weighted: 3),
      Case(
        className: "Precision", half: 0.5, two: [0.6666666865348816, 1],
        even: [0.5, 0.6666666865348816, 0], weighted: 0.6000000238418579),
      Case(
        className: "Recall", half: 0.4000000059604645, two: [1, 0.5], even: [1, 0.5, 0],
        weighted: 0.3333333432674408),
    ])
  func values(_ given: Case) throws {
    func metric(_ thresholds: [Double]? = nil) throws -> Metric {
      try .configured(
        by: Configuration(
          given.className, thresholds.map { ["thresholds": .numbers($0)] } ?? [:]))
    }
    let half = try metric()
    half.update(Self.y, Self.p)
    half.update(Tensor([1, 0]), Tensor([0.3, 0.7]))
    expectClose(half.result(), [given.half])
    #expect(half.result().shape == [])
    for (thresholds, expected) in [([0.2, 0.6], given.two), ([0, 0.5, 1], given.even)] {
      let several = try metric(thresholds)
      several.update(Self.y, Self.p)
      expectClose(several.result(), expected)
      #expect(several.result().shape == [thresholds.count])
    }
    let weighted = try metric()
    weighted.update(Self.y, Self.p, sampleWeight: Self.weight)
    expectClose(weighted.result(), [given.weighted])
  }

  @Test("the largest predictions of each row, and one class of all")
  func partial() {
    let (y, p) = (CategoricalCrossentropyTests.oneHot, CategoricalCrossentropyTests.p)
    for (metric, expected) in [
      (Metric.precision(topK: 1), 0.25), (.precision(thresholds: 0.25, classId: 1), 1),
      (.recall(topK: 2), 0.5),
    ] {
      metric.update(y, p)
      #expect(metric.result().item() == expected)
    }
  }

  @Test("labels [batch] fit predictions [batch, 1]")
  func ranks() {
    let metric: Metric = .precision
    metric.update(Self.y, Self.p.reshaped(to: [8, 1]))
    let plain: Metric = .precision
    plain.update(Self.y, Self.p)
    #expect(metric.result().item() == plain.result().item())
  }

  @Test("arguments out of range are refused, with what would be right")
  func refused() async {
    #expect(throws: Diagnostic.self) {
      try Metric.configured(by: Configuration("Recall", ["thresholds": .number(1.5)]))
    }
    let error = #expect(throws: Diagnostic.self) {
      try Metric.precision(classId: 3).check(targetShape: [4, 3], predictionShape: [4, 3])
    }
    #expect(error?.description.contains("a class in 0 ..< 3") == true)
    #expect(throws: Diagnostic.self) {
      try Metric.precision(topK: 4).check(targetShape: [4, 3], predictionShape: [4, 3])
    }
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Metric.precision(thresholds: [0.5, -0.1])
    }
    expectMessage(result, "precision: a threshold is out of range.")
  }
}
