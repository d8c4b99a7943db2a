import MartletTensors

/// Zooms images in training, each by factors of its own.
///
/// Keras' `RandomZoom`: a pixel is read at 1 + factor times its distance from the middle, so positive
/// factors make the picture smaller.
public final class RandomZoom: RandomImageLayer, ConfigurableLayer {
  private let height: RandomFactor
  private let width: RandomFactor?
  private let reading: ImageReading

  /// Creates the layer; traps on a factor that is not above −1 and at most 1.
  ///
  /// - Parameters:
  ///   - heightFactor: The factors of rows: f for −f … f, or a range.
  ///   - widthFactor: Those of columns; without it each image's own factor of rows.
  ///   - fillMode: What stands outside an image.
  ///   - interpolation: What stands between pixels: `.nearest` or `.bilinear`.
  ///   - seed: What the factors follow from.
  ///   - fillValue: The value of `.constant`.
  public init(
    _ heightFactor: any FactorRange, _ widthFactor: (any FactorRange)? = nil,
    fillMode: FillMode = .reflect, interpolation: Interpolation = .bilinear, seed: Int? = nil,
    fillValue: Double = 0, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    (height, width, reading) = trapping(file, line) { () throws(Diagnostic) in
      var width: RandomFactor?
      if let widthFactor { width = try RandomFactor("RandomZoom", widthFactor, in: Self.limits) }
      return (
        try RandomFactor("RandomZoom", heightFactor, in: Self.limits), width,
        try ImageReading("RandomZoom", interpolation, fillMode, fillValue)
      )
    }
    super.init(seed: seed, name: name)
  }

  private static let limits = (-1.0).nextUp...1

  public init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    height = try RandomFactor(c, "height_factor", in: Self.limits)
    width =
      c["width_factor"] == nil ? nil : try RandomFactor(c, "width_factor", in: Self.limits)
    reading = try ImageReading(c)
    super.init(seed: try c.optionalInt("seed"), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["height_factor"] = height.value
    c["width_factor"] = width?.value ?? .null
    reading.write(to: &c)
    return c
  }

  override func changed(_ images: Tensor) -> Tensor {
    let rows = factors(images, height.bounds) + 1
    let columns = width.map { factors(images, $0.bounds) + 1 } ?? rows
    let right = (1 - columns) * (Double(images.shape[2] - 1) / 2)
    let down = (1 - rows) * (Double(images.shape[1] - 1) / 2)
    return reading.transformed(images, [columns, nil, right, nil, rows, down])
  }
}
