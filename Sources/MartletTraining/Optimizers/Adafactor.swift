import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` without momentum that keeps sums of rows and columns in the place of squares of elements, so
/// that its state is small, and whose steps are relative to the size of the weights.
///
///     G = g² + ε₁,  β = 1 − t^decay
///     r ← β r + (1 − β) mean of G's rows,  c ← β c + (1 − β) mean of its columns
///     v = r cᵀ / mean(r)                        vectors keep v ← β v + (1 − β) G itself
///     u = g / √v,  û = u / max(1, RMS(u) / threshold)
///     w ← w − max(ε₂, RMS(w)) min(α, 1/√t) û
///
/// - Source: Shazeer and Stern, 2018.
public final class Adafactor: Optimizer {
  /// How the mean of squares comes to remain longer: β₂ = 1 − t^beta2Decay.
  public let beta2Decay: Double
  /// What is added to squared gradients.
  public let epsilon1: Double
  /// The least size of a weight that a step is relative to.
  public let epsilon2: Double
  /// The largest root mean square of a change.
  public let clipThreshold: Double
  /// Kept for Keras' files: as there, the learning rate is never above 1/√t.
  public let relativeStep: Bool

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  public init(
    learningRate: any LearningRate = 0.001, beta2Decay: Double = -0.8, epsilon1: Double = 1e-30,
    epsilon2: Double = 1e-3, clipThreshold: Double = 1, relativeStep: Bool = true,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.beta2Decay = beta2Decay
    self.epsilon1 = epsilon1
    self.epsilon2 = epsilon2
    self.clipThreshold = clipThreshold
    self.relativeStep = relativeStep
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
      beta2Decay: given.number("beta_2_decay", default: -0.8),
      epsilon1: given.number("epsilon_1", default: 1e-30),
      epsilon2: given.number("epsilon_2", default: 1e-3),
      clipThreshold: given.number("clip_threshold", default: 1),
      relativeStep: given.bool("relative_step", default: true))
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    [
      "beta_2_decay": .number(beta2Decay), "epsilon_1": .number(epsilon1),
      "epsilon_2": .number(epsilon2), "clip_threshold": .number(clipThreshold),
      "relative_step": .bool(relativeStep),
    ]
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    let shape = variable.shape
    // As in Keras' files, where vectors have scalars in their place.
    let isMatrix = shape.count >= 2
    let rows = isMatrix ? Array(shape.dropLast()) : []
    let columns = isMatrix ? shape.dropLast(2) + [shape[shape.count - 1]] : []
    return [[Slot("row", shape: rows), Slot("column", shape: columns), "velocity"]]
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let beta2Decay = beta2Decay
    let kept = step.scalar(weight.dtype) { 1 - pow(Double($0.number), beta2Decay) }
    let rest = step.scalar(weight.dtype) { 1 - (1 - pow(Double($0.number), beta2Decay)) }
    let squares = gradient.square() + epsilon1
    if weight.rank >= 2 {
      let rows = slots["row"] * kept + squares.mean(along: -1) * rest
      let columns = slots["column"] * kept + squares.mean(along: -2) * rest
      slots["row"] = rows
      slots["column"] = columns
      slots["velocity"] =
        (rows / rows.mean(along: -1, keepingDimensions: true)).expandingDimensions(at: -1)
        * columns.expandingDimensions(at: -2)
    } else {
      slots["velocity"] = slots["velocity"] * kept + squares * rest
    }
    let change = gradient / slots["velocity"].sqrt()
    let held = change / (rootMeanSquare(change) / clipThreshold).maximum(1)
    let size = rootMeanSquare(weight).maximum(epsilon2)
    let rate = step.scalar(weight.dtype) {
      min($0.learningRate, 1 / Double($0.number).squareRoot())
    }
    return weight - held * (size * rate)
  }

  private func rootMeanSquare(_ x: Tensor) -> Tensor { x.square().mean().sqrt() }
}
