import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A learning rate that is multiplied by the same factor every so many steps:
/// initial · rate^(step / steps).
public struct ExponentialDecay: LearningRateSchedule, Equatable {
  /// The first learning rate.
  public let initialLearningRate: Double
  /// The steps in which the factor applies once.
  public let decaySteps: Double
  /// The factor.
  public let decayRate: Double
  /// Whether the learning rate stays the same in between.
  public let staircase: Bool

  /// Creates a schedule; traps if `decaySteps` is not positive.
  public init(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = checkSteps(decaySteps, "decaySteps", "ExponentialDecay", file, line)
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
    return initialLearningRate * pow(decayRate, staircase ? periods.rounded(.down) : periods)
  }

  public var configuration: Configuration {
    Configuration(
      "ExponentialDecay",
      [
        "initial_learning_rate": .number(initialLearningRate), "decay_steps": .steps(decaySteps),
        "decay_rate": .number(decayRate), "staircase": .bool(staircase),
      ])
  }
}
