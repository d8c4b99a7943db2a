import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Steps along the running mean of gradients, each element divided by the root of the running mean
/// of its squares.
///
///     m ← m + (1 − β₁) (g − m)
///     v ← v + (1 − β₂) (g² − v)              with AMSGrad, v̂ ← max(v̂, v) takes the place of v
///     w ← w − α √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
///
/// - Source: Kingma and Ba, 2015; ε stands where it does in the text behind their algorithm 1, as in
///   Keras.
public class Adam: MomentOptimizer {
  /// Whether the divisor never falls (Reddi et al., 2018).
  public let amsgrad: Bool

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  public init(
    learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool = false,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.amsgrad = amsgrad
    super.init(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, clipNorm: clipNorm, clipValue: clipValue,
      globalClipNorm: globalClipNorm, useEMA: useEMA, emaMomentum: emaMomentum,
      emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    let betas = try Self.betas(given)
    self.init(
      beta1: betas.first, beta2: betas.second, epsilon: betas.epsilon,
      amsgrad: try given.bool("amsgrad", default: false))
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    super.hyperparameters.merging(["amsgrad": .bool(amsgrad)]) { $1 }
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    super.slots(for: variable) + (amsgrad ? [["velocity_hat"]] : [])
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    Adam.update(
      weight, gradient: gradient, slots: &slots, step: step, beta1: beta1, beta2: beta2,
      epsilon: epsilon)
  }

  /// The equation; with a slot `velocity_hat` that of AMSGrad.
  static func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep,
    beta1: Double, beta2: Double, epsilon: Double
  ) -> Tensor {
    let m = slots.follow("momentum", gradient, kept: beta1)
    let v = slots.follow("velocity", gradient.square(), kept: beta2)
    var largest = v
    if slots.contains("velocity_hat") {
      largest = slots["velocity_hat"].maximum(v)
      slots["velocity_hat"] = largest
    }
    let rate = step.scalar(weight.dtype) {
      let t = Double($0.number)
      return $0.learningRate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
    }
    return weight - m * rate / (largest.sqrt() + epsilon)
  }
}
