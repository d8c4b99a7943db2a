import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct SegmentationLossesTests {
  let y = BinaryCrossentropyTests.y
  let p = BinaryCrossentropyTests.p

  @Test("overlap of a whole batch, and of each image")
  func overlap() {
    expectClose(Loss.dice(y, p), [0.24137932062149048])
    expectClose(Loss.dice(axis: [1]).values(y, p), [0.2727273106575012, 0.19999998807907104])
    expectClose(Loss.tversky(alpha: 0.3, beta: 0.7)(y, p), [0.23076927661895752])
    expectClose(Loss.tversky(axis: [1]).values(y, p), [0.2727273106575012, 0.20000004768371582])
  }

  @Test("Tversky's index with one half twice is Dice's coefficient")
  func sameThing() {
    #expect(abs(Loss.tversky(y, p).item() - Loss.dice(y, p).item()) < 1e-6)
  }
}
