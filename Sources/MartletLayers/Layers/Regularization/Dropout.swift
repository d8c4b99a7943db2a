import MartletTensors

/// Sets a part of the elements to 0 in training and scales the others by 1/(1 − rate), so that the
/// mean stays; passes everything on at inference.
///
/// Srivastava et al., "Dropout", JMLR 15, 2014 (inverted, as Keras has it).
public final class Dropout: Layer, ConfigurableLayer {
  /// The part of the elements that is set to 0, from 0 to 1.
  public let rate: Double
  /// The shape of the mask, which is stretched over the input; nil for the input's own.
  public let noiseShape: PartialShape?
  /// The seed of its random numbers; nil is one of the program's.
  public let seed: Int?
  private var source: RandomSource!

  /// Creates the layer; traps on a rate outside 0…1.
  public init(
    _ rate: Double, noiseShape: PartialShape? = nil, seed: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    if !(0...1).contains(rate) {
      trap(
        Diagnostic("Dropout", "the rate is no part", expected: "0 to 1", got: "\(rate)"),
        file: file, line: line)
    }
    self.rate = rate
    self.noiseShape = noiseShape
    self.seed = seed
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let rate = try c.number("rate")
    guard (0...1).contains(rate) else {
      throw Diagnostic("Dropout", "the rate is no part", expected: "0 to 1", got: "\(rate)")
    }
    let noise = try c.list("noise_shape").map(\.asInt)
    self.init(rate, noiseShape: noise.isEmpty ? nil : noise, seed: try c.optionalInt("seed"))
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["rate"] = .number(rate)
    c["seed"] = .optional(seed)
    c["noise_shape"] = noiseShape.map { .list($0.map { .optional($0) }) } ?? .null
    return c
  }

  public override func build(_ input: PartialShape) { source = addRandomSource(seed: seed) }
  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if !context.isTraining || rate == 0 { return x }
    let shape = noiseShape.map { zip($0, x.shape).map { $0 ?? $1 } } ?? x.shape
    return dropped(x, rate: rate, shape: shape, source)
  }
}

/// x with a part of its elements set to 0 and the others scaled by 1/(1 − rate).
func dropped(_ x: Tensor, rate: Double, shape: Shape, _ source: RandomSource) -> Tensor {
  if rate >= 1 { return x * 0 }
  let kept = Tensor.randomBernoulli(shape, probability: 1 - rate, using: source)
  return .where(kept, x * (1 / (1 - rate)), .zeros([], dtype: x.dtype))
}
