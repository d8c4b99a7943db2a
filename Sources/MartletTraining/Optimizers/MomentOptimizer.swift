import MartletLayers
import MartletTensors

/// What Adam and its relatives have in common: two running means, of the gradients and of their
/// sizes, and what keeps the quotient of the two finite.
///
///     m ← m + (1 − β₁) (g − m)
///     v ← v + (1 − β₂) (g² − v)
///
/// - Source: Kingma and Ba, 2015.
public class MomentOptimizer: Optimizer {
  /// The part of the mean of gradients that remains in each step.
  public let beta1: Double
  /// The part of the mean of their sizes (their squares, in `Adamax` the largest) that remains in
  /// each step.
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
    let betas = try Self.betas(given)
    self.init(beta1: betas.first, beta2: betas.second, epsilon: betas.epsilon)
    try adopt(given)
  }

  static func betas(
    _ given: Configuration
  ) throws(Diagnostic) -> (first: Double, second: Double, epsilon: Double) {
    (
      try given.number("beta_1", default: 0.9), try given.number("beta_2", default: 0.999),
      try given.number("epsilon", default: 1e-7)
    )
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    ["beta_1": .number(beta1), "beta_2": .number(beta2), "epsilon": .number(epsilon)]
  }

  public override func slots(for variable: Variable) -> [[Slot]] { [["momentum", "velocity"]] }
}

extension OptimizerSlots {
  /// Moves a running mean towards a value, s ← s + (1 − kept) (x − s), and gives it.
  mutating func follow(_ name: String, _ value: Tensor, kept: Double) -> Tensor {
    let mean = self[name] + (value - self[name]) * (1 - kept)
    self[name] = mean
    return mean
  }
}
