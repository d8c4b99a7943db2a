import MartletLayers
import MartletTensors

/// Right and wrong yes and no of one batch, for each threshold: float64 `[thresholds]`, with several
/// labels `[thresholds, labels]`.
struct ConfusionCounts {
  /// Σ w over what is yes and predicted so.
  let truePositives: Tensor
  /// Σ w over what is no and predicted yes.
  let falsePositives: Tensor
  /// Σ w over all that is yes: one for all thresholds.
  let positives: Tensor
  /// Σ w over all that is no.
  let negatives: Tensor

  var falseNegatives: Tensor { positives - truePositives }
  var trueNegatives: Tensor { negatives - falsePositives }
}

/// How targets and predictions are counted against thresholds.
struct ThresholdCounter: Sendable {
  /// What a prediction has to pass: p > t.
  let thresholds: [Double]
  /// Whether each label has counts of its own.
  var isMultiLabel = false
  /// How many of the largest predictions of a row count at all.
  var topK: Int? = nil
  /// The one class that counts.
  var classId: Int? = nil
  /// What each label counts.
  var labelWeights: [Double]? = nil
  /// Whether thresholds are 0, 1/n, … 1, give or take ε: predictions are then sorted into buckets.
  let isEven: Bool

  /// Keras' stand-in for −∞.
  static let lowest = -1e10

  init(_ thresholds: [Double], isEven: Bool? = nil) {
    self.thresholds = thresholds
    self.isEven = isEven ?? ThresholdCounter.isEven(thresholds)
  }

  /// Whether thresholds are 0, 1/n, … 1, as NumPy's `allclose` sees it.
  static func isEven(_ thresholds: [Double]) -> Bool {
    let count = thresholds.count
    if count < 3 { return false }
    return thresholds.enumerated().allSatisfy { index, threshold in
      let even = Double(index) / Double(count - 1)
      return abs(threshold - even) <= Loss.epsilon + 1e-5 * even
    }
  }

  func counts(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor?, _ who: String
  ) -> ConfusionCounts {
    var (p, y) = Loss.matchedRanks(yPred.cast(to: .float32), yTrue)
    check(p.shape == y.shape, who, y, p)
    var weight = sampleWeight.map { weight -> Tensor in
      let column = weight.cast(to: .float64).expandingDimensions(at: -1)
      return Loss.matchedRanks(y, column, expandingVectors: false).1
    }
    if let topK { p = keepingLargest(topK, of: p) }
    if let classId {
      let place = classId..<classId + 1
      (y, p) = (y[.ellipsis, place], p[.ellipsis, place])
    }
    if let labelWeights, !isMultiLabel {
      let labels = Tensor(labelWeights, shape: [labelWeights.count])
      weight = weight.map { $0 * labels } ?? labels
    }
    let isYes = y.cast(to: .bool).cast(to: .float64)
    var (yes, no) = (isYes, 1 - isYes)
    if let weight { (yes, no) = (yes * weight, no * weight) }
    if isMultiLabel { return counts(labels: yes, no, p) }
    let flat = counts(
      labels: yes.reshaped(to: [yes.count, 1]), no.reshaped(to: [no.count, 1]),
      p.reshaped(to: [p.count, 1]))
    let shape = [thresholds.count]
    return ConfusionCounts(
      truePositives: flat.truePositives.reshaped(to: shape),
      falsePositives: flat.falsePositives.reshaped(to: shape),
      positives: flat.positives, negatives: flat.negatives)
  }

