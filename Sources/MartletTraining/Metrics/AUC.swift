import MartletLayers
import MartletTensors

extension Metric {
  /// What is plotted against what, for the area below it.
  public enum Curve: String, Sendable {
    /// The receiver operating characteristic: true positives over false positives.
    case roc = "ROC"
    /// Precision over recall.
    case pr = "PR"
    /// Precision gain over recall gain.
    case prGain = "PRGAIN"
  }

  /// How the area between two points of a curve is taken.
  public enum Summation: String, Sendable {
    /// As a trapezoid; for precision over recall along the true curve between them.
    case interpolation
    /// As the smaller rectangle.
    case minoring
    /// As the larger rectangle.
    case majoring
  }

  /// The area under the receiver operating characteristic, with 200 thresholds.
  public static var auc: Metric { auc() }
  /// The area under a curve of what is found over what is wrongly found, approximated at thresholds.
  ///
  /// - Parameters:
  ///   - numThresholds: How many thresholds, evenly spaced over [0, 1]; 2 or more, traps otherwise.
  ///   - curve: Which curve.
  ///   - summationMethod: How the area between two thresholds is taken.
  ///   - thresholds: Thresholds of one's own in [0, 1], besides 0 and 1.
  ///   - multiLabel: Whether each label, along the last of two axes, has an area of its own; the
  ///     result is their mean.
  ///   - numLabels: How many labels, if it should be known before the first update.
  ///   - labelWeights: What each label counts.
  ///   - fromLogits: Whether predictions are logits, before a sigmoid.
  /// - Source: Davis and Goadrich, 2006, for the interpolation between precisions.
  public static func auc(
    numThresholds: Int = 200, curve: Curve = .roc, summationMethod: Summation = .interpolation,
    thresholds: [Double]? = nil, multiLabel: Bool = false, numLabels: Int? = nil,
    labelWeights: [Double]? = nil, fromLogits: Bool = false, name: String = "auc",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try AreaUnderCurve(
        numThresholds: numThresholds, curve: curve, summationMethod: summationMethod,
        thresholds: thresholds, multiLabel: multiLabel, numLabels: numLabels,
        labelWeights: labelWeights, fromLogits: fromLogits, name: name)
    }
  }
}

/// The area under a curve, from the four counts at each threshold.
final class AreaUnderCurve: Metric {
  private let curve: Curve
  private let summation: Summation
  private let own: [Double]?
  private let numLabels: Int?
  private let labelWeights: [Double]?
  private let fromLogits: Bool
  private let counter: ThresholdCounter

  init(
    numThresholds: Int, curve: Curve, summationMethod: Summation, thresholds: [Double]?,
    multiLabel: Bool, numLabels: Int?, labelWeights: [Double]?, fromLogits: Bool, name: String
  ) throws(Diagnostic) {
    if let thresholds, let mistake = ThresholdCounter.mistake(name, thresholds) { throw mistake }
    let count = thresholds.map { $0.count + 2 } ?? numThresholds
    if count < 2 {
      throw Diagnostic(
        name, "there are too few thresholds", expected: "2 or more", got: "\(count)")
    }
    if numLabels != nil && !multiLabel {
      throw Diagnostic(
        name, "the number of labels means nothing without labels", expected: "no numLabels",
        got: "\(numLabels ?? 0)", fix: "set multiLabel")
    }
    let inner =
      thresholds?.sorted() ?? (0..<count - 2).map { Double($0 + 1) / Double(count - 1) }
    var counter = ThresholdCounter(
      [-Loss.epsilon] + inner + [1 + Loss.epsilon],
      isEven: thresholds == nil || ThresholdCounter.isEven([0] + inner + [1]))
    counter.isMultiLabel = multiLabel
    counter.labelWeights = labelWeights
    self.counter = counter
    self.curve = curve
    summation = summationMethod
    own = thresholds?.sorted()
    self.numLabels = numLabels
    self.labelWeights = labelWeights
    self.fromLogits = fromLogits
    super.init(name, direction: .maximize)
    if !multiLabel {
      addStates([count])
    } else if let numLabels {
      addStates([count, numLabels])
    }
  }

  private func addStates(_ shape: Shape) {
    for cell in ["true_positives", "false_positives", "true_negatives", "false_negatives"] {
      addState(Metric.state(cell, shape: shape))
    }
  }

  override func build(targetShape: Shape, predictionShape: Shape) {
    if states.isEmpty { addStates([counter.thresholds.count, predictionShape.last ?? 1]) }
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    build(targetShape: yTrue.shape, predictionShape: yPred.shape)
    let p = fromLogits ? yPred.sigmoid() : yPred
    let counts = counter.counts(yTrue, p, sampleWeight: sampleWeight, name)
    let parts = [
      counts.truePositives, counts.falsePositives, counts.trueNegatives, counts.falseNegatives,
    ]
    for (part, state) in zip(parts, states) { state.variable.add(part) }
  }

