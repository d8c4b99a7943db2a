import MartletTensors

/// What the layers share that change images at random in training, each image by factors of its
/// own, and pass them on at inference: (batch, height, width, channels), or a single image without
/// the batch.
public class RandomImageLayer: Layer {
  /// What the random factors follow from; nil for a number from the program's source.
  public let seed: Int?
  private var randomSource: RandomSource?

  init(seed: Int?, name: String?) {
    self.seed = seed
    super.init(name: name)
  }

  /// The source of the factors, once the layer is built.
  final var source: RandomSource { randomSource ?? .implicit }

  public override var configuration: Configuration {
    var c = super.configuration
    c["seed"] = .optional(seed)
    c["data_format"] = .string("channels_last")
    return c
  }

  public final override func build(_ input: PartialShape) throws {
    try require(rank: 3...4, input)
    randomSource = addRandomSource(seed: seed)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 3...4, input)
    return input
  }

  public final override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let x = x.cast(to: dtype)
    return context.isTraining ? eachImage(x, changed) : x
  }

  /// The images changed: what a layer overrides.
  func changed(_ images: Tensor) -> Tensor { images }

  /// A factor for each image, in the shape of a column beside its pixels.
  final func factors(_ images: Tensor, _ bounds: ClosedRange<Double>) -> Tensor {
    .randomUniform(
      [images.shape[0], 1, 1, 1], low: bounds.lowerBound, high: bounds.upperBound,
      dtype: images.dtype, using: source)
  }
}

/// A range of factors, and how Keras writes it.
struct RandomFactor: Sendable {
  let bounds: ClosedRange<Double>
  let value: ConfigurationValue

  /// The range of a factor as a program gives it; throws unless it lies in bounds.
  init(
    _ who: String, _ factor: any FactorRange, in limits: ClosedRange<Double>
  ) throws(Diagnostic) {
    let bounds = factor.factorBounds
    let isRange = factor is ClosedRange<Double>
    try self.init(
      who, bounds,
      isRange ? .numbers([bounds.lowerBound, bounds.upperBound]) : .number(bounds.upperBound),
      in: limits)
  }

  /// The range that Keras has written: a number or a pair.
  init(
    _ c: Configuration, _ key: String, default fallback: Double? = nil,
    in limits: ClosedRange<Double>
  ) throws(Diagnostic) {
    let numbers = try c.numbers(key, default: fallback.map { [$0] })
    let isPair = numbers.count == 2
    guard isPair || numbers.count == 1, numbers.allSatisfy(\.isFinite) else {
      throw Diagnostic(
        c.className, "its \(key) is no range", expected: "a number or a pair of numbers",
        got: "\(numbers)")
    }
    let (low, high) =
      isPair
      ? (min(numbers[0], numbers[1]), max(numbers[0], numbers[1]))
      : (-numbers[0].magnitude, numbers[0].magnitude)
    try self.init(c.className, low...high, c[key] ?? .number(high), in: limits)
  }

  private init(
    _ who: String, _ bounds: ClosedRange<Double>, _ value: ConfigurationValue,
    in limits: ClosedRange<Double>
  ) throws(Diagnostic) {
    guard bounds.lowerBound >= limits.lowerBound, bounds.upperBound <= limits.upperBound else {
      throw Diagnostic(
        who, "the factor is out of range",
        expected: "numbers from \(limits.lowerBound) to \(limits.upperBound)",
        got: "\(bounds.lowerBound) to \(bounds.upperBound)")
    }
    self.bounds = bounds
    self.value = value
  }

  /// The bounds as a pair: what Keras writes where it has worked them out.
  var pair: ConfigurationValue { .numbers([bounds.lowerBound, bounds.upperBound]) }
}

/// How a layer reads images at places between and beyond their pixels.
struct ImageReading: Sendable {
  let interpolation: Interpolation
  let fillMode: FillMode
  let fillValue: Double

  /// Throws on what transformed images do not have.
  init(
    _ who: String, _ interpolation: Interpolation, _ fillMode: FillMode, _ fillValue: Double
  ) throws(Diagnostic) {
    guard interpolation == .nearest || interpolation == .bilinear, fillMode != .mirror else {
      throw Diagnostic(
        who, "images cannot be read so",
        expected: "interpolation nearest or bilinear, fill mode constant, reflect, wrap or nearest",
        got: "\(interpolation) and \(fillMode)")
    }
    self.interpolation = interpolation
    self.fillMode = fillMode
    self.fillValue = fillValue
  }

  init(_ c: Configuration) throws(Diagnostic) {
    let name = try c.string("fill_mode", default: "reflect")
    guard let mode = FillMode(rawValue: name) else {
      throw Diagnostic(
        c.className, "its fill_mode is unknown", expected: "constant, reflect, wrap or nearest",
        got: "\"\(name)\"")
    }
    try self.init(c.className, c.interpolation(), mode, c.number("fill_value", default: 0))
  }

  func write(to c: inout Configuration) {
    c["interpolation"] = .string(interpolation.rawValue)
    c["fill_mode"] = .string(fillMode.rawValue)
    c["fill_value"] = .number(fillValue)
  }

  /// Images read at the places that six numbers for each of them give: column a0 x + a1 y + a2, row
  /// b0 x + b1 y + b2; each a vector, or nil for 0.
  func transformed(_ images: Tensor, _ numbers: [Tensor?]) -> Tensor {
    let zeros = Tensor.zeros([images.shape[0]], dtype: images.dtype)
    let columns = (numbers + [nil, nil]).map { ($0 ?? zeros).reshaped(to: [images.shape[0]]) }
    return images.transformed(
      by: Tensor.stack(columns, along: 1), interpolation: interpolation, fillMode: fillMode,
      fillValue: fillValue)
  }
}
