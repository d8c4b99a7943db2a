import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct AccuracyMetricsTests {
  let labels = CategoricalCrossentropyTests.labels
  let oneHot = CategoricalCrossentropyTests.oneHot
  let p = CategoricalCrossentropyTests.p

  func result(_ metric: Metric, _ y: Tensor, _ p: Tensor, _ weight: Tensor? = nil) -> Double {
    metric.update(y, p, sampleWeight: weight)
    return metric.result().item()
  }

  @Test("yes or no against a threshold")
  func binary() {
    let (y, p) = (BinaryCrossentropyTests.y, BinaryCrossentropyTests.p)
    #expect(abs(result(.binaryAccuracy, y, p) - 5 / 6) < 1e-12)
    #expect(abs(result(.binaryAccuracy(threshold: 0.05), y, p) - 4 / 6) < 1e-12)
  }

  @Test("one class of several")
  func categorical() {
    #expect(result(.categoricalAccuracy, oneHot, p) == 0.25)
    #expect(result(.categoricalAccuracy, oneHot, p, Tensor([1, 2, 3, 4])) == 0.1)
    #expect(result(.sparseCategoricalAccuracy, labels, p) == 0.25)
    #expect(result(.sparseTopKCategoricalAccuracy(k: 2), labels, p) == 1)
    #expect(result(.topKCategoricalAccuracy(k: 2), oneHot, p) == 1)
    #expect(result(.topKCategoricalAccuracy, oneHot, p) == 1)
  }

  @Test("labels of any type", arguments: [DType.uint8, .int32, .int64, .float32])
  func types(_ dtype: DType) {
    #expect(result(.accuracy, labels.cast(to: dtype), p) == 0.25)
    #expect(result(.accuracy, labels.cast(to: dtype).reshaped(to: [4, 1]), p) == 0.25)
  }

  @Test("NaN is no prediction")
  func nan() {
    let p = Tensor([[.nan, 0.2, 0.1]])
    #expect(result(.sparseTopKCategoricalAccuracy(k: 2), Tensor([0]), p) == 0)
    #expect(result(.sparseTopKCategoricalAccuracy(k: 1), Tensor([1]), p) == 1)
  }

  @Test("sorted class numbers instead of predictions")
  func sortedIds() {
    let ids = Tensor([[2, 0, 1], [1, 2, 0]])
    let metric: Metric = .sparseTopKCategoricalAccuracy(k: 2, fromSortedIds: true)
    #expect(result(metric, Tensor([0, 0]), ids) == 0.5)
  }

  @Test("accuracy chooses by the shapes: one output, class numbers, rows")
  func resolved() {
    #expect(result(.accuracy, Tensor([[1.0], [0]]), Tensor([[0.7], [0.6]])) == 0.5)
    #expect(result(.accuracy, Tensor([1.0, 0]), Tensor([[0.7], [0.6]])) == 0.5)
    #expect(result(.acc, labels, p) == 0.25)
    #expect(result(.accuracy, oneHot, p) == 0.25)
    // Several yes-or-no outputs are taken for a distribution, as in Keras.
    let (y, several) = (Tensor([[1, 1, 0]]), Tensor([[0.2, 0.9, 0.8]]))
    #expect(result(.accuracy, y, several) == 0)
    #expect(abs(result(.binaryAccuracy, y, several) - 1 / 3) < 1e-12)
  }

  @Test("equal numbers")
  func exact() {
    #expect(result(.exactAccuracy, Tensor([1, 2, 3, 4]), Tensor([0, 2, 3, 4])) == 0.75)
  }
}
