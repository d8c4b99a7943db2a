import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct MeanMetricWrapperTests {
  @Test("a closure of the user is averaged over the samples")
  func closure() {
    let metric = MeanMetricWrapper("within_one", direction: .maximize) { y, p in
      (y - p).abs() .<= 1
    }
    metric.update(Tensor([1, 2, 3]), Tensor([1.5, 4, 3]))
    metric.update(Tensor([1]), Tensor([9]))
    #expect(metric.result().item() == 0.5)
    #expect(metric.direction == .maximize)
    #expect(metric.name == "within_one")
    let again = metric.fresh()
    again.update(Tensor([1]), Tensor([1]))
    #expect(again.result().item() == 1)
    #expect(again.direction == .maximize)
  }

  @Test("masks and weights of time steps count as in Keras 3.15.1")
  func masks() {
    let (y, p) = (LossTests.steps, LossTests.steps.sin())
    let mask = Tensor([[true, true, false, false], [true, false, true, true]])
    let weight = Tensor([[0.5, 1, 1, 1], [2, 1, 0.25, 0]])
    func result(_ weight: Tensor?, _ mask: Tensor?) -> Tensor {
      let metric: Metric = .mse
      metric.update(y, p, sampleWeight: weight, mask: mask)
      return metric.result()
    }
    expectClose(result(nil, mask), [0.6013915538787842])
    expectClose(result(weight, mask), [0.12530472874641418])
    expectClose(result(weight, nil), [0.12928248941898346])
    expectClose(result(Tensor([0.2, 0.7]), nil), [0.6586456298828125])
  }

  @Test(
    "what a loss ignores counts 0 without weights, and not at all with them, as in Keras 3.15.1")
  func ignoredClass() {
    let (y, p) = (CategoricalCrossentropyTests.labels, CategoricalCrossentropyTests.p)
    let metric: Metric = .sparseCategoricalCrossentropy(ignoreClass: 1)
    metric.update(y, p)
    expectClose(metric.result(), [4.393345355987549])
    metric.reset()
    metric.update(y, p, sampleWeight: Tensor([1, 2, 3, 4]))
    expectClose(metric.result(), [6.638175964355469])
  }

  @Test("a loss is a metric")
  func losses() {
    let metric = MeanMetricWrapper(.huber(delta: 0.4))
    metric.update(LossTests.y, LossTests.p)
    expectClose(metric.result(), [(0.18666666746139526 + 0.1274999976158142) / 2])
    #expect(metric.configuration.values["delta"] == .number(0.4))
    #expect(metric.direction == .minimize)
  }

  @Test("shapes are checked before, and trap after")
  func shapes() async {
    let metric: Metric = .mse
    #expect(throws: Diagnostic.self) {
      try metric.check(targetShape: [4, 2], predictionShape: [4, 3])
    }
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let metric: Metric = .mae
      metric.update(Tensor.zeros([4, 2]), Tensor.zeros([4, 3]))
    }
    expectMessage(result, "mae: the targets do not have the shape of the predictions.")
    let weights = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let metric: Metric = .mae
      metric.update(
        Tensor.zeros([4, 2]), Tensor.zeros([4, 2]), sampleWeight: Tensor.zeros([3]))
    }
    expectMessage(weights, "mae: the sample weights or the mask do not fit the samples.")
  }
}
