import MartletLayers
import MartletTensors

/// A learning rate that changes at given steps: the first value up to and including the first
/// boundary, the second up to the next, and the last from there on.
public struct PiecewiseConstantDecay: LearningRateSchedule, Equatable {
  /// The last steps of each value but the last, in rising order.
  public let boundaries: [Int]
  /// The values, one more than boundaries.
  public let values: [Double]

  /// Creates a schedule; traps if the boundaries do not rise, or if there is not one value more.
  public init(
    boundaries: [Int], values: [Double], file: StaticString = #fileID, line: UInt = #line
  ) {
    self.boundaries = boundaries
    self.values = values
    if let mistake { trap(mistake, file: file, line: line) }
  }

  /// The schedule that a configuration describes; throws if a hyperparameter is missing or out of
  /// range.
  public init(configuration: Configuration) throws(Diagnostic) {
    // Keras compares whole steps with a boundary without its fraction.
    boundaries = try configuration.numbers("boundaries").map { Int($0) }
    values = try configuration.numbers("values")
    if let mistake { throw mistake }
  }

  private var mistake: Diagnostic? {
    let rises = zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 }
    if rises && values.count == boundaries.count + 1 { return nil }
    return Diagnostic(
      "PiecewiseConstantDecay", "boundaries and values do not fit",
      expected: "rising boundaries and one value more",
      got: "boundaries \(boundaries), values \(values)")
  }

  public func learningRate(at step: Int) -> Double {
    values[boundaries.firstIndex { step <= $0 } ?? boundaries.count]
  }

  public var configuration: Configuration {
    Configuration(
      "PiecewiseConstantDecay", ["boundaries": .ints(boundaries), "values": .numbers(values)])
  }
}