  override func result() -> Tensor {
    if states.isEmpty { return Tensor(0.0, dtype: .float64) }
    let areas =
      curve == .pr && summation == .interpolation ? interpolatedPrecision() : area()
    guard counter.isMultiLabel else { return areas }
    guard let labelWeights else { return areas.mean() }
    let weights = Tensor(labelWeights, shape: [labelWeights.count])
    return (areas * weights).sum().dividedOrZero(by: weights.sum())
  }

  /// The counts at each threshold, lowest first.
  private var cells: (tp: Tensor, fp: Tensor, tn: Tensor, fn: Tensor) {
    let values = states.map(\.variable.value)
    return (values[0], values[1], values[2], values[3])
  }

  /// The area as a sum of strips, one for each pair of neighbours.
  private func area() -> Tensor {
    let (x, y) = points()
    let (low, high) = (y[1...], y[0..<counter.thresholds.count - 1])
    let height =
      switch summation {
      case .interpolation: (high + low) / 2
      case .minoring: high.minimum(low)
      case .majoring: high.maximum(low)
      }
    return ((x[0..<counter.thresholds.count - 1] - x[1...]) * height).sum(along: 0)
  }

  private func points() -> (x: Tensor, y: Tensor) {
    let (tp, fp, tn, fn) = cells
    let recall = tp.dividedOrZero(by: tp + fn)
    switch curve {
    case .roc: return (fp.dividedOrZero(by: fp + tn), recall)
    case .pr: return (recall, tp.dividedOrZero(by: tp + fp))
    case .prGain:
      let ratio = (tp + fn).dividedOrZero(by: tn + fp)
      let isNone = tp .== 0
      let recallGain = 1 - ratio * fn.dividedOrZero(by: tp)
      let precisionGain = 1 - ratio * fp.dividedOrZero(by: tp)
      return (
        Tensor.where(isNone, .zeros(like: tp), recallGain).maximum(0),
        Tensor.where(isNone, .ones(like: tp), precisionGain)
      )
    }
  }

  /// The area under precision over recall, integrated between thresholds, where true positives grow
  /// in proportion to what is predicted yes.
  private func interpolatedPrecision() -> Tensor {
    let (tp, fp, _, fn) = cells
    let before = 0..<counter.thresholds.count - 1
    let predicted = tp + fp
    let (high, low) = (predicted[before], predicted[1...])
    let gain = tp[before] - tp[1...]
    let slope = gain.dividedOrZero(by: (high - low).maximum(0))
    let intercept = tp[1...] - slope * low
    let ratio = Tensor.where(
      (high .> 0) .& (low .> 0), high.dividedOrZero(by: low.maximum(0)), .ones(like: low))
    return (slope * (gain + intercept * ratio.log()))
      .dividedOrZero(by: (tp[1...] + fn[1...]).maximum(0)).sum(along: 0)
  }

  override func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    if let mistake = counter.mistake(name, targetShape, predictionShape) { throw mistake }
    let labels = predictionShape.last ?? 1
    let expected = numLabels ?? labelWeights?.count ?? labels
    if counter.isMultiLabel && (predictionShape.count != 2 || labels != expected) {
      throw Diagnostic(
        name, "the predictions do not fit the labels", expected: "[batch, \(expected)]",
        got: "\(predictionShape)")
    }
  }

  override var configuration: Configuration {
    var values: [String: ConfigurationValue] = [
      "name": .string(name), "num_thresholds": .int(counter.thresholds.count),
      "curve": .string(curve.rawValue), "summation_method": .string(summation.rawValue),
      "multi_label": .bool(counter.isMultiLabel), "num_labels": .optional(numLabels),
      "label_weights": labelWeights.map { .numbers($0) } ?? .null,
      "from_logits": .bool(fromLogits),
    ]
    if let own { values["thresholds"] = .numbers(own) }
    return Configuration("AUC", values)
  }
}

extension MetricKind {
  static let curves =
    [
      MetricKind("AUC", ["auc"]) { configuration throws(Diagnostic) in
        try AreaUnderCurve(
          numThresholds: configuration.int("num_thresholds", default: 200),
          curve: configuration.choice("curve", .roc) { Metric.Curve(rawValue: $0.uppercased()) },
          summationMethod: configuration.choice("summation_method", .interpolation) {
            Metric.Summation(rawValue: $0.lowercased())
          },
          thresholds: configuration["thresholds"] == nil
            ? nil : configuration.numbers("thresholds"),
          multiLabel: configuration.bool("multi_label", default: false),
          numLabels: configuration.optionalInt("num_labels"),
          labelWeights: configuration["label_weights"] == nil
            ? nil : configuration.numbers("label_weights"),
          fromLogits: configuration.bool("from_logits", default: false), name: "auc")
      }
    ] + OperatingPoint.Kind.allCases.map(\.metricKind)
}

extension Configuration {
  /// A choice among the cases of an enumeration; `fallback` where it is missing.
  func choice<Choice>(
    _ key: String, _ fallback: Choice, _ make: (String) -> Choice?
  ) throws(Diagnostic) -> Choice {
    guard self[key] != nil else { return fallback }
    let text = try string(key)
    guard let choice = make(text) else {
      throw Diagnostic(
        className, "\"\(key)\" of its configuration is unknown", got: "\"\(text)\"")
    }
    return choice
  }
}
