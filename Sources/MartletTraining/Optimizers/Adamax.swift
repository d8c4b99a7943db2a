import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` with the largest gradient, slowly forgotten, in the place of the root of the mean of squares.
///
///     m ← m + (1 − β₁) (g − m)
///     u ← max(β₂ u, |g|)
///     w ← w − α / (1 − β₁ᵗ) · m / (u + ε)
///
/// - Source: Kingma and Ba, 2015, section 7.1.
public final class Adamax: Optimizer {
  /// The part of the mean of gradients that remains in each step.
  public let beta1: Double
  /// The part of the largest gradient that remains in each step.
  public let beta2: Double
  /// What keeps the divisor away from 0.
  public let epsilon: Double

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  public init(
    learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    super.init(
      learningRate: learningRate, weightDecay: weightDecay, clipNorm: clipNorm,
      clipValue: clipValue, globalClipNorm: globalClipNorm, useEMA: useEMA,
      emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    try self.init(
      beta1: given.number("beta_1", default: 0.9), beta2: given.number("beta_2", default: 0.999),
      epsilon: given.number("epsilon", default: 1e-7))
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    ["beta_1": .number(beta1), "beta_2": .number(beta2), "epsilon": .number(epsilon)]
  }

  public override func slots(for variable: Variable) -> [[Slot]] { [["momentum", "norm"]] }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots["momentum"] + (gradient - slots["momentum"]) * (1 - beta1)
    let largest = (slots["norm"] * beta2).maximum(gradient.abs())
    slots["momentum"] = m
    slots["norm"] = largest
    let rate = step.scalar(weight.dtype) { [beta1] in
      $0.learningRate / (1 - pow(beta1, Double($0.number)))
    }
    return weight - m * rate / (largest + epsilon)
  }
}
