import MartletLayers
import MartletTensors

// Counts and ratios of right and wrong yes and no.

extension Metric {
  /// How many yes are predicted as yes, with threshold ½.
  public static var truePositives: Metric { truePositives() }
  /// The weight of what is yes and predicted so.
  ///
  /// - Parameter thresholds: What predictions have to pass, in [0, 1], traps outside; ½ where none
  ///   is given. Several give a vector.
  public static func truePositives(
    thresholds: (any Numbers)? = nil, name: String = "true_positives",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try ConfusionMetric("TruePositives", name, thresholds, .maximize, [.truePositives])
    }
  }

  /// How many no are predicted as no, with threshold ½.
  public static var trueNegatives: Metric { trueNegatives() }
  /// The weight of what is no and predicted so; parameters as of `truePositives`.
  public static func trueNegatives(
    thresholds: (any Numbers)? = nil, name: String = "true_negatives",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try ConfusionMetric("TrueNegatives", name, thresholds, .maximize, [.trueNegatives])
    }
  }

  /// How many no are predicted as yes, with threshold ½.
  public static var falsePositives: Metric { falsePositives() }
  /// The weight of what is no and predicted yes; parameters as of `truePositives`.
  public static func falsePositives(
    thresholds: (any Numbers)? = nil, name: String = "false_positives",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try ConfusionMetric("FalsePositives", name, thresholds, .minimize, [.falsePositives])
    }
  }

  /// How many yes are predicted as no, with threshold ½.
  public static var falseNegatives: Metric { falseNegatives() }
  /// The weight of what is yes and predicted no; parameters as of `truePositives`.
  public static func falseNegatives(
    thresholds: (any Numbers)? = nil, name: String = "false_negatives",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try ConfusionMetric("FalseNegatives", name, thresholds, .minimize, [.falseNegatives])
    }
  }

  /// The fraction of predicted yes that are yes, with threshold ½.
  public static var precision: Metric { precision() }
  /// The fraction of predicted yes that are yes; 0 if nothing is predicted yes.
  ///
  /// - Parameters:
  ///   - thresholds: What predictions have to pass, in [0, 1], traps outside; ½ where none is given,
  ///     or any prediction with `topK`. Several give a vector.
  ///   - topK: Counts only the k largest predictions of each row.
  ///   - classId: Counts only this class, the index along the last axis.
  public static func precision(
    thresholds: (any Numbers)? = nil, topK: Int? = nil, classId: Int? = nil,
    name: String = "precision", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try ConfusionMetric(
        "Precision", name, thresholds, .maximize, [.truePositives, .falsePositives], topK: topK,
        classId: classId)
    }
  }

  /// The fraction of yes that are predicted so, with threshold ½.
  public static var recall: Metric { recall() }
  /// The fraction of yes that are predicted so; 0 if there is no yes.
  ///
  /// Parameters as of `precision`.
  public static func recall(
    thresholds: (any Numbers)? = nil, topK: Int? = nil, classId: Int? = nil,
    name: String = "recall", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try ConfusionMetric(
        "Recall", name, thresholds, .maximize, [.truePositives, .falseNegatives], topK: topK,
        classId: classId)
    }
  }

  /// A metric whose arguments stand in the source: a mistake in them traps.
  static func made(
    _ file: StaticString, _ line: UInt, _ make: () throws(Diagnostic) -> Metric
  ) -> Metric {
    do throws(Diagnostic) { return try make() } catch { trap(error, file: file, line: line) }
  }
}

/// One cell of the confusion matrix for each threshold, or the first of two as a fraction of both.
final class ConfusionMetric: Metric {
  /// A cell of the confusion matrix.
  enum Cell: String, CaseIterable {
    case truePositives = "true_positives"
    case falsePositives = "false_positives"
    case trueNegatives = "true_negatives"
    case falseNegatives = "false_negatives"

    func read(_ counts: ConfusionCounts) -> Tensor {
      switch self {
      case .truePositives: counts.truePositives
      case .falsePositives: counts.falsePositives
      case .trueNegatives: counts.trueNegatives
      case .falseNegatives: counts.falseNegatives
      }
    }
  }

  private let className: String
  private let given: (any Numbers)?
  private let cells: [Cell]
  private let counter: ThresholdCounter

  init(
    _ className: String, _ name: String, _ thresholds: (any Numbers)?, _ direction: Direction,
    _ cells: [Cell], topK: Int? = nil, classId: Int? = nil
  ) throws(Diagnostic) {
    if let thresholds, let mistake = ThresholdCounter.mistake(name, thresholds.numbers) {
      throw mistake
    }
    self.className = className
    given = thresholds
    self.cells = cells
    var counter = ThresholdCounter(
      thresholds?.numbers ?? [topK == nil ? 0.5 : ThresholdCounter.lowest])
    counter.topK = topK
    counter.classId = classId
    self.counter = counter
    let shape = [counter.thresholds.count]
    super.init(
      name, direction: direction,
      states: cells.map {
        Metric.state(cells.count == 1 ? "accumulator" : $0.rawValue, shape: shape)
      })
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    let counts = counter.counts(yTrue, yPred, sampleWeight: sampleWeight, name)
    for (cell, state) in zip(cells, states) { state.variable.add(cell.read(counts)) }
  }

  override func result() -> Tensor {
    let values = states.map(\.variable.value)
    let result =
      values.count == 1 ? values[0] : values[0].dividedOrZero(by: values[0] + values[1])
    return counter.thresholds.count == 1 ? result.reshaped(to: []) : result
  }

  override func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    if let mistake = counter.mistake(name, targetShape, predictionShape) { throw mistake }
  }

  override var configuration: Configuration {
    var values: [String: ConfigurationValue] = ["name": .string(name)]
    values["thresholds"] = .numbers(given)
    if cells.count == 2 {
      values["top_k"] = .optional(counter.topK)
      values["class_id"] = .optional(counter.classId)
    }
    return Configuration(className, values)
  }
}

extension MetricKind {
  static let counts = [
    confusion("TruePositives", "true_positives", .maximize, [.truePositives]),
    confusion("TrueNegatives", "true_negatives", .maximize, [.trueNegatives]),
    confusion("FalsePositives", "false_positives", .minimize, [.falsePositives]),
    confusion("FalseNegatives", "false_negatives", .minimize, [.falseNegatives]),
    confusion("Precision", "precision", .maximize, [.truePositives, .falsePositives]),
    confusion("Recall", "recall", .maximize, [.truePositives, .falseNegatives]),
  ]

  private static func confusion(
    _ className: String, _ name: String, _ direction: Metric.Direction,
    _ cells: [ConfusionMetric.Cell]
  ) -> MetricKind {
    MetricKind(className, [name]) { configuration throws(Diagnostic) in
      try ConfusionMetric(
        className, name, configuration.optionalNumbers("thresholds"), direction, cells,
        topK: configuration.optionalInt("top_k"),
        classId: configuration.optionalInt("class_id"))
    }
  }
}
