import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` with Nesterov's momentum, whose strength μₜ = β₁ (1 − ½ · 0.96ᵗ) rises to β₁.
///
///     m ← m + (1 − β₁) (g − m)
///     v ← v + (1 − β₂) (g² − v)
///     P ← P μₜ
///     m̂ = μₜ₊₁ m / (1 − P μₜ₊₁) + (1 − μₜ) g / (1 − P)
///     w ← w − α m̂ / (√(v / (1 − β₂ᵗ)) + ε)
///
/// - Source: Dozat, 2016, "Incorporating Nesterov momentum into Adam".
public final class Nadam: Optimizer {
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

  /// P, which belongs to no variable.
  private var product: Variable?

  public override func makeVariables(dtype: DType) -> [Variable] {
    let product = Variable(
      .ones([], dtype: dtype).evaluated(), name: "u_product", isTrainable: false)
    self.product = product
    return [product]
  }

  private func strength(_ t: Int) -> Double { beta1 * (1 - 0.5 * pow(0.96, Double(t))) }

  public override func prepare(_ step: OptimizerStep) {
    guard let product else { return }
    product.assign(
      product.value * step.scalar(product.dtype) { [unowned self] in strength($0.number) })
  }

  public override func slots(for variable: Variable) -> [[Slot]] { [["momentum", "velocity"]] }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots["momentum"] + (gradient - slots["momentum"]) * (1 - beta1)
    let v = slots["velocity"] + (gradient.square() - slots["velocity"]) * (1 - beta2)
    slots["momentum"] = m
    slots["velocity"] = v
    guard let product = product?.value.cast(to: weight.dtype) else { return weight }
    let beta2 = beta2
    func scalar(_ formula: @escaping (OptimizerStep) -> Double) -> Tensor {
      step.scalar(weight.dtype, formula)
    }
    let next = scalar { [unowned self] in strength($0.number + 1) }
    let rest = scalar { [unowned self] in 1 - strength($0.number) }
    let ahead = m * next / (1 - product * next) + gradient * rest / (1 - product)
    let corrected = v / scalar { 1 - pow(beta2, Double($0.number)) }
    return weight - ahead * scalar { $0.learningRate } / (corrected.sqrt() + epsilon)
  }
}
