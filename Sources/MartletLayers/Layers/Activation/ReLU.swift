import MartletTensors

/// x where it is positive, 0 elsewhere; variants with a slope, a bound and a threshold.
public final class ReLU: Layer, ConfigurableLayer {
  /// The largest result; nil is none.
  public let maxValue: Double?
  /// The slope below the threshold.
  public let negativeSlope: Double
  /// Where the function begins.
  public let threshold: Double
  private let function: ActivationFunction

  /// Creates the layer; traps on a negative number.
  ///
  /// - Parameters:
  ///   - maxValue: The largest result; nil is none.
  ///   - negativeSlope: The slope below the threshold; 0 gives 0 there.
  ///   - threshold: Where the function begins.
  public init(
    maxValue: Double? = nil, negativeSlope: Double = 0, threshold: Double = 0,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try ReLU.check(maxValue, negativeSlope, threshold)
    }
    self.maxValue = maxValue
    self.negativeSlope = negativeSlope
    self.threshold = threshold
    function = .relu(negativeSlope: negativeSlope, maxValue: maxValue, threshold: threshold)
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let maxValue = try c.optionalNumber("max_value")
    let slope = try c.number("negative_slope", default: 0)
    let threshold = try c.number("threshold", default: 0)
    try ReLU.check(maxValue, slope, threshold)
    self.init(maxValue: maxValue, negativeSlope: slope, threshold: threshold)
    try adopt(c)
  }

  private static func check(
    _ maxValue: Double?, _ slope: Double, _ threshold: Double
  ) throws(Diagnostic) {
    if maxValue ?? 0 >= 0 && slope >= 0 && threshold >= 0 { return }
    throw Diagnostic(
      "ReLU", "one of its numbers is negative", expected: "0 or more",
      got: "max value \(maxValue ?? 0), negative slope \(slope), threshold \(threshold)")
  }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor { function(x) }

  public override var configuration: Configuration {
    var c = super.configuration
    c["max_value"] = .optional(maxValue)
    c["negative_slope"] = .number(negativeSlope)
    c["threshold"] = .number(threshold)
    return c
  }
}

/// x where it is positive, `negativeSlope` · x elsewhere; the layer's slope is 0.3, not the
/// function's 0.2.
public final class LeakyReLU: Layer, ConfigurableLayer {
  /// The slope below 0.
  public let negativeSlope: Double

  /// Creates the layer; traps on a negative slope.
  public init(
    negativeSlope: Double = 0.3, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try LeakyReLU.check(negativeSlope) }
    self.negativeSlope = negativeSlope
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let slope = try c.number("negative_slope", "alpha", default: 0.3)
    try LeakyReLU.check(slope)
    self.init(negativeSlope: slope)
    try adopt(c)
  }

  private static func check(_ slope: Double) throws(Diagnostic) {
    if slope >= 0 { return }
    throw Diagnostic(
      "LeakyReLU", "the slope is negative", expected: "0 or more", got: "\(slope)")
  }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.leakyRelu(negativeSlope: negativeSlope)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["negative_slope"] = .number(negativeSlope)
    return c
  }
}
