import MartletLayers
import MartletTensors

/// Steps whose size follows from the sizes of earlier ones, so that it has the unit of the weights.
///
///     E ← ρ E + (1 − ρ) g²
///     δ = −√(D + ε) / √(E + ε) · g
///     D ← ρ D + (1 − ρ) δ²
///     w ← w + α δ
///
/// Keras' default learning rate of 0.001 makes very small steps; the paper has none, which is 1.
///
/// - Source: Zeiler, 2012.
public final class Adadelta: Optimizer {
  /// The part of the running means that remains in each step.
  public let rho: Double
  /// What keeps the divisor away from 0.
  public let epsilon: Double

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  public init(
    learningRate: any LearningRate = 0.001, rho: Double = 0.95, epsilon: Double = 1e-7,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.rho = rho
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
      rho: given.number("rho", default: 0.95), epsilon: given.number("epsilon", default: 1e-7))
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    ["rho": .number(rho), "epsilon": .number(epsilon)]
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    [["accumulated_grad", "accumulated_delta_var"]]
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let squares = slots["accumulated_grad"] * rho + gradient.square() * (1 - rho)
    let changes = slots["accumulated_delta_var"]
    let change = -((changes + epsilon).sqrt() * gradient / (squares + epsilon).sqrt())
    slots["accumulated_grad"] = squares
    slots["accumulated_delta_var"] = changes * rho + change.square() * (1 - rho)
    return weight + change * step.scalar(change.dtype) { $0.learningRate }
  }
}
