import MartletLayers
import MartletTensors

/// The mean of values, weighted or not: Σ v w / Σ w over all updates; 0 before the first.
///
///     let loss = Mean("loss")
///     loss.update(batchLoss, weight: 32)
///
/// Values of more than one axis count as the mean of each sample.
open class Mean: Metric {
  private let total = Metric.state("total")
  private let count = Metric.state("count")

  /// Creates a mean that has seen nothing.
  public init(_ name: String = "mean", direction: Direction? = nil) {
    super.init(name, direction: direction, states: [total, count])
  }

  /// Takes values into account: one, `[batch]` or `[batch, …]`.
  ///
  /// - Parameter sampleWeight: What each counts: a scalar, or as many of the values' axes as there
  ///   are.
  public final func update(_ values: Tensor, sampleWeight: Tensor? = nil) {
    let (sum, samples) = sampleSum(values, sampleWeight)
    total.add(sum)
    switch samples {
    case .number(let number): count.assign(count.value + Double(number))
    case .weights(let weights): count.add(weights)
    }
  }

  /// Takes one value into account, as that of so many samples.
  public final func update(_ value: Tensor, weight: Int) {
    total.assign(total.value + value.cast(to: .float64) * Double(weight))
    count.assign(count.value + Double(weight))
  }

  /// Takes the predictions into account as values.
  open override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    update(yPred, sampleWeight: maskedWeight(sampleWeight, mask))
  }

  open override func result() -> Tensor { total.value.dividedOrZero(by: count.value) }
}

/// The sum of values, weighted or not, over all updates.
open class Sum: Metric {
  private let total = Metric.state("total")

  /// Creates a sum that has seen nothing.
  public init(_ name: String = "sum", direction: Direction? = nil) {
    super.init(name, direction: direction, states: [total])
  }

  /// Takes values into account.
  ///
  /// - Parameter sampleWeight: What each counts: a scalar, or as many of the values' axes as there
  ///   are.
  public final func update(_ values: Tensor, sampleWeight: Tensor? = nil) {
    let values = values.cast(to: .float64)
    guard let sampleWeight else { return total.add(values.sum()) }
    let (v, w) = Loss.aligned(
      values, sampleWeight.cast(to: .float64), name, file: #fileID, line: #line)
    total.add((v * w).sum())
  }

  /// Takes the predictions into account as values.
  open override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    update(yPred, sampleWeight: maskedWeight(sampleWeight, mask))
  }

  open override func result() -> Tensor { total.value }
}

/// What the sum of a batch is divided by.
enum SampleCount {
  case number(Int)
  case weights(Tensor)
}

extension Metric {
  /// Sample weights that are 0 where the mask does not hold; nil where there is neither.
  func maskedWeight(_ sampleWeight: Tensor?, _ mask: Tensor?) -> Tensor? {
    guard mask != nil else { return sampleWeight }
    return Loss.weight(
      sampleWeight, mask: mask, dtype: .float64, sharing: false, file: #fileID, line: #line)
  }

  /// Σ v w of one value for each sample, and Σ w or the number of samples.
  func sampleSum(_ values: Tensor, _ sampleWeight: Tensor?) -> (sum: Tensor, count: SampleCount) {
    let values = values.cast(to: .float64)
    guard let sampleWeight else {
      let samples = values.shape.first ?? 1
      let sum = values.sum()
      return (
        values.rank > 1 ? sum / Double(max(values.count / max(samples, 1), 1)) : sum,
        .number(samples)
      )
    }
    var (v, w) = Loss.matchedRanks(values, sampleWeight.cast(to: .float64))
    if v.rank > w.rank { v = v.mean(along: Array(w.rank..<v.rank)) }
    guard zip(v.shape, w.shape).allSatisfy({ $0 == $1 || $1 == 1 }) && v.rank == w.rank else {
      trap(
        Diagnostic(
          name, "the sample weights or the mask do not fit the samples",
          expected: "the shape \(values.shape) or its first axes", got: "\(sampleWeight.shape)"),
        file: #fileID, line: #line)
    }
    w = w.broadcast(to: v.shape)
    let weighted = (v * w).sum()
    if w.rank <= 1 { return (weighted, .weights(w.sum())) }
    let size = Double(max(v.count / max(v.shape[0], 1), 1))
    return (weighted / size, .weights(w.sum() / size))
  }
}
