import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A learning rate that rises to its highest and falls far below where it began, both along half a
/// cosine, over the whole of a training.
///
/// Keras has no such schedule; the numbers and defaults are those of PyTorch's `OneCycleLR`.
///
/// - Source: Smith and Topin, 2018, "Super-convergence: very fast training of neural networks using
///   large learning rates".
public struct OneCycle: LearningRateSchedule, Equatable {
  /// The highest learning rate.
  public let maxLearningRate: Double
  /// The steps of the training; the learning rate stays at its last value behind them.
  public let totalSteps: Double
  /// The part of the steps that rises.
  public let warmupFraction: Double
  /// The highest learning rate divided by the first.
  public let divisor: Double
  /// The first learning rate divided by the last.
  public let finalDivisor: Double

  /// Creates a schedule; traps if `totalSteps` or a divisor is not positive or the fraction is not
  /// between 0 and 1.
  public init(
    maxLearningRate: Double, totalSteps: Int, warmupFraction: Double = 0.3, divisor: Double = 25,
    finalDivisor: Double = 1e4, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.maxLearningRate = maxLearningRate
    self.totalSteps = checkSteps(totalSteps, "totalSteps", "OneCycle", file, line)
    self.warmupFraction = warmupFraction
    self.divisor = divisor
    self.finalDivisor = finalDivisor
    if let mistake { trap(mistake, file: file, line: line) }
  }

  /// The schedule that a configuration describes; throws if a hyperparameter is missing or out of
  /// range.
  public init(configuration: Configuration) throws(Diagnostic) {
    maxLearningRate = try configuration.number("max_learning_rate")
    totalSteps = try configuration.positive("total_steps")
    warmupFraction = try configuration.number("warmup_fraction", default: 0.3)
    divisor = try configuration.number("divisor", default: 25)
    finalDivisor = try configuration.number("final_divisor", default: 1e4)
    if let mistake { throw mistake }
  }

  private var mistake: Diagnostic? {
    if (0...1).contains(warmupFraction) && divisor > 0 && finalDivisor > 0 { return nil }
    return Diagnostic(
      "OneCycle", "a hyperparameter is out of range",
      expected: "a fraction from 0 to 1, divisors above 0",
      got: "warmupFraction \(warmupFraction), divisor \(divisor), finalDivisor \(finalDivisor)")
  }

  public func learningRate(at step: Int) -> Double {
    let first = maxLearningRate / divisor
    let step = min(Double(step), totalSteps - 1)
    // The first step stands at the foot, the one before `top` would be the last of the rise.
    let top = warmupFraction * totalSteps - 1
    if step <= top {
      return top > 0 ? between(first, maxLearningRate, step / top) : maxLearningRate
    }
    return between(
      maxLearningRate, first / finalDivisor, (step - top) / max(totalSteps - 1 - top, 1))
  }

  private func between(_ start: Double, _ end: Double, _ fraction: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * fraction))
  }

  public var configuration: Configuration {
    Configuration(
      "OneCycle",
      [
        "max_learning_rate": .number(maxLearningRate), "total_steps": .steps(totalSteps),
        "warmup_fraction": .number(warmupFraction), "divisor": .number(divisor),
        "final_divisor": .number(finalDivisor),
      ])
  }
}
