import MartletLayers
import MartletTensors

/// What an optimizer takes as its learning rate: a number, or a schedule.
public protocol LearningRate: Sendable {
  /// The learning rate of a step; the first step is number 0.
  func learningRate(at step: Int) -> Double
}

extension Double: LearningRate {
  /// The number itself.
  public func learningRate(at step: Int) -> Double { self }
}

extension Float: LearningRate {
  /// The number itself.
  public func learningRate(at step: Int) -> Double { Double(self) }
}

extension Int: LearningRate {
  /// The number itself.
  public func learningRate(at step: Int) -> Double { Double(self) }
}

/// A learning rate that changes from step to step.
///
/// A schedule is a pure function of the number of steps done, so that a resumed training goes on
/// exactly where it stopped. A schedule of your own needs `learningRate(at:)` alone; files keep its
/// name.
public protocol LearningRateSchedule: LearningRate {
  /// Keras' name and hyperparameters.
  var configuration: Configuration { get }
}

extension LearningRateSchedule {
  /// The learning rate of a step; the first step is number 0.
  public func callAsFunction(_ step: Int) -> Double { learningRate(at: step) }

  /// The type's name, without hyperparameters.
  public var configuration: Configuration { Configuration("\(Self.self)") }
}

/// The library's schedules, by Keras' names.
public enum LearningRateSchedules {
  /// The schedule that a configuration describes; throws if there is none of its name, listing those
  /// there are, or if a hyperparameter is missing or out of range.
  public static func make(
    _ configuration: Configuration
  ) throws(Diagnostic) -> any LearningRateSchedule {
    try table.make(configuration)
  }

  private typealias Entry = NameTable<any LearningRateSchedule>.Entry
  private static let table = NameTable<any LearningRateSchedule>(
    "learning rate schedule",
    [
      Entry("ExponentialDecay") { (given) throws(Diagnostic) in
        try ExponentialDecay(configuration: given)
      },
      Entry("InverseTimeDecay") { (given) throws(Diagnostic) in
        try InverseTimeDecay(configuration: given)
      },
      Entry("PolynomialDecay") { (given) throws(Diagnostic) in
        try PolynomialDecay(configuration: given)
      },
      Entry("PiecewiseConstantDecay") { (given) throws(Diagnostic) in
        try PiecewiseConstantDecay(configuration: given)
      },
      Entry("CosineDecay") { (given) throws(Diagnostic) in
        try CosineDecay(configuration: given)
      },
      Entry("CosineDecayRestarts") { (given) throws(Diagnostic) in
        try CosineDecayRestarts(configuration: given)
      },
      Entry("OneCycle") { (given) throws(Diagnostic) in try OneCycle(configuration: given) },
    ])
}

extension Configuration {
  /// A number above 0.
  func positive(_ key: String) throws(Diagnostic) -> Double {
    let number = try number(key)
    guard number > 0 && number.isFinite else {
      throw Diagnostic(
        className, "\"\(key)\" is out of range", expected: "a number above 0", got: "\(number)")
    }
    return number
  }
}

extension ConfigurationValue {
  /// A number, as an integer where it is whole.
  static func steps(_ value: Double) -> ConfigurationValue {
    Int(exactly: value).map { .int($0) } ?? .number(value)
  }
}

/// Traps unless a number of steps is positive.
func checkSteps(
  _ steps: Int, _ name: String, _ who: String, _ file: StaticString, _ line: UInt
) -> Double {
  if steps <= 0 {
    trap(
      Diagnostic(who, "\(name) is out of range", expected: "1 or more", got: "\(steps)"),
      file: file, line: line)
  }
  return Double(steps)
}
