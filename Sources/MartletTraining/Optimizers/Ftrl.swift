import MartletLayers
import MartletTensors

/// "Follow the regularized leader": for sparse weights of linear models of very many inputs.
///
///     n′ = n + g²
///     z ← z + g + 2 s w − (n′⁻ᵖ − n⁻ᵖ) / α · w
///     w ← (clip(z, −l₁, l₁) − z) / (n′⁻ᵖ / α + 2 (l₂ + β / 2α))
///     n ← n′
///
/// with the power p of the learning rate and the shrinkage s.
///
/// - Source: McMahan et al., 2013, "Ad click prediction: a view from the trenches".
public final class Ftrl: Optimizer {
  /// How fast the learning rate falls with the squares of gradients; 0 or less.
  public let learningRatePower: Double
  /// What the sums of squares begin with.
  public let initialAccumulatorValue: Double
  /// The weight of Σ |w|, which makes weights exactly 0.
  public let l1: Double
  /// The weight of Σ w².
  public let l2: Double
  /// The weight of Σ w² in the gradient.
  public let l2Shrinkage: Double
  /// What the paper adds to the root of the sum of squares.
  public let beta: Double

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  ///
  /// Traps if a number is out of range.
  public init(
    learningRate: any LearningRate = 0.001, learningRatePower: Double = -0.5,
    initialAccumulatorValue: Double = 0.1, l1: Double = 0, l2: Double = 0, l2Shrinkage: Double = 0,
    beta: Double = 0,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.learningRatePower = learningRatePower
    self.initialAccumulatorValue = initialAccumulatorValue
    self.l1 = l1
    self.l2 = l2
    self.l2Shrinkage = l2Shrinkage
    self.beta = beta
    super.init(
      learningRate: learningRate, weightDecay: weightDecay, clipNorm: clipNorm,
      clipValue: clipValue, globalClipNorm: globalClipNorm, useEMA: useEMA,
      emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
    if let mistake = Self.mistake(learningRatePower, initialAccumulatorValue, l1, l2, l2Shrinkage) {
      trap(mistake, file: file, line: line)
    }
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    let learningRatePower = try given.number("learning_rate_power", default: -0.5)
    let initialAccumulatorValue = try given.number("initial_accumulator_value", default: 0.1)
    let l1 = try given.number("l1_regularization_strength", default: 0)
    let l2 = try given.number("l2_regularization_strength", default: 0)
    let l2Shrinkage = try given.number("l2_shrinkage_regularization_strength", default: 0)
    let beta = try given.number("beta", default: 0)
    if let mistake = Self.mistake(learningRatePower, initialAccumulatorValue, l1, l2, l2Shrinkage) {
      throw mistake
    }
    self.init(
      learningRatePower: learningRatePower, initialAccumulatorValue: initialAccumulatorValue,
      l1: l1, l2: l2, l2Shrinkage: l2Shrinkage, beta: beta)
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    [
      "learning_rate_power": .number(learningRatePower),
      "initial_accumulator_value": .number(initialAccumulatorValue),
      "l1_regularization_strength": .number(l1), "l2_regularization_strength": .number(l2),
      "l2_shrinkage_regularization_strength": .number(l2Shrinkage), "beta": .number(beta),
    ]
  }

  private static func mistake(
    _ learningRatePower: Double, _ initialAccumulatorValue: Double, _ l1: Double, _ l2: Double,
    _ l2Shrinkage: Double
  ) -> Diagnostic? {
    let strengths = [initialAccumulatorValue, l1, l2, l2Shrinkage]
    if learningRatePower <= 0 && strengths.allSatisfy({ $0 >= 0 }) { return nil }
    return Diagnostic(
      "Ftrl", "a hyperparameter is out of range",
      expected:
        "learningRatePower 0 or less; initialAccumulatorValue, l1, l2, l2Shrinkage 0 or more",
      got: "\(learningRatePower); \(strengths)")
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    [[Slot("accumulator", initialValue: initialAccumulatorValue), "linear"]]
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let (l2, beta) = (l2, beta)
    let rate = step.scalar(weight.dtype) { $0.learningRate }
    let curvature = step.scalar(weight.dtype) { 2 * (l2 + beta / (2 * $0.learningRate)) }
    let sum = slots["accumulator"] + gradient.square()
    let (power, oldPower) = (powered(sum), powered(slots["accumulator"]))
    let shrunk = l2Shrinkage == 0 ? gradient : gradient + weight * (2 * l2Shrinkage)
    let linear = slots["linear"] + (shrunk - (power - oldPower) / rate * weight)
    slots["accumulator"] = sum
    slots["linear"] = linear
    let quadratic = power / rate + curvature
    return (linear.clipped(to: -l1, l1) - linear) / quadratic
  }

  private func powered(_ sum: Tensor) -> Tensor {
    learningRatePower == -0.5 ? sum.sqrt() : sum.pow(-learningRatePower)
  }
}
