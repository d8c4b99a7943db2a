import MartletLayers
import MartletTensors

/// Stochastic gradient descent, with momentum or Nesterov's momentum if asked for.
///
///     without momentum    w ← w − α g
///     momentum            m ← μ m − α g,  w ← w + m
///     Nesterov            m ← μ m − α g,  w ← w + μ m − α g
///
/// - Source: Polyak, 1964; Nesterov, 1983, in the form of Sutskever et al., 2013.
public final class SGD: Optimizer {
  /// The part of the last change that is added to the next, from 0 to 1.
  public let momentum: Double
  /// Whether the gradient counts as if the change had been made already.
  public let nesterov: Bool

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  ///
  /// Traps if a number is out of range.
  public init(
    learningRate: any LearningRate = 0.01, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.momentum = momentum
    self.nesterov = nesterov
    super.init(
      learningRate: learningRate, weightDecay: weightDecay, clipNorm: clipNorm,
      clipValue: clipValue, globalClipNorm: globalClipNorm, useEMA: useEMA,
      emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
    if let mistake = Self.mistake(momentum) {
      trap(mistake, file: file, line: line)
    }
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    let momentum = try given.number("momentum", default: 0)
    let nesterov = try given.bool("nesterov", default: false)
    if let mistake = Self.mistake(momentum) { throw mistake }
    self.init(momentum: momentum, nesterov: nesterov)
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    ["momentum": .number(momentum), "nesterov": .bool(nesterov)]
  }

  private static func mistake(_ momentum: Double) -> Diagnostic? {
    if (0...1).contains(momentum) { return nil }
    return Diagnostic(
      "SGD", "momentum is out of range", expected: "a number from 0 to 1",
      got: "\(momentum)")
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    momentum == 0 ? [] : [["momentum"]]
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let change = gradient * step.scalar(gradient.dtype) { $0.learningRate }
    if momentum == 0 { return weight - change }
    let velocity = slots["momentum"] * momentum - change
    slots["momentum"] = velocity
    return weight + (nesterov ? velocity * momentum - change : velocity)
  }
}
