import MartletLayers
import MartletTensors

/// Steps of the same size for every element, along the sign of a momentum.
///
///     w ← w − α sign(β₁ m + (1 − β₁) g)
///     m ← β₂ m + (1 − β₂) g
///
/// - Source: Chen et al., 2023, "Symbolic discovery of optimization algorithms".
public final class Lion: Optimizer {
  /// The part of the momentum in the direction of a step.
  public let beta1: Double
  /// The part of the momentum that remains in each step.
  public let beta2: Double

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  ///
  /// Traps if a number is out of range.
  public init(
    learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.99,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    super.init(
      learningRate: learningRate, weightDecay: weightDecay, clipNorm: clipNorm,
      clipValue: clipValue, globalClipNorm: globalClipNorm, useEMA: useEMA,
      emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
    if let mistake = Self.mistake(beta1) {
      trap(mistake, file: file, line: line)
    }
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    let beta1 = try given.number("beta_1", default: 0.9)
    let beta2 = try given.number("beta_2", default: 0.99)
    if let mistake = Self.mistake(beta1) { throw mistake }
    self.init(beta1: beta1, beta2: beta2)
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    ["beta_1": .number(beta1), "beta_2": .number(beta2)]
  }

  private static func mistake(_ beta1: Double) -> Diagnostic? {
    if beta1 > 0 && beta1 <= 1 { return nil }
    return Diagnostic(
      "Lion", "beta1 is out of range", expected: "a number above 0 and up to 1",
      got: "\(beta1)")
  }

  public override func slots(for variable: Variable) -> [[Slot]] { [["momentum"]] }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots["momentum"]
    slots["momentum"] = m * beta2 + gradient * (1 - beta2)
    let rate = step.scalar(weight.dtype) { $0.learningRate }
    return weight - (m * beta1 + gradient * (1 - beta1)).sign() * rate
  }
}
