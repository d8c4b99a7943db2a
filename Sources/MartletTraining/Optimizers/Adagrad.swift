import MartletLayers
import MartletTensors

/// Steps along the gradient, each element divided by the root of the sum of all its squares so far.
///
///     a ← a + g²
///     w ← w − α g / √(a + ε)
///
/// - Source: Duchi, Hazan and Singer, 2011.
public final class Adagrad: Optimizer {
  /// What the sums of squares begin with.
  public let initialAccumulatorValue: Double
  /// What keeps the divisor away from 0.
  public let epsilon: Double

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  ///
  /// Traps if a number is out of range.
  public init(
    learningRate: any LearningRate = 0.001, initialAccumulatorValue: Double = 0.1,
    epsilon: Double = 1e-7,
    weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.initialAccumulatorValue = initialAccumulatorValue
    self.epsilon = epsilon
    super.init(
      learningRate: learningRate, weightDecay: weightDecay, clipNorm: clipNorm,
      clipValue: clipValue, globalClipNorm: globalClipNorm, useEMA: useEMA,
      emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
    if let mistake = Self.mistake(initialAccumulatorValue) {
      trap(mistake, file: file, line: line)
    }
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    let initialAccumulatorValue = try given.number("initial_accumulator_value", default: 0.1)
    let epsilon = try given.number("epsilon", default: 1e-7)
    if let mistake = Self.mistake(initialAccumulatorValue) { throw mistake }
    self.init(initialAccumulatorValue: initialAccumulatorValue, epsilon: epsilon)
    try adopt(given)
  }

  public override var hyperparameters: [String: ConfigurationValue] {
    ["initial_accumulator_value": .number(initialAccumulatorValue), "epsilon": .number(epsilon)]
  }

  private static func mistake(_ initialAccumulatorValue: Double) -> Diagnostic? {
    if initialAccumulatorValue >= 0 { return nil }
    return Diagnostic(
      "Adagrad", "initialAccumulatorValue is out of range", expected: "0 or more",
      got: "\(initialAccumulatorValue)")
  }

  public override func slots(for variable: Variable) -> [[Slot]] {
    [[Slot("accumulator", initialValue: initialAccumulatorValue)]]
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let sum = slots["accumulator"] + gradient.square()
    slots["accumulator"] = sum
    let rate = step.scalar(weight.dtype) { $0.learningRate }
    return weight - gradient * rate / (sum + epsilon).sqrt()
  }
}
