import MartletTensors

/// Dropout of whole channels: `SpatialDropout1D`, `SpatialDropout2D`, `SpatialDropout3D`.
///
/// Neighbouring elements of an image tell the same, so that dropping single ones takes nothing away.
/// Input and output (batch, sizes…, channels). Tompson et al., "Efficient object localization using
/// convolutional networks", 2015.
public class SpatialDropout: Layer, ConfigurableLayer {
  class var spatialAxes: Int { 2 }
  /// The part of the channels that is set to 0, from 0 to 1.
  public let rate: Double
  /// Makes the layer drop the same channels each time a program runs.
  public let seed: Int?
  private var source: RandomSource!

  /// Creates the layer; traps on a rate outside 0…1.
  public init(
    _ rate: Double, seed: Int? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try requirePart(rate, "\(Self.self)") }
    self.rate = rate
    self.seed = seed
    super.init(name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    let rate = try c.number("rate")
    try requirePart(rate, c.className)
    self.init(rate, seed: try c.optionalInt("seed"))
    try adopt(c)
  }

  public override func build(_ input: PartialShape) { source = addRandomSource(seed: seed) }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: Self.spatialAxes + 2, input)
    return input
  }

  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if !context.isTraining || rate == 0 { return x }
    let ones = [Int](repeating: 1, count: Self.spatialAxes)
    return dropped(x, rate: rate, shape: [x.shape[0]] + ones + [x.shape[x.rank - 1]], source)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["rate"] = .number(rate)
    c["seed"] = .optional(seed)
    if Self.spatialAxes > 1 { c["data_format"] = .string("channels_last") }
    return c
  }
}

/// Dropout of whole channels of series; see `SpatialDropout`.
public final class SpatialDropout1D: SpatialDropout {
  override class var spatialAxes: Int { 1 }
}
/// Dropout of whole channels of images; see `SpatialDropout`.
public final class SpatialDropout2D: SpatialDropout {}
/// Dropout of whole channels of volumes; see `SpatialDropout`.
public final class SpatialDropout3D: SpatialDropout {
  override class var spatialAxes: Int { 3 }
}

/// Throws unless a number is a part, from 0 to 1.
func requirePart(_ rate: Double, _ who: String, _ what: String = "rate") throws(Diagnostic) {
  if (0...1).contains(rate) { return }
  throw Diagnostic(who, "the \(what) is out of range", expected: "0 to 1", got: "\(rate)")
}
