import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A learning rate that falls along half a cosine again and again, each time for longer.
///
/// - Source: Loshchilov and Hutter, 2017, "SGDR: Stochastic gradient descent with warm restarts".
public struct CosineDecayRestarts: LearningRateSchedule, Equatable {
  /// The first learning rate.
  public let initialLearningRate: Double
  /// The steps of the first fall.
  public let firstDecaySteps: Double
  /// How many times longer each fall is than the one before.
  public let tMul: Double
  /// What the learning rate of a restart is multiplied by each time.
  public let mMul: Double
  /// The part of the first learning rate that remains at the end of a fall.
  public let alpha: Double

  /// Creates a schedule; traps if `firstDecaySteps` is not positive or `tMul` below 1.
  public init(
    initialLearningRate: Double, firstDecaySteps: Int, tMul: Double = 2, mMul: Double = 1,
    alpha: Double = 0, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.initialLearningRate = initialLearningRate
    self.firstDecaySteps = checkSteps(
      firstDecaySteps, "firstDecaySteps", "CosineDecayRestarts", file, line)
    self.tMul = tMul
    self.mMul = mMul
    self.alpha = alpha
    if let mistake { trap(mistake, file: file, line: line) }
  }

  /// The schedule that a configuration describes; throws if a hyperparameter is missing or out of
  /// range.
  public init(configuration: Configuration) throws(Diagnostic) {
    initialLearningRate = try configuration.number("initial_learning_rate")
    firstDecaySteps = try configuration.positive("first_decay_steps")
    tMul = try configuration.number("t_mul", default: 2)
    mMul = try configuration.number("m_mul", default: 1)
    alpha = try configuration.number("alpha", default: 0)
    if let mistake { throw mistake }
  }

  private var mistake: Diagnostic? {
    if tMul >= 1 && tMul.isFinite { return nil }
    return Diagnostic(
      "CosineDecayRestarts", "tMul is out of range", expected: "1 or more", got: "\(tMul)")
  }

  public func learningRate(at step: Int) -> Double {
    var (restarts, fraction) = (0.0, Double(step) / firstDecaySteps)
    if tMul == 1 {
      restarts = fraction.rounded(.down)
      fraction -= restarts
    } else {
      // By subtraction and not by a logarithm, which may miss the step of a restart by rounding.
      var length = 1.0
      while fraction >= length {
        fraction -= length
        length *= tMul
        restarts += 1
      }
      fraction /= length
    }
    let cosine = 0.5 * pow(mMul, restarts) * (1 + cos(Double.pi * fraction))
    return initialLearningRate * ((1 - alpha) * cosine + alpha)
  }

  public var configuration: Configuration {
    Configuration(
      "CosineDecayRestarts",
      [
        "initial_learning_rate": .number(initialLearningRate),
        "first_decay_steps": .steps(firstDecaySteps), "t_mul": .number(tMul),
        "m_mul": .number(mMul), "alpha": .number(alpha),
      ])
  }
}
