import MartletLayers
import MartletTensors

extension Metric {
  /// How scores of several classes become one.
  public enum Average: String, Sendable {
    /// From the counts of all classes together.
    case micro
    /// As their mean.
    case macro
    /// As their mean, weighted with how often each class occurs.
    case weighted
  }

  /// How scores of several outputs become one.
  public enum Aggregation: String, Sendable {
    /// As their mean.
    case uniformAverage = "uniform_average"
    /// As their mean, weighted with the outputs' variances.
    case varianceWeightedAverage = "variance_weighted_average"
  }

  /// The harmonic mean of precision and recall of each class: a vector.
  public static var f1Score: Metric { f1Score() }
  /// The harmonic mean of precision and recall; parameters as of `fBetaScore`.
  public static func f1Score(
    average: Average? = nil, threshold: Double? = nil, name: String = "f1_score",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try FBetaScore("F1Score", average: average, beta: 1, threshold: threshold, name)
    }
  }

  /// The weighted harmonic mean of precision and recall of each class,
  /// (1 + β²) P R / (β² P + R).
  ///
  /// Targets and predictions are matrices `[batch, classes]`.
  ///
  /// - Parameters:
  ///   - average: How the classes become one number; nil leaves a vector `[classes]`.
  ///   - beta: How much more recall counts than precision, above 0.
  ///   - threshold: What predictions have to pass, in (0, 1]; nil takes the largest of each row.
  ///     Traps where an argument is out of range.
  public static func fBetaScore(
    average: Average? = nil, beta: Double = 1, threshold: Double? = nil,
    name: String = "fbeta_score", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try FBetaScore("FBetaScore", average: average, beta: beta, threshold: threshold, name)
    }
  }

  /// The fraction of the targets' variance that predictions explain.
  public static var r2Score: Metric { r2Score() }
  /// The fraction of the targets' variance that predictions explain, 1 − Σ (y − p)² / Σ (y − ȳ)².
  ///
  /// Targets and predictions are matrices `[batch, outputs]`.
  ///
  /// - Parameters:
  ///   - classAggregation: How the outputs become one number; nil leaves a vector `[outputs]`.
  ///   - numRegressors: The number of independent variables, for the adjusted score; 0 for the plain
  ///     one. Traps below 0.
  public static func r2Score(
    classAggregation: Aggregation? = .uniformAverage, numRegressors: Int = 0,
    name: String = "r2_score", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try R2Score(classAggregation, numRegressors: numRegressors, name)
    }
  }
}

/// The weighted harmonic mean of precision and recall.
final class FBetaScore: Metric {
  private let className: String
  private let average: Average?
  private let beta: Double
  private let threshold: Double?

  init(
    _ className: String, average: Average?, beta: Double, threshold: Double?, _ name: String
  ) throws(Diagnostic) {
    if !(beta > 0) || !(threshold.map { $0 > 0 && $0 <= 1 } ?? true) {
      throw Diagnostic(
        name, "an argument is out of range", expected: "beta above 0, a threshold in (0, 1]",
        got: "beta \(beta), threshold \(threshold.map { "\($0)" } ?? "none")")
    }
    self.className = className
    self.average = average
    self.beta = beta
    self.threshold = threshold
    super.init(name, direction: .maximize)
    if average == .micro { addStates([]) }
  }

  private func addStates(_ shape: Shape) {
    for state in [
      "true_positives", "false_positives", "false_negatives", "intermediate_weights",
    ] { addState(Metric.state(state, shape: shape)) }
  }

  override func build(targetShape: Shape, predictionShape: Shape) {
    if states.isEmpty { addStates([predictionShape.last ?? 1]) }
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    if let mistake = mistake(yTrue.shape, yPred.shape) { trap(mistake, file: #fileID, line: #line) }
    build(targetShape: yTrue.shape, predictionShape: yPred.shape)
    let p = yPred.cast(to: .float32)
    let passes: Tensor
    if let threshold {
      passes = p .> threshold
    } else {
      passes = (p .>= p.max(along: -1, keepingDimensions: true)) .& (p.abs() .> 1e-9)
    }
    let (said, y) = (passes.cast(to: .float64), yTrue.cast(to: .float64))
    let weight = sampleWeight?.cast(to: .float64).reshaped(to: [y.shape[0], 1])
    let parts = [said * y, said * (1 - y), (1 - said) * y, y]
    for (part, state) in zip(parts, states) {
      let weighted = weight.map { part * $0 } ?? part
      state.variable.add(weighted.sum(along: average == .micro ? [0, 1] : [0]))
    }
  }

  override func result() -> Tensor {
    if states.isEmpty { return Tensor(0.0, dtype: .float64) }
    let values = states.map(\.variable.value)
    let precision = values[0] / (values[0] + values[1] + Loss.epsilon)
    let recall = values[0] / (values[0] + values[2] + Loss.epsilon)
    let square = beta * beta
    let score = precision * recall / (precision * square + recall + Loss.epsilon) * (1 + square)
    switch average {
    case nil: return score
    case .weighted: return (score * (values[3] / (values[3].sum() + Loss.epsilon))).sum()
    case .micro, .macro: return score.mean()
    }
  }

  override func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    if let mistake = mistake(targetShape, predictionShape) { throw mistake }
  }

  private func mistake(_ target: Shape, _ prediction: Shape) -> Diagnostic? {
    Metric.matrixMistake(name, target, prediction)
  }

  override var configuration: Configuration {
    var values: [String: ConfigurationValue] = [
      "name": .string(name), "average": .optional(average?.rawValue),
      "threshold": .optional(threshold),
    ]
    if className == "FBetaScore" { values["beta"] = .number(beta) }
    return Configuration(className, values)
  }
}

/// The fraction of the variance that is explained.
final class R2Score: Metric {
  private let aggregation: Aggregation?
  private let numRegressors: Int

