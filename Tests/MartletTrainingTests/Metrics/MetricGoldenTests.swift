import KerasGoldens
import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Every metric over streams of three updates, with and without weights and masks, as Keras 3.15.1
/// computes them.
@Suite("Metrics against Keras")
struct MetricGoldenTests {
  static let cases = Result { try KerasCase.byClass(["metrics"]) }
  static let classes =
    MetricKind.all.map(\.className).filter { $0 != "accuracy" } + [
      "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
      "MeanSquaredLogarithmicError", "KLDivergence", "Poisson", "Hinge", "SquaredHinge",
      "CategoricalHinge", "CategoricalCrossentropy", "SparseCategoricalCrossentropy",
    ]

  @Test("results after each update", arguments: classes)
  func results(_ className: String) throws {
    let cases = try Self.cases.get()[className] ?? []
    #expect(cases.count >= 5)
    for given in cases {
      #expect(given.list("updates").count >= 3, "\(given.name)")
      let metric = try Metric.configured(by: given.configuration)
      for round in ["the first time", "after a reset"] {
        var results: [Tensor] = []
        for update in given.list("updates") {
          try apply(update, of: given, to: metric)
          results.append(metric.result().cast(to: .float32))
        }
        #expect(try given.failures(results, "outputs") == [], "\(round)")
        metric.reset()
      }
    }
  }

  private func apply(
    _ update: ConfigurationValue, of given: KerasCase, to metric: Metric
  ) throws {
    guard case .object(let row) = update, case .list(let names)? = row["inputs"] else {
      Issue.record("\(given.name): an update without inputs")
      return
    }
    let inputs = try names.compactMap(\.asString).map { try given.tensor($0) }
    let weight = try row["sample_weight"]?.asString.map { try given.tensor($0) }
    let mask = try row["mask"]?.asString.map { try given.tensor($0) }
    switch metric {
    case let mean as Mean where inputs.count == 1: mean.update(inputs[0], sampleWeight: weight)
    case let sum as Sum: sum.update(inputs[0], sampleWeight: weight)
    default: metric.update(inputs[0], inputs[1], sampleWeight: weight, mask: mask)
    }
  }

  @Test("the vectors hold no class that is not tested")
  func complete() throws {
    #expect(Set(try Self.cases.get().keys).subtracting(Self.classes) == [])
  }
}
