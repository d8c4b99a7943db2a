import MartletTensors

/// Adds normal noise of mean 0 in training; passes everything on at inference.
public final class GaussianNoise: Layer, ConfigurableLayer {
  /// The noise's standard deviation, from 0 to 1.
  public let stddev: Double
  /// Makes the layer add the same noise each time a program runs.
  public let seed: Int?
  private var source: RandomSource!

  /// Creates the layer; traps on a deviation outside 0…1, as Keras does.
  public init(
    _ stddev: Double, seed: Int? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try requirePart(stddev, "GaussianNoise", "deviation")
    }
    self.stddev = stddev
    self.seed = seed
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let stddev = try c.number("stddev")
    try requirePart(stddev, c.className, "deviation")
    self.init(stddev, seed: try c.optionalInt("seed"))
    try adopt(c)
  }

  public override func build(_ input: PartialShape) { source = addRandomSource(seed: seed) }
  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if !context.isTraining || stddev == 0 { return x }
    return x
      + .randomNormal(x.shape, standardDeviation: stddev, dtype: x.dtype, using: source)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["stddev"] = .number(stddev)
    c["seed"] = .optional(seed)
    return c
  }
}

/// Multiplies with normal noise of mean 1 and deviation √(rate / (1 − rate)) in training, the same
/// as dropout does; passes everything on at inference.
///
/// Srivastava et al., "Dropout", JMLR 15, 2014, section 10.
public final class GaussianDropout: Layer, ConfigurableLayer {
  /// The rate of the dropout whose mean and variance the noise has, from 0 to less than 1.
  public let rate: Double
  /// Makes the layer draw the same noise each time a program runs.
  public let seed: Int?
  private var source: RandomSource!

  /// Creates the layer; traps on a rate outside 0 ..< 1.
  public init(
    _ rate: Double, seed: Int? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try GaussianDropout.check(rate)
    }
    self.rate = rate
    self.seed = seed
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let rate = try c.number("rate")
    try GaussianDropout.check(rate)
    self.init(rate, seed: try c.optionalInt("seed"))
    try adopt(c)
  }

  private static func check(_ rate: Double) throws(Diagnostic) {
    if (0..<1).contains(rate) { return }
    throw Diagnostic(
      "GaussianDropout", "the rate is out of range", expected: "0 or more, below 1",
      got: "\(rate)")
  }

  public override func build(_ input: PartialShape) { source = addRandomSource(seed: seed) }
  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if !context.isTraining || rate == 0 { return x }
    return x
      * .randomNormal(
        x.shape, mean: 1, standardDeviation: (rate / (1 - rate)).squareRoot(), dtype: x.dtype,
        using: source)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["rate"] = .number(rate)
    c["seed"] = .optional(seed)
    return c
  }
}
