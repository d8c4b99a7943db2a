import CKernels
import Foundation
import Testing

@testable import MartletTensors

/// The largest distance between the distribution of samples and that of a function:
/// Kolmogorov and Smirnov's statistic.
private func distance(_ samples: [Double], _ distribution: (Double) -> Double) -> Double {
  let count = Double(samples.count)
  return samples.sorted().enumerated().reduce(0) { worst, sample in
    let expected = distribution(sample.element)
    return max(
      worst, expected - Double(sample.offset) / count, Double(sample.offset + 1) / count - expected)
  }
}

private func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

/// scipy.stats.kstwo.ppf(1 − 1e-4, 100_000), SciPy 1.17.1: a right generator passes but once in
/// 10,000 seeds.
private let critical = 0.007035
private let count = 100_000

@Suite struct RandomTensorTests {
  func moments(_ samples: [Double]) -> (mean: Double, deviation: Double) {
    let mean = samples.reduce(0, +) / Double(samples.count)
    let square = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (square / Double(samples.count - 1)).squareRoot())
  }

  @Test(arguments: [DType.float32, .float64])
  func `uniform numbers fill their range evenly`(dtype: DType) {
    let source = RandomSource(seed: 11)
    let samples = Tensor.randomUniform([count], low: -1, high: 3, dtype: dtype, using: source)
      .scalars(of: Double.self)
    #expect(samples.allSatisfy { $0 >= -1 && $0 < 3 })
    #expect(distance(samples) { ($0 + 1) / 4 } < critical)
    let (mean, deviation) = moments(samples)
    #expect(abs(mean - 1) < 4 * 1.1547 / 316)
    #expect(abs(deviation - 1.1547) < 0.01)
  }

  @Test(arguments: [DType.float32, .float64])
  func `normal numbers have the mean, the deviation and the shape asked for`(dtype: DType) {
    let source = RandomSource(seed: 12)
    let samples = Tensor.randomNormal(
      [count], mean: 2, standardDeviation: 0.5, dtype: dtype, using: source
    ).scalars(of: Double.self)
    #expect(distance(samples) { normal(($0 - 2) / 0.5) } < critical)
    let (mean, deviation) = moments(samples)
    #expect(abs(mean - 2) < 4 * 0.5 / 316)
    #expect(abs(deviation - 0.5) < 0.005)
    // Tails: 2 · 100,000 · scipy.stats.norm.sf(3) = 270 outside of three deviations.
    let far = samples.count { abs($0 - 2) > 1.5 }
    #expect((200...340).contains(far))
  }

  @Test(arguments: [DType.float32, .float64])
  func `truncated normal numbers stay within two deviations`(dtype: DType) {
    let source = RandomSource(seed: 13)
    let samples = Tensor.randomTruncatedNormal(
      [count], mean: -1, standardDeviation: 2, dtype: dtype, using: source
    ).scalars(of: Double.self)
    #expect(samples.allSatisfy { abs($0 + 1) <= 4 })
    let mass = normal(2) - normal(-2)
    #expect(distance(samples) { (normal(($0 + 1) / 2) - normal(-2)) / mass } < critical)
    // scipy.stats.truncnorm(-2, 2).std() = 0.8796256610342398
    #expect(abs(moments(samples).deviation - 2 * 0.879_625_661_034_239_8) < 0.01)
  }

  @Test(arguments: [0.0, 0.1, 0.5, 0.9, 1.0])
  func `a mask holds as often as its probability says`(probability: Double) {
    let source = RandomSource(seed: 14)
    let mask = Tensor.randomBernoulli([count], probability: probability, using: source)
    #expect(mask.dtype == .bool)
    let held = mask.cast(to: .float64).sum().item() / Double(count)
    #expect(abs(held - probability) <= 4 * (probability * (1 - probability)).squareRoot() / 316)
    let numbers = Tensor.randomBernoulli([4], probability: 1, dtype: .float32, using: source)
    #expect(numbers.scalars == [1, 1, 1, 1])
  }

  @Test(arguments: [DType.int32, .int64])
  func `integers are all equally likely`(dtype: DType) {
    let source = RandomSource(seed: 15)
    let samples = Tensor.randomIntegers([count], in: -3..<7, dtype: dtype, using: source)
      .scalars(of: Int.self)
    var counts = [Int](repeating: 0, count: 10)
    for sample in samples { counts[sample + 3] += 1 }
    let statistic = counts.reduce(0.0) { $0 + pow(Double($1) - 10_000, 2) / 10_000 }
    // scipy.stats.chi2.ppf(1 − 1e-4, 9)
    #expect(statistic < 33.72)
    let all = Tensor.randomIntegers([64], in: Int.min..<Int.max, dtype: .int64, using: source)
    #expect(Set(all.scalars(of: Int.self)).count == 64)
  }

  @Test func `a permutation names every integer once`() {
    let source = RandomSource(seed: 16)
    let order = Tensor.randomPermutation(10_000, using: source)
    #expect(order.dtype == .int32)
    let positions = order.scalars(of: Int.self)
    #expect(positions.sorted() == Array(0..<10_000))
    #expect(positions != positions.sorted())
    #expect(Tensor.randomPermutation(0, using: source).shape == [0])
    // Each of the six orders of three, in 6,000 draws: chi-squared with 5 degrees of freedom.
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 {
      counts[Tensor.randomPermutation(3, using: source).scalars(of: Int.self), default: 0] += 1
    }
    let statistic = counts.values.reduce(0.0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
    #expect(counts.count == 6)
    #expect(statistic < 25.75)
  }

  @Test func `the upper bound never occurs, however narrow the range`() {
    let source = RandomSource(seed: 17)
    let narrow = Tensor.randomUniform([count], low: 1, high: 1.000_001, using: source).scalars
    #expect(narrow.allSatisfy { $0 >= 1 && $0 < 1.000_001 })
    let wide = Tensor.randomUniform([count], low: 1, high: 2, using: source).scalars
    #expect(wide.allSatisfy { $0 >= 1 && $0 < 2 })
    #expect(Tensor.randomUniform([2], low: 3, high: 3, using: source).scalars == [3, 3])
  }

  @Test func `the same seed gives the same numbers`() {
    func draw() -> [[Float]] {
      [
        Tensor.randomUniform([1000]).scalars, Tensor.randomNormal([10, 100]).scalars,
        Tensor.randomPermutation(100).scalars, Tensor.randomIntegers([50], in: 0..<1000).scalars,
        Tensor.randomTruncatedNormal([77]).scalars, Tensor.randomBernoulli([99]).scalars,
      ]
    }
    let first = withRandomSeed(5) { draw() }
    #expect(withRandomSeed(5) { draw() } == first)
    #expect(withRandomSeed(6) { draw() } != first)
    let source = RandomSource(seed: 5)
    #expect(Tensor.randomUniform([1000], using: source).scalars == first[0])
    let resumed = RandomSource(seed: 5, draws: 1)
    #expect(Tensor.randomNormal([10, 100], using: resumed).scalars == first[1])
  }

  @Test func `a seed reaches into suspended work`() async {
    let first = await withRandomSeed(9) {
      await Task.yield()
      return Tensor.randomUniform([4]).scalars
    }
    #expect(withRandomSeed(9) { Tensor.randomUniform([4]).scalars } == first)
  }

  @Test func `two draws differ and neither is merged with the other`() {
    let source = RandomSource(seed: 18)
    let a = Tensor.randomUniform([100], using: source)
    let b = Tensor.randomUniform([100], using: source)
    #expect((a - b).abs().sum().item() > 1)
    #expect((a - a).scalars.allSatisfy { $0 == 0 })
    #expect(source.draws == 2)
  }

  @Test func `numbers are fixed when they are recorded`() {
    let source = RandomSource(seed: 19)
    let late = Tensor.randomUniform([10], using: source)
    let other = Tensor.randomUniform([10], using: source).scalars
    let again = RandomSource(seed: 19)
    #expect(Tensor.randomUniform([10], using: again).scalars == late.scalars)
    #expect(Tensor.randomUniform([10], using: again).scalars == other)
  }

  @Test func `numbers do not depend on the threads`() {
    var all: [[Double]] = []
    for threads in [1, 2, 3, 7] {
      withThreads(threads) {
        all.append(
          withRandomSeed(20) {
            (Tensor.randomNormal([333, 301], dtype: .float64)
              + Tensor.randomUniform([333, 301], dtype: .float64)).scalars(of: Double.self)
              + Tensor.randomPermutation(5001).scalars(of: Double.self)
          })
      }
    }
    #expect(all.allSatisfy { $0 == all[0] })
  }

  @Test func `empty tensors and scalars are drawn too`() {
    #expect(Tensor.randomUniform([0, 3]).scalars == [])
    #expect(Tensor.randomNormal([]).shape == [])
    #expect(Tensor.randomIntegers([0], in: 0..<0).shape == [0])
    #expect((0..<1).contains(Tensor.randomUniform([]).item()))
  }

  @Test func `mistakes name the caller's line`() async {
    let probability = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.randomBernoulli([2], probability: 1.5) }
    expectMessage(
      probability,
      """
      RandomTensorTests.swift:\(#line - 6): Fatal error: randomBernoulli: the probability is none.
        expected a number from 0 to 1
        got      1.5
      """)
    let bounds = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.randomUniform([2], low: 1, high: 0) }
    expectMessage(
      bounds,
      """
      RandomTensorTests.swift:\(#line - 6): Fatal error: randomUniform: the bounds are not in order.
        expected finite numbers, low ≤ high
        got      low 1.0, high 0.0
      """)
    let type = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.randomNormal([2], dtype: .int32) }
    expectMessage(
      type,
      """
      RandomTensorTests.swift:\(#line - 6): Fatal error: randomNormal: it is not defined for this \
      element type.
        expected float32 or float64
        got      int32
        fix      use randomIntegers, or cast(to:)
      """)
    let empty = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.randomIntegers([2], in: 3..<3) }
    expectMessage(
      empty,
      """
      RandomTensorTests.swift:\(#line - 6): Fatal error: randomIntegers: the range is empty.
        expected one integer at least
        got      3..<3
      """)
  }
}
