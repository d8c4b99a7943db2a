import MartletLayers
import MartletTensors

extension Metric {
  /// The best sensitivity (recall) among thresholds whose specificity is at least that given.
  ///
  /// - Parameters:
  ///   - specificity: The specificity to keep, in [0, 1]; traps outside.
  ///   - numThresholds: How many thresholds are tried, evenly spaced over [0, 1]; 1 tries ½.
  ///   - classId: Counts only this class, the index along the last axis.
  public static func sensitivityAtSpecificity(
    _ specificity: Double, numThresholds: Int = 200, classId: Int? = nil,
    name: String = "sensitivity_at_specificity", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try OperatingPoint(
        .sensitivityAtSpecificity, specificity, numThresholds, classId: classId, name)
    }
  }

  /// The best specificity among thresholds whose sensitivity (recall) is at least that given;
  /// parameters as of `sensitivityAtSpecificity`.
  public static func specificityAtSensitivity(
    _ sensitivity: Double, numThresholds: Int = 200, classId: Int? = nil,
    name: String = "specificity_at_sensitivity", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try OperatingPoint(
        .specificityAtSensitivity, sensitivity, numThresholds, classId: classId, name)
    }
  }

  /// The best precision among thresholds whose recall is at least that given; parameters as of
  /// `sensitivityAtSpecificity`.
  public static func precisionAtRecall(
    _ recall: Double, numThresholds: Int = 200, classId: Int? = nil,
    name: String = "precision_at_recall", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try OperatingPoint(.precisionAtRecall, recall, numThresholds, classId: classId, name)
    }
  }

  /// The best recall among thresholds whose precision is at least that given; parameters as of
  /// `sensitivityAtSpecificity`.
  public static func recallAtPrecision(
    _ precision: Double, numThresholds: Int = 200, classId: Int? = nil,
    name: String = "recall_at_precision", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try OperatingPoint(.recallAtPrecision, precision, numThresholds, classId: classId, name)
    }
  }
}

/// The best of one ratio among the thresholds at which another is good enough.
final class OperatingPoint: Metric {
  enum Kind: String, CaseIterable {
    case sensitivityAtSpecificity = "SensitivityAtSpecificity"
    case specificityAtSensitivity = "SpecificityAtSensitivity"
    case precisionAtRecall = "PrecisionAtRecall"
    case recallAtPrecision = "RecallAtPrecision"

    /// Keras' name of what is to be kept.
    var key: String {
      switch self {
      case .sensitivityAtSpecificity: "specificity"
      case .specificityAtSensitivity: "sensitivity"
      case .precisionAtRecall: "recall"
      case .recallAtPrecision: "precision"
      }
    }

    /// Keras' default name of the metric.
    var name: String {
      switch self {
      case .sensitivityAtSpecificity: "sensitivity_at_specificity"
      case .specificityAtSensitivity: "specificity_at_sensitivity"
      case .precisionAtRecall: "precision_at_recall"
      case .recallAtPrecision: "recall_at_precision"
      }
    }

    var metricKind: MetricKind {
      MetricKind(rawValue, [name]) { configuration throws(Diagnostic) in
        try OperatingPoint(
          self, configuration.number(key), configuration.int("num_thresholds", default: 200),
          classId: configuration.optionalInt("class_id"), name)
      }
    }
  }

  private let kind: Kind
  private let limit: Double
  private let counter: ThresholdCounter

  init(
    _ kind: Kind, _ limit: Double, _ numThresholds: Int, classId: Int?, _ name: String
  ) throws(Diagnostic) {
    if !(0...1).contains(limit) || numThresholds < 1 {
      throw Diagnostic(
        name, "an argument is out of range",
        expected: "\(kind.key) in 0 … 1 and 1 threshold or more",
        got: "\(kind.key) \(limit), \(numThresholds) thresholds")
    }
    self.kind = kind
    self.limit = limit
    let last = Double(max(numThresholds - 1, 1))
    var counter = ThresholdCounter(
      numThresholds == 1 ? [0.5] : (0..<numThresholds).map { Double($0) / last },
      isEven: numThresholds > 1)
    counter.classId = classId
    self.counter = counter
    let shape = [numThresholds]
    super.init(
      name, direction: .maximize,
      states: [
        Metric.state("true_positives", shape: shape), Metric.state("false_positives", shape: shape),
        Metric.state("true_negatives", shape: shape), Metric.state("false_negatives", shape: shape),
      ])
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    let counts = counter.counts(yTrue, yPred, sampleWeight: sampleWeight, name)
    let parts = [
      counts.truePositives, counts.falsePositives, counts.trueNegatives, counts.falseNegatives,
    ]
    for (part, state) in zip(parts, states) { state.variable.add(part) }
  }

  override func result() -> Tensor {
    let values = states.map(\.variable.value)
    let (tp, fp, tn, fn) = (values[0], values[1], values[2], values[3])
    let recall = tp.dividedOrZero(by: tp + fn)
    let precision = tp.dividedOrZero(by: tp + fp)
    let specificity = tn.dividedOrZero(by: tn + fp)
    let (kept, wanted) =
      switch kind {
      case .sensitivityAtSpecificity: (specificity, recall)
      case .specificityAtSensitivity: (recall, specificity)
      case .precisionAtRecall: (recall, precision)
      case .recallAtPrecision: (precision, recall)
      }
    return Tensor.where(kept .>= limit, wanted, .zeros(like: wanted)).max()
  }

  override func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    if let mistake = counter.mistake(name, targetShape, predictionShape) { throw mistake }
  }

  override var configuration: Configuration {
    Configuration(
      kind.rawValue,
      [
        "name": .string(name), kind.key: .number(limit),
        "num_thresholds": .int(counter.thresholds.count), "class_id": .optional(counter.classId),
      ])
  }
}
