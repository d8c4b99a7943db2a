import MartletTensors

/// Dropout for nets of `selu`: sets a part of the elements to that function's lower bound −α′ in
/// training, then scales and shifts, so that mean 0 and variance 1 stay.
///
///     y = a · (kept ? x : −α′) + b, a = ((1 − rate) (1 + rate · α′²))^−½, b = a · α′ · rate
///
/// with α′ = 1.7580993. Klambauer et al., "Self-normalizing neural networks", 2017.
public final class AlphaDropout: Layer, ConfigurableLayer {
  /// The part of the elements that is set to the bound, from 0 to 1.
  public let rate: Double
  /// The shape of the mask, which is stretched over the input; nil for the input's own.
  public let noiseShape: PartialShape?
  /// Makes the layer drop the same elements each time a program runs.
  public let seed: Int?
  private var source: RandomSource!

  /// Creates the layer; traps on a rate outside 0…1.
  public init(
    _ rate: Double, noiseShape: PartialShape? = nil, seed: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try requirePart(rate, "AlphaDropout") }
    self.rate = rate
    self.noiseShape = noiseShape
    self.seed = seed
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let rate = try c.number("rate")
    try requirePart(rate, c.className)
    let noise = try c.list("noise_shape").map(\.asInt)
    self.init(rate, noiseShape: noise.isEmpty ? nil : noise, seed: try c.optionalInt("seed"))
    try adopt(c)
  }

  public override func build(_ input: PartialShape) { source = addRandomSource(seed: seed) }
  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if !context.isTraining || rate == 0 { return x }
    let bound = -1.6732632423543772 * 1.0507009873554805
    // At rate 1 nothing is kept and the factor has no value: what is left is the mean.
    if rate >= 1 { return x * 0 }
    let factor = 1 / ((1 - rate) * (1 + rate * bound * bound)).squareRoot()
    let shape = noiseShape.map { zip($0, x.shape).map { $0 ?? $1 } } ?? x.shape
    let kept = Tensor.randomBernoulli(shape, probability: 1 - rate, using: source)
      .broadcast(to: x.shape)
    return .where(kept, x, .full(like: x, bound)) * factor - factor * bound * rate
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["rate"] = .number(rate)
    c["seed"] = .optional(seed)
    c["noise_shape"] = noiseShape.map { .list($0.map { .optional($0) }) } ?? .null
    return c
  }
}
