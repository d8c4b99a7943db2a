import MartletTensors

/// Turns images in training, each by an angle of its own.
///
/// Keras' `RandomRotation`: with θ = 2π · factor, a pixel is read at the place (x, y) of the middle
/// turned by θ, (cos θ · x − sin θ · y, sin θ · x + cos θ · y): positive factors turn the picture
/// counter-clockwise.
public final class RandomRotation: RandomImageLayer, ConfigurableLayer {
  private let factor: RandomFactor
  private let reading: ImageReading

  /// Creates the layer; traps on a factor outside −1 … 1.
  ///
  /// - Parameters:
  ///   - factor: The angles as parts of a full turn: f for −f … f, or a range.
  ///   - fillMode: What stands outside an image.
  ///   - interpolation: What stands between pixels: `.nearest` or `.bilinear`.
  ///   - seed: What the angles follow from.
  ///   - fillValue: The value of `.constant`.
  public init(
    _ factor: any FactorRange, fillMode: FillMode = .reflect,
    interpolation: Interpolation = .bilinear, seed: Int? = nil, fillValue: Double = 0,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    (self.factor, reading) = trapping(file, line) { () throws(Diagnostic) in
      (
        try RandomFactor("RandomRotation", factor, in: -1...1),
        try ImageReading("RandomRotation", interpolation, fillMode, fillValue)
      )
    }
    super.init(seed: seed, name: name)
  }

  public init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    factor = try RandomFactor(c, "factor", in: -1...1)
    reading = try ImageReading(c)
    super.init(seed: try c.optionalInt("seed"), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["factor"] = factor.pair
    reading.write(to: &c)
    return c
  }

  override func changed(_ images: Tensor) -> Tensor {
    let angle = factors(images, factor.bounds) * (2 * Double.pi)
    let (cosine, sine) = (angle.cos(), angle.sin())
    let x = Double(images.shape[2] - 1) / 2
    let y = Double(images.shape[1] - 1) / 2
    let right = sine * y - cosine * x + x
    let down = y - sine * x - cosine * y
    return reading.transformed(images, [cosine, -sine, right, sine, cosine, down])
  }
}
