import MartletLayers
import MartletTensors

/// The mean over all samples of a function of target and prediction.
///
///     MeanMetricWrapper("within_one", direction: .maximize) { y, p in
///       ((y - p).abs() .<= 1).cast(to: .float32)
///     }
public final class MeanMetricWrapper: Mean {
  private let values: @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> LossValues
  private let className: String?
  private let settings: [String: ConfigurationValue]
  private let targets: TargetRule?

  /// Creates a metric from a closure.
  ///
  /// - Parameters:
  ///   - name: The name that logs show.
  ///   - direction: Which values are better; nil leaves callbacks without an opinion.
  ///   - values: From targets and predictions, both as they come, to one value or mask for each
  ///     sample, `[batch]` or `[batch, …]`.
  public init(
    _ name: String, direction: Direction? = nil,
    _ values: @escaping @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
  ) {
    self.values = {
      Replay.refuse()
      return LossValues(values($0, $1))
    }
    className = nil
    settings = [:]
    targets = nil
    super.init(name, direction: direction)
  }

  /// Creates the metric that shows a loss: the mean of its values over all samples.
  public convenience init(_ loss: Loss, name: String? = nil) {
    self.init(
      name ?? loss.name, className: loss.className, .minimize, loss.settings,
      targets: loss.targets, losses: loss.compute)
  }

  /// A metric of Keras, from one value or mask for each sample.
  convenience init(
    _ name: String, className: String, _ direction: Direction,
    _ settings: [String: ConfigurationValue] = [:], targets: TargetRule,
    _ values: @escaping @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
  ) {
    self.init(
      name, className: className, direction, settings, targets: targets,
      losses: { LossValues(values($0, $1)) })
  }

  /// A metric of Keras, from what a loss computes.
  init(
    _ name: String, className: String, _ direction: Direction,
    _ settings: [String: ConfigurationValue] = [:], targets: TargetRule,
    losses: @escaping @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> LossValues
  ) {
    values = losses
    self.className = className
    self.settings = settings
    self.targets = targets
    super.init(name, direction: direction)
  }

  public override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    if let mistake = targets?.mistake(name, yTrue.shape, yPred.shape) {
      trap(mistake, file: #fileID, line: #line)
    }
    let (y, p) = targets?.prepare(yTrue, yPred) ?? (yTrue, yPred)
    let found = values(y, p)
    var weight = maskedWeight(sampleWeight, mask)
    // Keras applies what a loss leaves out to given weights only.
    if weight != nil { weight = maskedWeight(weight, found.mask) }
    update(found.perSample, sampleWeight: weight)
  }

  public override func check(
    targetShape: Shape, predictionShape: Shape
  ) throws(Diagnostic) {
    if let mistake = targets?.mistake(name, targetShape, predictionShape) { throw mistake }
  }

  public override var configuration: Configuration {
    var values = settings
    values["name"] = .string(name)
    return Configuration(className ?? name, values)
  }

  public override func fresh() -> Metric {
    guard let className, let targets else {
      let values = values
      return MeanMetricWrapper(name, direction: direction) { values($0, $1).perSample }
    }
    return MeanMetricWrapper(
      name, className: className, direction ?? .minimize, settings, targets: targets,
      losses: values)
  }
}
