import MartletLayers
import MartletTensors

/// Momentum whose step of a matrix is made orthogonal: all its singular values become about 1.
///
/// Matrices that are no embeddings are updated so; everything else by the equation of `Adam`.
///
///     m ← μ m + g,  the direction is g + μ m with Nesterov's momentum, otherwise m
///     w ← w − α √max(rows, columns) · rate · orthogonal(direction)
///
/// The orthogonal factor comes from the iteration X ← a X + (b A + c A²) X with A = X Xᵀ, which
/// begins with the direction divided by its norm.
///
/// - Source: Jordan et al., 2024, "Muon"; the size of the step from Liu et al., 2025, "Muon is
///   scalable for LLM training".
public final class Muon: Optimizer {
  /// β₁ of what `Adam` updates.
  public let adamBeta1: Double
  /// β₂ of what `Adam` updates.
  public let adamBeta2: Double
  /// The weight decay of what `Adam` updates; nil is none.
  public let adamWeightDecay: Double?
  /// What keeps Adam's divisor away from 0.
  public let epsilon: Double
  /// Parts of names: matrices whose name contains one are left to `Adam`.
  public let excludeLayers: [String]
  /// Whether variables whose name contains "embedding" are left to `Adam`.
  public let excludeEmbeddings: Bool
  /// The coefficients a, b and c of the iteration.
  public let coefficients: [Double]
  /// Adam's learning rate divided by that of matrices.
  public let adamLearningRateRatio: Double
  /// The part of the momentum that remains in each step.
  public let momentum: Double
  /// The number of iterations.
  public let newtonSchulzSteps: Int
  /// Whether the momentum is Nesterov's.
  public let nesterov: Bool
  /// The factor of √max(rows, columns); nil leaves both away.
  public let rmsRate: Double?

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  ///
  /// Traps if there are not three coefficients.
  public init(
    learningRate: any LearningRate = 0.001, adamBeta1: Double = 0.9, adamBeta2: Double = 0.999,
    adamWeightDecay: Double? = 0.004, epsilon: Double = 1e-7, weightDecay: Double? = 0.004,
    clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil,
    useEMA: Bool = false, emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil,
    lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil, name: String? = nil,
    excludeLayers: [String] = [], excludeEmbeddings: Bool = true,
    coefficients: [Double] = [3.4445, -4.7750, 2.0315], adamLearningRateRatio: Double = 1,
    momentum: Double = 0.95, newtonSchulzSteps: Int = 5, nesterov: Bool = true,
    rmsRate: Double? = 0.2, file: StaticString = #fileID, line: UInt = #line
  ) {
    if coefficients.count != 3 {
      trap(
        Diagnostic(
          "Muon", "the iteration has three coefficients", expected: "a, b and c",
          got: "\(coefficients)"), file: file, line: line)
    }
    self.adamBeta1 = adamBeta1
    self.adamBeta2 = adamBeta2
    self.adamWeightDecay = adamWeightDecay
    self.epsilon = epsilon
    self.excludeLayers = excludeLayers
    self.excludeEmbeddings = excludeEmbeddings
    self.coefficients = coefficients
    self.adamLearningRateRatio = adamLearningRateRatio
    self.momentum = momentum
    self.newtonSchulzSteps = newtonSchulzSteps
    self.nesterov = nesterov
    self.rmsRate = rmsRate
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
    // Null means something: no decay, no factor.
    let adamDecay =
      given.values["adam_weight_decay"] == nil
      ? 0.004 : try given.optionalNumber("adam_weight_decay")
    let rate = given.values["rms_rate"] == nil ? 0.2 : try given.optionalNumber("rms_rate")
    let coefficients = [
      try given.number("muon_a", default: 3.4445), try given.number("muon_b", default: -4.7750),
      try given.number("muon_c", default: 2.0315),
    ]
    try self.init(
      adamBeta1: given.number("adam_beta_1", default: 0.9),
      adamBeta2: given.number("adam_beta_2", default: 0.999), adamWeightDecay: adamDecay,
      epsilon: given.number("epsilon", default: 1e-7),
      excludeLayers: given.list("exclude_layers").compactMap(\.asString),
      excludeEmbeddings: given.bool("exclude_embeddings", default: true),
      coefficients: coefficients,
      adamLearningRateRatio: given.number("adam_lr_ratio", default: 1),
      momentum: given.number("momentum", default: 0.95),
      newtonSchulzSteps: given.int("ns_steps", default: 5),
      nesterov: given.bool("nesterov", default: true), rmsRate: rate)
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    [
      "adam_beta_1": .number(adamBeta1), "adam_beta_2": .number(adamBeta2),
      "adam_weight_decay": .optional(adamWeightDecay), "epsilon": .number(epsilon),
      "exclude_layers": .list(excludeLayers.map { .string($0) }),
      "exclude_embeddings": .bool(excludeEmbeddings), "muon_a": .number(coefficients[0]),
      "muon_b": .number(coefficients[1]), "muon_c": .number(coefficients[2]),
      "adam_lr_ratio": .number(adamLearningRateRatio), "momentum": .number(momentum),
      "ns_steps": .int(newtonSchulzSteps), "nesterov": .bool(nesterov),
      "rms_rate": .optional(rmsRate),
    ]
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    [isMatrix(variable) ? ["momentum"] : ["momentum", "velocity"]]
  }

  public override func weightDecay(of variable: Variable) -> Double? {
    isMatrix(variable) ? weightDecay : adamWeightDecay
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    if slots.contains("velocity") {
      return Adam.update(
        weight, gradient: gradient, slots: &slots,
        step: step.scaled(by: adamLearningRateRatio), beta1: adamBeta1,
        beta2: adamBeta2, epsilon: epsilon)
    }
    let m = slots["momentum"] * momentum + gradient
    slots["momentum"] = m
    let direction = orthogonalized(nesterov ? gradient + m * momentum : m)
    let size = rmsRate.map { $0 * Double(weight.shape.max()!).squareRoot() } ?? 1
    return weight - direction * step.scalar(weight.dtype) { $0.learningRate * size }
  }

  /// Whether a variable is updated by this equation, not by Adam's.
  private func isMatrix(_ variable: Variable) -> Bool {
    if variable.shape.count != 2 { return false }
    if excludeEmbeddings && variable.name.lowercased().contains("embedding") { return false }
    return excludeLayers.allSatisfy { !variable.name.contains($0) }
  }

  private func orthogonalized(_ direction: Tensor) -> Tensor {
    let isTall = direction.shape[0] > direction.shape[1]
    var x = isTall ? direction.transposed() : direction
    x = x / (x.square().sum().sqrt() + 1e-7)
    for _ in 0..<newtonSchulzSteps {
      let product = x.matmul(x.transposed())
      let inner = product * coefficients[1] + (product * coefficients[2]).matmul(product)
      x = x * coefficients[0] + inner.matmul(x)
    }
    return isTall ? x.transposed() : x
  }
}
