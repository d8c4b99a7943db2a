import MartletTensors

/// Raises or lowers the contrast of images in training, each by a factor of its own.
///
///     y = (x − mean) · factor + mean, held in the range of values
///
/// The mean is that of each channel of each image. Keras' `RandomContrast` as it computes: one number
/// f gives factors from 1 to 1 + f, a pair (l, u) from 1 − l to 1 + u.
public final class RandomContrast: RandomImageLayer, ConfigurableLayer {
  /// How far below 1, and above 1, factors reach.
  private let reach: (below: Double, above: Double)
  /// What pixels are held in.
  public let valueRange: ClosedRange<Double>

  /// Creates a layer of factors from 1 to 1 + `factor`; traps on a factor outside 0 … 1.
  public convenience init(
    _ factor: Double, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(
      lower: 0, upper: factor, valueRange: valueRange, seed: seed, name: name, file: file,
      line: line)
  }

  /// Creates a layer of factors from 1 − `lower` to 1 + `upper`; traps on a number outside 0 … 1.
  public init(
    lower: Double, upper: Double, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    reach = trapping(file, line) { () throws(Diagnostic) in
      try Self.checked("RandomContrast", lower, upper)
    }
    self.valueRange = valueRange
    super.init(seed: seed, name: name)
  }

  private static func checked(
    _ who: String, _ below: Double, _ above: Double
  ) throws(Diagnostic) -> (below: Double, above: Double) {
    guard (0...1).contains(below), (0...1).contains(above) else {
      throw Diagnostic(
        who, "the factor is out of range", expected: "numbers from 0 to 1",
        got: "\(below) and \(above)")
    }
    return (below, above)
  }

  public init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    let numbers = try c.numbers("factor", default: [0]).sorted()
    let isPair = numbers.count == 2
    reach = try Self.checked(
      c.className, isPair ? numbers[0] : 0, isPair ? numbers[1] : numbers.first?.magnitude ?? .nan)
    valueRange = try c.valueRange()
    super.init(seed: try c.optionalInt("seed"), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["factor"] = .numbers([reach.below, reach.above])
    c["value_range"] = .numbers([valueRange.lowerBound, valueRange.upperBound])
    return c
  }

  override func changed(_ images: Tensor) -> Tensor {
    let factor = factors(images, (1 - reach.below)...(1 + reach.above))
    let mean = images.mean(along: [1, 2], keepingDimensions: true)
    return ((images - mean) * factor + mean)
      .clipped(to: valueRange.lowerBound, valueRange.upperBound)
  }
}

extension Configuration {
  /// The least and the largest value of pixels: 0 and 255 where they are missing.
  func valueRange() throws(Diagnostic) -> ClosedRange<Double> {
    let numbers = try numbers("value_range", default: [0, 255]).sorted()
    guard numbers.count == 2 else {
      throw Diagnostic(
        className, "its value_range is none", expected: "a pair of numbers", got: "\(numbers)")
    }
    return numbers[0]...numbers[1]
  }
}
