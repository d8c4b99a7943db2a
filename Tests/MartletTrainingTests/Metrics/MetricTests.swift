import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// What is common to all metrics.
@Suite struct MetricTests {
  /// The largest error seen: a metric as a user writes one.
  final class WorstError: Metric {
    private let worst = Metric.state("worst")

    init() { super.init("worst_error", direction: .minimize, states: [worst]) }

    override func update(
      _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
    ) {
      let errors = (yTrue - yPred).abs().cast(to: .float64)
      worst.assign(worst.value.maximum(errors.max()))
    }

    override func result() -> Tensor { worst.value }
    override func fresh() -> Metric { WorstError() }
  }

  @Test("a subclass needs states, update and result, and nothing else")
  func subclass() {
    let metric: Metric = WorstError()
    metric.update(Tensor([1, 2]), Tensor([1, 4]))
    metric.update(Tensor([1, 2]), Tensor([0, 2]))
    #expect(metric.result().item() == 2)
    #expect(metric.fresh().result().item() == 0)
    metric.reset()
    #expect(metric.result().item() == 0)
    #expect(metric.states.map(\.name) == ["worst"])
    #expect("\(metric)" == "worst_error")
    #expect(metric.configuration.className == "WorstError")
  }

  @Test("each static member makes a new metric, and so does fresh")
  func unshared() {
    let (first, second): (Metric, Metric) = (.accuracy, .accuracy)
    let (y, p) = (Tensor([1, 0]), Tensor([[0.1, 0.9], [0.2, 0.8]]))
    first.update(y, p)
    #expect(first.result().item() == 0.5)
    #expect(second.result().item() == 0)
    let third = first.fresh()
    #expect(third.result().item() == 0)
    third.update(y, p)
    third.update(y, p)
    #expect(first.states[1].variable.value.item() == 2)
  }

  @Test("an update evaluates nothing, and the third finds its plan")
  func recorded() {
    let metric: Metric = .accuracy
    let (y, p) = (Tensor([1, 0]).evaluated(), Tensor([[0.1, 0.9], [0.2, 0.8]]).evaluated())
    let (_, profile) = Profile.take { for _ in 0..<3 { metric.update(y, p) } }
    #expect(profile.kernelCount == 0)
    _ = metric.result().item()
    func plans() -> Int {
      Profile.take {
        metric.update(y, p)
        _ = metric.result().item()
      }.1.plansMade
    }
    _ = (plans(), plans())
    #expect(plans() == 0)
    metric.reset()
    _ = (plans(), plans())
    #expect(plans() == 0)
  }

  @Test("counts beyond 2²⁴ stay exact, where float32 stops counting")
  func manySamples() {
    let metric = Mean("hits")
    let start = 16_777_216
    metric.update(Tensor(1.0), weight: start)
    for _ in 0..<3 { metric.update(Tensor([1.0, 0.0])) }
    #expect(metric.states[0].variable.value.item() == Double(start + 3))
    #expect(metric.states[1].variable.value.item() == Double(start + 6))
    #expect(metric.result().item() == Double(start + 3) / Double(start + 6))
    let found: Metric = .truePositives
    found.states[0].variable.assign(Tensor([Double(start)]))
    found.update(Tensor([1.0]), Tensor([0.9]))
    #expect(found.result().item() == Double(start + 1))
  }

  @Test("states are saved and restored by value")
  func restored() {
    let metric: Metric = .auc(multiLabel: true)
    metric.build(targetShape: [2, 3], predictionShape: [2, 3])
    #expect(
      metric.states.map(\.name) == [
        "true_positives", "false_positives", "true_negatives", "false_negatives",
      ])
    #expect(metric.states.allSatisfy { $0.variable.shape == [200, 3] })
    let (y, p) = (Tensor([[1, 0, 1], [0, 1, 0]]), Tensor([[0.9, 0.3, 0.6], [0.2, 0.3, 0.7]]))
    metric.update(y, p)
    let saved = metric.states.map(\.variable.value)
    let expected = metric.result().item()
    let other = metric.fresh()
    other.build(targetShape: [2, 3], predictionShape: [2, 3])
    for (state, value) in zip(other.states, saved) { state.variable.assign(value) }
    #expect(other.result().item() == expected)
  }

  @Test("a metric without a result says so")
  func unfinished() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Metric("empty").result()
    }
    expectMessage(result, "empty: the metric has no result.")
  }
}
