import MartletLayers
import MartletTensors

/// Steps along the gradient, each element divided by the root of the running mean of its squares.
///
///     v ← ρ v + (1 − ρ) g²
///     centered             a ← ρ a + (1 − ρ) g,  d = v − a² + ε;  otherwise d = v + ε
///     without momentum     w ← w − α g / √d
///     momentum             m ← μ m + α g / √d,  w ← w − m
///
/// - Source: Hinton, 2012, lecture 6e of his course; the momentum of Keras is not Nesterov's.
public final class RMSprop: Optimizer {
  /// The part of the mean of squared gradients that remains in each step.
  public let rho: Double
  /// The part of the last change that is added to the next.
  public let momentum: Double
  /// What keeps the divisor away from 0.
  public let epsilon: Double
  /// Whether to divide by the deviation of gradients instead of the mean of squares.
  public let centered: Bool

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  ///
  /// Traps if a number is out of range.
  public init(
    learningRate: any LearningRate = 0.001, rho: Double = 0.9, momentum: Double = 0,
    epsilon: Double = 1e-7, centered: Bool = false,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.rho = rho
    self.momentum = momentum
    self.epsilon = epsilon
    self.centered = centered
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
    let rho = try given.number("rho", default: 0.9)
    let momentum = try given.number("momentum", default: 0)
    let epsilon = try given.number("epsilon", default: 1e-7)
    let centered = try given.bool("centered", default: false)
    if let mistake = Self.mistake(momentum) { throw mistake }
    self.init(rho: rho, momentum: momentum, epsilon: epsilon, centered: centered)
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    [
      "rho": .number(rho), "momentum": .number(momentum), "epsilon": .number(epsilon),
      "centered": .bool(centered),
    ]
  }

  private static func mistake(_ momentum: Double) -> Diagnostic? {
    if momentum >= 0 { return nil }
    return Diagnostic(
      "RMSprop", "momentum is out of range", expected: "0 or more",
      got: "\(momentum)")
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    [["velocity"]] + (momentum > 0 ? [["momentum"]] : [])
      + (centered ? [["average_gradient"]] : [])
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let velocity = slots["velocity"] * rho + gradient.square() * (1 - rho)
    slots["velocity"] = velocity
    var divisor = velocity + epsilon
    if centered {
      let average = slots["average_gradient"] * rho + gradient * (1 - rho)
      slots["average_gradient"] = average
      divisor = velocity - average.square() + epsilon
    }
    let rate = step.scalar(weight.dtype) { $0.learningRate }
    let change = gradient * rate / divisor.sqrt()
    if momentum == 0 { return weight - change }
    let total = slots["momentum"] * momentum + change
    slots["momentum"] = total
    return weight - total
  }
}
