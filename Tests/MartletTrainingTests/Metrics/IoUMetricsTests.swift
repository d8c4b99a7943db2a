import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct IoUMetricsTests {
  let y = Tensor([0, 1, 2, 2, 1, 0])
  let p = Tensor([0, 2, 2, 1, 1, 0])

  @Test("chosen classes, all classes, and what is ignored")
  func values() {
    for (metric, expected) in [
      (Metric.iou(numClasses: 3, targetClassIds: [0, 2]), 0.6666666865348816),
      (.meanIoU(numClasses: 4), 0.5555555820465088),
      (.meanIoU(numClasses: 3, ignoreClass: 0), 0.3333333432674408),
    ] {
      metric.update(y, p)
      expectClose(metric.result(), [expected])
    }
  }

  @Test("weights count as they are, or lose their fraction where Keras' default asks for integers")
  func weights() throws {
    let metric: Metric = .meanIoU(numClasses: 3)
    metric.update(y, p, sampleWeight: Tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    expectClose(metric.result(), [0.595959484577179])
    let integers = try Metric.configured(by: Configuration("MeanIoU", ["num_classes": .int(3)]))
    integers.update(y, p, sampleWeight: Tensor([0.1, 1.7, 2, 1, 1, 1]))
    expectClose(integers.result(), [0.6111111044883728])
    #expect(integers.fresh().configuration == integers.configuration)
  }

  @Test("thresholds, one-hot targets and predictions")
  func others() {
    let (oneHot, rows) = (CategoricalCrossentropyTests.oneHot, CategoricalCrossentropyTests.p)
    for (metric, expected) in [
      (Metric.oneHotIoU(numClasses: 3, targetClassIds: [0]), 0.3333333134651184),
      (.oneHotMeanIoU(numClasses: 3), 0.1111111119389534),
    ] {
      metric.update(oneHot, rows)
      expectClose(metric.result(), [expected])
    }
    let binary: Metric = .binaryIoU()
    binary.update(BinaryCrossentropyTests.y, BinaryCrossentropyTests.p)
    expectClose(binary.result(), [0.5])
  }

  @Test("numbers that are no class are left out")
  func outside() {
    let metric: Metric = .meanIoU(numClasses: 2)
    metric.update(Tensor([0, 1, 7, -1]), Tensor([0, 1, 0, 1]))
    expectClose(metric.result(), [1])
  }

  @Test("classes that do not exist are refused")
  func refused() {
    #expect(throws: Diagnostic.self) {
      try Metric.configured(
        by: Configuration("IoU", ["num_classes": .int(2), "target_class_ids": .ints([2])]))
    }
    #expect(throws: Diagnostic.self) { try Metric.named("MeanIoU") }
  }
}
