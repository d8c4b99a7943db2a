import MartletTensors

/// Makes images brighter or darker in training, each by a factor of its own.
///
///     y = x + factor · (largest value − least value), held between the two
///
/// Keras' `RandomBrightness`.
public final class RandomBrightness: RandomImageLayer, ConfigurableLayer {
  private let factor: RandomFactor
  /// The least and the largest value of pixels.
  public let valueRange: ClosedRange<Double>

  /// Creates the layer; traps on a factor outside −1 … 1.
  ///
  /// - Parameters:
  ///   - factor: The parts of the range of values: f for −f … f, or a range.
  ///   - valueRange: The least and the largest value of pixels.
  ///   - seed: What the factors follow from.
  public init(
    _ factor: any FactorRange, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.factor = trapping(file, line) { () throws(Diagnostic) in
      try RandomFactor("RandomBrightness", factor, in: -1...1)
    }
    self.valueRange = valueRange
    super.init(seed: seed, name: name)
  }

  public init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    factor = try RandomFactor(c, "factor", default: 0, in: -1...1)
    valueRange = try c.valueRange()
    super.init(seed: try c.optionalInt("seed"), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["factor"] = factor.pair
    c["value_range"] = .numbers([valueRange.lowerBound, valueRange.upperBound])
    return c
  }

  override func changed(_ images: Tensor) -> Tensor {
    let (low, high) = (valueRange.lowerBound, valueRange.upperBound)
    return (images + factors(images, factor.bounds) * (high - low)).clipped(to: low, high)
  }
}
