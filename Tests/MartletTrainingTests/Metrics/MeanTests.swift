import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct MeanTests {
  @Test("values with and without weights")
  func values() {
    let mean = Mean()
    #expect(mean.result().item() == 0)
    mean.update(Tensor([1, 3, 5, 7]))
    mean.update(Tensor([2, 4]), sampleWeight: Tensor([0, 1]))
    #expect(mean.result().item() == 4)
    let sum = Sum()
    sum.update(Tensor([1, 3, 5]))
    sum.update(Tensor([2, 4]), sampleWeight: Tensor([0.5, 1]))
    #expect(sum.result().item() == 14)
  }

  @Test("a value of a whole batch counts as often as it has samples")
  func batches() {
    let mean = Mean("loss")
    mean.update(Tensor(2.0), weight: 30)
    mean.update(Tensor(4.0), weight: 10)
    #expect(mean.result().item() == 2.5)
    let other = Mean("loss")
    other.update(Tensor(2.0), sampleWeight: Tensor(30.0))
    other.update(Tensor(4.0), sampleWeight: Tensor(10.0))
    #expect(other.result().item() == 2.5)
  }

  @Test("as metrics they take the predictions")
  func predictions() {
    let metrics: [Metric] = [Mean(), Sum()]
    for metric in metrics { metric.update(Tensor([0, 0]), Tensor([1, 3])) }
    #expect(metrics.map { $0.result().item() } == [2, 4])
  }
}
