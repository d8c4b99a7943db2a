import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A learning rate that falls to another one by a power of the time left:
/// (initial − end) · (1 − step / steps)^power + end; with power 1 along a line.
public struct PolynomialDecay: LearningRateSchedule, Equatable {
  /// The first learning rate.
  public let initialLearningRate: Double
  /// The steps to the last learning rate.
  public let decaySteps: Double
  /// The last learning rate.
  public let endLearningRate: Double
  /// The power.
  public let power: Double
  /// Whether the end is put off by another `decaySteps` each time it is reached.
  public let cycle: Bool

  /// Creates a schedule; traps if `decaySteps` is not positive.
  public init(
    initialLearningRate: Double, decaySteps: Int, endLearningRate: Double = 1e-4,
    power: Double = 1, cycle: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = checkSteps(decaySteps, "decaySteps", "PolynomialDecay", file, line)
    self.endLearningRate = endLearningRate
    self.power = power
    self.cycle = cycle
  }

  /// The schedule that a configuration describes; throws if a hyperparameter is missing or out of
  /// range.
  public init(configuration: Configuration) throws(Diagnostic) {
    initialLearningRate = try configuration.number("initial_learning_rate")
    decaySteps = try configuration.positive("decay_steps")
    endLearningRate = try configuration.number("end_learning_rate", default: 1e-4)
    power = try configuration.number("power", default: 1)
    cycle = try configuration.bool("cycle", default: false)
  }

  public func learningRate(at step: Int) -> Double {
    var (step, steps) = (Double(step), decaySteps)
    if cycle {
      if step > 0 { steps *= (step / steps).rounded(.up) }
    } else {
      step = min(step, steps)
    }
    return (initialLearningRate - endLearningRate) * pow(1 - step / steps, power) + endLearningRate
  }

  public var configuration: Configuration {
    Configuration(
      "PolynomialDecay",
      [
        "initial_learning_rate": .number(initialLearningRate), "decay_steps": .steps(decaySteps),
        "end_learning_rate": .number(endLearningRate), "power": .number(power),
        "cycle": .bool(cycle),
      ])
  }
}
