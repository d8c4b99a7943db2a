import MartletTensors

/// Brings images to a size: (batch, height, width, channels), or a single image without the batch.
///
/// Keras' `Resizing`, at inference and in training alike. Integers become numbers, and stay numbers.
public final class Resizing: Layer, ConfigurableLayer {
  /// The rows of the output.
  public let height: Int
  /// The columns of the output.
  public let width: Int
  /// What stands between pixels.
  public let interpolation: Interpolation
  /// What becomes of images whose sides are in another ratio.
  public let fit: AspectFit
  /// Whether images that shrink are smoothed.
  public let antialias: Bool

  /// Creates the layer; traps on a size below 1.
  public convenience init(
    height: Int, width: Int, interpolation: Interpolation = .bilinear, fit: AspectFit = .stretch,
    antialias: Bool = false, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try checkImageSize("Resizing", height, width)
    }
    self.init(height, width, interpolation, fit, antialias, name)
  }

  private init(
    _ height: Int, _ width: Int, _ interpolation: Interpolation, _ fit: AspectFit,
    _ antialias: Bool, _ name: String?
  ) {
    self.height = height
    self.width = width
    self.interpolation = interpolation
    self.fit = fit
    self.antialias = antialias
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    let (height, width) = (try c.int("height"), try c.int("width"))
    try checkImageSize(c.className, height, width)
    let crops = try c.bool("crop_to_aspect_ratio", default: false)
    let pads = try c.bool("pad_to_aspect_ratio", default: false)
    let mode = try c.string("fill_mode", default: "constant")
    guard mode == "constant", !(crops && pads) else {
      throw Diagnostic(
        c.className, "the settings do not fit each other",
        expected: "fill_mode constant, and not both cropping and padding",
        got: "fill_mode \(mode), crop \(crops), pad \(pads)")
    }
    let value = try c.number("fill_value", default: 0)
    self.init(
      height, width, try c.interpolation(), crops ? .crop : pads ? .pad(value) : .stretch,
      try c.bool("antialias", default: false), nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["height"] = .int(height)
    c["width"] = .int(width)
    c["interpolation"] = .string(interpolation.rawValue)
    c["crop_to_aspect_ratio"] = .bool(fit == .crop)
    c["pad_to_aspect_ratio"] = .bool(false)
    c["fill_mode"] = .string("constant")
    c["fill_value"] = .number(0)
    if case .pad(let value) = fit {
      c["pad_to_aspect_ratio"] = .bool(true)
      c["fill_value"] = .number(value)
    }
    c["antialias"] = .bool(antialias)
    c["data_format"] = .string("channels_last")
    return c
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try sizedShape(input, height, width)
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    eachImage(x.cast(to: dtype)) { images in
      images.resized(
        to: [height, width], fit: fit, interpolation: interpolation, antialiasing: antialias)
    }
  }
}

/// Throws unless an image of this size has pixels.
func checkImageSize(_ who: String, _ height: Int, _ width: Int) throws(Diagnostic) {
  if height < 1 || width < 1 {
    throw Diagnostic(
      who, "the size has no pixels", expected: "height and width of 1 or more",
      got: "\(height) and \(width)")
  }
}

/// What a closure makes of a batch of images, or of a single image as a batch of one.
func eachImage(_ x: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
  x.rank == 3 ? body(x.expandingDimensions(at: 0)).squeezed(along: 0) : body(x)
}

extension Layer {
  /// The shape of images, or of a single one, brought to a size; throws on another rank.
  func sizedShape(
    _ input: PartialShape, _ height: Int, _ width: Int
  ) throws(Diagnostic) -> PartialShape {
    try require(rank: 3...4, input)
    return input.dropLast(3) + [height, width, input.last ?? nil]
  }
}

extension Configuration {
  /// The interpolation; bilinear where it is missing.
  func interpolation(_ key: String = "interpolation") throws(Diagnostic) -> Interpolation {
    let name = try string(key, default: "bilinear")
    guard let interpolation = Interpolation(rawValue: name) else {
      throw Diagnostic(
        className, "its interpolation is unknown",
        expected: Interpolation.allCases.map(\.rawValue).joined(separator: ", "),
        got: "\"\(name)\"")
    }
    return interpolation
  }
}
