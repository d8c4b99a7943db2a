import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` whose step of a variable is as long as the variable, times the learning rate.
///
///     m ← m + (1 − β₁) (g − m)
///     v ← v + (1 − β₂) (g² − v)
///     u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
///     w ← w − α ‖w‖ / ‖u‖ · u                   with 1 for the quotient if a norm is 0
///
/// - Source: You et al., 2020, "Large batch optimization for deep learning".
public final class Lamb: Optimizer {
  /// The part of the mean of gradients that remains in each step.
  public let beta1: Double
  /// The part of the mean of squared gradients that remains in each step.
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

  public override func slots(for variable: Variable) -> [[Slot]] { [["momentum", "velocity"]] }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots["momentum"] + (gradient - slots["momentum"]) * (1 - beta1)
    let v = slots["velocity"] + (gradient.square() - slots["velocity"]) * (1 - beta2)
    slots["momentum"] = m
    slots["velocity"] = v
    func correction(_ beta: Double) -> Tensor {
      step.scalar(weight.dtype) { 1 - pow(beta, Double($0.number)) }
    }
    let divisor = (v / correction(beta2)).sqrt() + epsilon
    let change = m / correction(beta1) / divisor
    let length = weight.square().sum().sqrt()
    let changeLength = change.square().sum().sqrt()
    let one = Tensor.ones(like: length)
    let ratio = Tensor.where((length .> 0) .& (changeLength .> 0), length / changeLength, one)
    return weight - change * (ratio * step.scalar(ratio.dtype) { $0.learningRate })
  }
}
