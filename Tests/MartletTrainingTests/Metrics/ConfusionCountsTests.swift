import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct ConfusionCountsTests {
  /// Predictions between thresholds, none on one of them, and labels that follow no rule.
  let p = Tensor((0..<97).map { (i: Int) -> Float in (Float(i * 37 % 97) + 0.5) / 97 })
  let y = Tensor((0..<97).map { Float($0 * $0 % 5 % 2) })
  let weight = Tensor((0..<97).map { Float($0 % 4) / 2 })

  @Test("buckets count what comparing with every threshold counts", arguments: [3, 11, 200])
  func buckets(_ count: Int) {
    let thresholds = (0..<count).map { Double($0) / Double(count - 1) }
    for weight in [nil, weight] {
      let even = ThresholdCounter(thresholds).counts(y, p, sampleWeight: weight, "even")
      let plain = ThresholdCounter(thresholds, isEven: false)
        .counts(y, p, sampleWeight: weight, "plain")
      for cell in ConfusionMetric.Cell.allCases {
        #expect(
          cell.read(even).scalars(of: Double.self) == cell.read(plain).scalars(of: Double.self))
      }
    }
  }

  @Test("thresholds are even as NumPy's allclose sees it")
  func even() {
    #expect(ThresholdCounter.isEven([0, 0.5, 1]))
    #expect(ThresholdCounter.isEven([0, 0.500001, 1]))
    #expect(!ThresholdCounter.isEven([0, 0.51, 1]))
    #expect(!ThresholdCounter.isEven([0, 1]))
    #expect(!ThresholdCounter.isEven([0.5]))
  }

  @Test("labels of several outputs are counted apart")
  func labels() {
    var counter = ThresholdCounter([0.2, 0.5, 0.6], isEven: false)
    counter.isMultiLabel = true
    let (y, p) = (y[0..<96].reshaped(to: [48, 2]), p[0..<96].reshaped(to: [48, 2]))
    let both = counter.counts(y, p, sampleWeight: nil, "both")
    #expect(both.truePositives.shape == [3, 2])
    counter.isMultiLabel = false
    for label in 0..<2 {
      let one = counter.counts(y[.all, label], p[.all, label], sampleWeight: nil, "one")
      for cell in ConfusionMetric.Cell.allCases {
        #expect(cell.read(both)[.all, label].scalars == cell.read(one).scalars)
      }
    }
  }
}