  /// Counts of matrices `[samples, labels]` of weights of yes, weights of no, and predictions.
  private func counts(labels yes: Tensor, _ no: Tensor, _ p: Tensor) -> ConfusionCounts {
    let (positives, negatives) = (yes.sum(along: 0), no.sum(along: 0))
    if isEven {
      let place = bucket(p)
      return ConfusionCounts(
        truePositives: above(yes, place), falsePositives: above(no, place), positives: positives,
        negatives: negatives)
    }
    if thresholds.count == 1 {
      let passes = (p .> thresholds[0]).cast(to: .float64)
      return ConfusionCounts(
        truePositives: (passes * yes).sum(along: 0, keepingDimensions: true),
        falsePositives: (passes * no).sum(along: 0, keepingDimensions: true),
        positives: positives, negatives: negatives)
    }
    // [thresholds, samples, labels]
    let limits = Tensor(thresholds.map(Float.init), shape: [thresholds.count, 1, 1])
    let passes = (p.expandingDimensions(at: 0) .> limits).cast(to: .float64)
    return ConfusionCounts(
      truePositives: (passes * yes).sum(along: 1), falsePositives: (passes * no).sum(along: 1),
      positives: positives, negatives: negatives)
  }

  /// How many of n even thresholds each prediction passes, counted as Keras does in float32:
  /// ⌈p (n − 1)⌉.
  private func bucket(_ p: Tensor) -> Tensor {
    let passed = (p.clipped(to: 0, 1) * Double(thresholds.count - 1)).ceil()
    // A first threshold below 0 is passed by all.
    let isBelow = thresholds[0] < 0 || thresholds[thresholds.count - 1] > 1
    return (isBelow ? passed.maximum(1) : passed).cast(to: .int32)
  }

  /// The weight that passes each threshold: of all buckets above it, `[thresholds, labels]`.
  private func above(_ weight: Tensor, _ bucket: Tensor) -> Tensor {
    let (count, labels) = (thresholds.count, weight.shape[1])
    let columns = Tensor(0..<labels)
    let sums = Tensor.zeros([(count + 1) * labels], dtype: .float64)
      .addingScattered(
        weight.reshaped(to: [weight.count]),
        at: (bucket * Double(labels) + columns).reshaped(to: [weight.count]))
    return sums.reshaped(to: [count + 1, labels])
      .cumulativeSum(along: 0, exclusive: true, reverse: true)[0..<count]
  }

  /// Predictions with all but the largest of each row out of the question.
  private func keepingLargest(_ k: Int, of p: Tensor) -> Tensor {
    let classes = p.shape[p.rank - 1]
    let largest = p.topK(k).indices.oneHot(depth: classes).sum(along: -2)
    return p * largest + (1 - largest) * ThresholdCounter.lowest
  }

  private func check(_ fits: Bool, _ who: String, _ y: Tensor, _ p: Tensor) {
    if fits { return }
    trap(
      Diagnostic(
        who, "the targets do not have the shape of the predictions", expected: "\(p.shape)",
        got: "\(y.shape)", fix: "turn class numbers into rows with oneHot(depth:)"),
      file: #fileID, line: #line)
  }
}

extension ThresholdCounter {
  /// Whether targets of a shape can be counted against predictions of another.
  func mistake(_ who: String, _ target: Shape, _ prediction: Shape) -> Diagnostic? {
    if let mistake = TargetRule.same.mistake(who, target, prediction) { return mistake }
    let classes = prediction.last ?? 1
    if let classId, !(0..<classes).contains(classId) {
      return Diagnostic(
        who, "there is no such class", expected: "a class in 0 ..< \(classes)", got: "\(classId)")
    }
    if let topK, !(0...classes).contains(topK) {
      return Diagnostic(
        who, "there are not so many classes", expected: "topK of \(classes) at most",
        got: "\(topK)")
    }
    return nil
  }

  /// Whether thresholds that a user gave are in [0, 1].
  static func mistake(_ who: String, _ thresholds: [Double]) -> Diagnostic? {
    if !thresholds.isEmpty && thresholds.allSatisfy({ (0...1).contains($0) }) { return nil }
    return Diagnostic(
      who, "a threshold is out of range", expected: "one or more thresholds in 0 … 1",
      got: "\(thresholds)")
  }
}
