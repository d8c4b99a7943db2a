import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A learning rate that falls along half a cosine, after a rise along a line if there is a warm-up:
/// initial · ((1 − α) · (1 + cos(π · step / steps)) / 2 + α).
///
/// - Source: Loshchilov and Hutter, 2017, "SGDR: Stochastic gradient descent with warm restarts".
public struct CosineDecay: LearningRateSchedule, Equatable {
  /// The first learning rate.
  public let initialLearningRate: Double
  /// The steps of the fall.
  public let decaySteps: Double
  /// The part of the highest learning rate that remains at the end.
  public let alpha: Double
  /// The learning rate that the warm-up rises to, and the fall begins with; nil is no warm-up.
  public let warmupTarget: Double?
  /// The steps of the rise.
  public let warmupSteps: Double

  /// Creates a schedule; traps if `decaySteps` is not positive or `warmupSteps` negative.
  public init(
    initialLearningRate: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil,
    warmupSteps: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = checkSteps(decaySteps, "decaySteps", "CosineDecay", file, line)
    self.alpha = alpha
    self.warmupTarget = warmupTarget
    self.warmupSteps =
      warmupSteps == 0 ? 0 : checkSteps(warmupSteps, "warmupSteps", "CosineDecay", file, line)
  }

  /// The schedule that a configuration describes; throws if a hyperparameter is missing or out of
  /// range.
  public init(configuration: Configuration) throws(Diagnostic) {
    initialLearningRate = try configuration.number("initial_learning_rate")
    decaySteps = try configuration.positive("decay_steps")
    alpha = try configuration.number("alpha", default: 0)
    warmupTarget = try configuration.optionalNumber("warmup_target")
    warmupSteps = try configuration.number("warmup_steps", default: 0)
  }

  public func learningRate(at step: Int) -> Double {
    guard let warmupTarget else { return decayed(initialLearningRate, Double(step)) }
    if Double(step) < warmupSteps {
      return (warmupTarget - initialLearningRate) * (Double(step) / warmupSteps)
        + initialLearningRate
    }
    return decayed(warmupTarget, Double(step) - warmupSteps)
  }

  private func decayed(_ highest: Double, _ step: Double) -> Double {
    let cosine = cos(Double.pi * min(step, decaySteps) / decaySteps)
    return highest * ((1 - alpha) * 0.5 * (1 + cosine) + alpha)
  }

  public var configuration: Configuration {
    Configuration(
      "CosineDecay",
      [
        "initial_learning_rate": .number(initialLearningRate), "decay_steps": .steps(decaySteps),
        "alpha": .number(alpha), "warmup_target": .optional(warmupTarget),
        "warmup_steps": .steps(warmupSteps),
      ])
  }
}
