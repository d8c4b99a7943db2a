import MartletTensors

/// Shifts images in training, each by distances of its own.
///
/// Keras' `RandomTranslation`: positive factors move the picture down and to the right, by that part
/// of the image's height and width.
public final class RandomTranslation: RandomImageLayer, ConfigurableLayer {
  private let height: RandomFactor
  private let width: RandomFactor
  private let reading: ImageReading

  /// Creates the layer; traps on a factor outside −1 … 1.
  ///
  /// - Parameters:
  ///   - heightFactor: The parts of the height: f for −f … f, or a range.
  ///   - widthFactor: The parts of the width.
  ///   - fillMode: What stands outside an image.
  ///   - interpolation: What stands between pixels: `.nearest` or `.bilinear`.
  ///   - seed: What the distances follow from.
  ///   - fillValue: The value of `.constant`.
  public init(
    _ heightFactor: any FactorRange, _ widthFactor: any FactorRange,
    fillMode: FillMode = .reflect, interpolation: Interpolation = .bilinear, seed: Int? = nil,
    fillValue: Double = 0, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    (height, width, reading) = trapping(file, line) { () throws(Diagnostic) in
      (
        try RandomFactor("RandomTranslation", heightFactor, in: -1...1),
        try RandomFactor("RandomTranslation", widthFactor, in: -1...1),
        try ImageReading("RandomTranslation", interpolation, fillMode, fillValue)
      )
    }
    super.init(seed: seed, name: name)
  }

  public init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    height = try RandomFactor(c, "height_factor", in: -1...1)
    width = try RandomFactor(c, "width_factor", in: -1...1)
    reading = try ImageReading(c)
    super.init(seed: try c.optionalInt("seed"), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["height_factor"] = height.value
    c["width_factor"] = width.value
    reading.write(to: &c)
    return c
  }

  override func changed(_ images: Tensor) -> Tensor {
    let down = factors(images, height.bounds) * Double(images.shape[1])
    let right = factors(images, width.bounds) * Double(images.shape[2])
    let ones = Tensor.ones([images.shape[0]], dtype: images.dtype)
    return reading.transformed(images, [ones, nil, -right, nil, ones, -down])
  }
}
