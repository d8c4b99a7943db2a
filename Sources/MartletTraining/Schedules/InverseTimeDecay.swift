import MartletLayers
import MartletTensors

/// A learning rate that falls like 1 / time: initial / (1 + rate · step / steps).
public struct InverseTimeDecay: LearningRateSchedule, Equatable {
  /// The first learning rate.
  public let initialLearningRate: Double
  /// The steps that count as one unit of time.
  public let decaySteps: Double
  /// How fast it falls.
  public let decayRate: Double
  /// Whether the learning rate stays the same within a unit of time.
  public let staircase: Bool

  /// Creates a schedule; traps if `decaySteps` is not positive.
  public init(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = checkSteps(decaySteps, "decaySteps", "InverseTimeDecay", file, line)
    self.decayRate = decayRate
    self.staircase = staircase
  }

  /// The schedule that a configuration describes; throws if a hyperparameter is missing or out of
  /// range.
  public init(configuration: Configuration) throws(Diagnostic) {
    initialLearningRate = try configuration.number("initial_learning_rate")
    decaySteps = try configuration.positive("decay_steps")
    decayRate = try configuration.number("decay_rate")
    staircase = try configuration.bool("staircase", default: false)
  }

  public func learningRate(at step: Int) -> Double {
    let periods = Double(step) / decaySteps
    return initialLearningRate / (1 + decayRate * (staircase ? periods.rounded(.down) : periods))
  }

  public var configuration: Configuration {
    Configuration(
      "InverseTimeDecay",
      [
        "initial_learning_rate": .number(initialLearningRate), "decay_steps": .steps(decaySteps),
        "decay_rate": .number(decayRate), "staircase": .bool(staircase),
      ])
  }
}
