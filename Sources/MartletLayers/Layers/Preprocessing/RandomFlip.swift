import MartletTensors

/// Mirrors half of the images in training.
///
/// Keras' `RandomFlip`: with `.horizontalAndVertical` an image is mirrored in both directions or in
/// none.
public final class RandomFlip: RandomImageLayer, ConfigurableLayer {
  /// The directions in which images are mirrored.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Left to right.
    case horizontal
    /// Top to bottom.
    case vertical
    /// Both at once.
    case horizontalAndVertical = "horizontal_and_vertical"
  }

  /// The directions in which images are mirrored.
  public let mode: Mode

  /// Creates the layer.
  public init(_ mode: Mode = .horizontalAndVertical, seed: Int? = nil, name: String? = nil) {
    self.mode = mode
    super.init(seed: seed, name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    let name = try c.string("mode", default: Mode.horizontalAndVertical.rawValue)
    guard let mode = Mode(rawValue: name) else {
      throw Diagnostic(
        c.className, "its mode is unknown",
        expected: Mode.allCases.map(\.rawValue).joined(separator: ", "), got: "\"\(name)\"")
    }
    self.init(mode, seed: try c.optionalInt("seed"))
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["mode"] = .string(mode.rawValue)
    return c
  }

  override func changed(_ images: Tensor) -> Tensor {
    let axes: [Int] =
      switch mode {
      case .horizontal: [2]
      case .vertical: [1]
      case .horizontalAndVertical: [1, 2]
      }
    let isFlipped = factors(images, 0...1) .<= 0.5
    return .where(isFlipped, images.flipped(along: axes), images)
  }
}