  init(
    _ aggregation: Aggregation?, numRegressors: Int, _ name: String
  ) throws(Diagnostic) {
    if numRegressors < 0 {
      throw Diagnostic(
        name, "the number of regressors is negative", expected: "0 or more",
        got: "\(numRegressors)")
    }
    self.aggregation = aggregation
    self.numRegressors = numRegressors
    super.init(name, direction: .maximize, states: [Metric.state("num_samples")])
  }

  override func build(targetShape: Shape, predictionShape: Shape) {
    if states.count > 1 { return }
    for state in ["squared_sum", "sum", "residual", "count"] {
      addState(Metric.state(state, shape: [predictionShape.last ?? 1]))
    }
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    let (y, p) = Loss.matchedRanks(yTrue.cast(to: .float64), yPred.cast(to: .float64))
    if let mistake = Metric.matrixMistake(name, y.shape, p.shape) {
      trap(mistake, file: #fileID, line: #line)
    }
    build(targetShape: y.shape, predictionShape: p.shape)
    var weight = sampleWeight?.cast(to: .float64) ?? Tensor.ones([], dtype: .float64)
    if weight.rank == 1 { weight = weight.expandingDimensions(at: 1) }
    weight = weight.broadcast(to: y.shape)
    let weighted = y * weight
    let parts = [
      Tensor(Double(y.count), dtype: .float64), (y * weighted).sum(along: 0),
      weighted.sum(along: 0), ((y - p).square() * weight).sum(along: 0), weight.sum(along: 0),
    ]
    for (part, state) in zip(parts, states) { state.variable.add(part) }
  }

  override func result() -> Tensor {
    if states.count == 1 { return Tensor(0.0, dtype: .float64) }
    let values = states.map(\.variable.value)
    let total = values[1] - values[2] * (values[2] / values[4])
    let ratio = 1 - values[3] / total
    let scores = Tensor.where(ratio.isInfinite(), .zeros(like: ratio), ratio)
    let score =
      switch aggregation {
      case nil: scores
      case .uniformAverage: scores.mean()
      case .varianceWeightedAverage: (total * scores).sum() / total.sum()
      }
    if numRegressors == 0 { return score }
    let regressors = Double(numRegressors)
    let adjusted = 1 - (1 - score) * (values[0] - 1) / (values[0] - regressors - 1)
    // With as many regressors as samples there is nothing to adjust by.
    return .where(values[0] .> regressors + 1, adjusted, score)
  }

  override func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    let target = targetShape + (targetShape.count + 1 == predictionShape.count ? [1] : [])
    if let mistake = Metric.matrixMistake(name, target, predictionShape) { throw mistake }
  }

  override var configuration: Configuration {
    Configuration(
      "R2Score",
      [
        "name": .string(name), "class_aggregation": .optional(aggregation?.rawValue),
        "num_regressors": .int(numRegressors),
      ])
  }
}

extension Metric {
  /// What is wrong unless both shapes are `[batch, outputs]`.
  fileprivate static func matrixMistake(
    _ who: String, _ target: Shape, _ prediction: Shape
  ) -> Diagnostic? {
    if prediction.count == 2 && target == prediction { return nil }
    return Diagnostic(
      who, "targets and predictions are no matrices of one shape",
      expected: "both [batch, outputs]", got: "targets \(target), predictions \(prediction)",
      fix: "turn class numbers into rows with oneHot(depth:)")
  }
}

extension MetricKind {
  static let scores = [
    MetricKind("F1Score", ["f1_score"]) { configuration throws(Diagnostic) in
      try FBetaScore(
        "F1Score", average: configuration.average(), beta: 1,
        threshold: configuration.optionalNumber("threshold"), "f1_score")
    },
    MetricKind("FBetaScore", ["f_beta_score", "fbeta_score"]) {
      configuration throws(Diagnostic) in
      try FBetaScore(
        "FBetaScore", average: configuration.average(),
        beta: configuration.number("beta", default: 1),
        threshold: configuration.optionalNumber("threshold"), "fbeta_score")
    },
    MetricKind("R2Score", ["r2_score"]) { configuration throws(Diagnostic) in
      let isNone = configuration.values["class_aggregation"] == .null
      let aggregation = try configuration.choice(
        "class_aggregation", Metric.Aggregation.uniformAverage
      ) { Metric.Aggregation(rawValue: $0) }
      return try R2Score(
        isNone ? nil : aggregation,
        numRegressors: configuration.int("num_regressors", default: 0), "r2_score")
    },
  ]
}

extension Configuration {
  fileprivate func average() throws(Diagnostic) -> Metric.Average? {
    try choice("average", nil) { Metric.Average(rawValue: $0) }
  }
}
