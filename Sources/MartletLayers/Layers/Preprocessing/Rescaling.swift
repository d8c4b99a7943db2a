import MartletTensors

/// Every element times a scale, plus an offset: y = x · scale + offset.
///
/// Keras' `Rescaling`; integers become numbers first. `Rescaling(1.0 / 255)` brings bytes to 0 … 1,
/// `Rescaling(1 / 127.5, offset: -1)` to −1 … 1.
public final class Rescaling: Layer, ConfigurableLayer {
  /// What elements are multiplied with: one number, or one for each channel.
  public let scale: [Double]
  /// What is added to elements: one number, or one for each channel.
  public let offset: [Double]
  private let scaleValue: ConfigurationValue
  private let offsetValue: ConfigurationValue

  /// Creates a layer of one scale and one offset.
  public convenience init(_ scale: Double, offset: Double = 0, name: String? = nil) {
    self.init(.number(scale), .number(offset), [scale], [offset], name)
  }

  /// Creates a layer of a scale and an offset for each channel, the last axis; traps if they differ
  /// in number.
  public convenience init(
    _ scale: [Double], offset: [Double], name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    if scale.count != offset.count || scale.isEmpty {
      trap(
        Diagnostic(
          "Rescaling", "scales and offsets are not equally many",
          expected: "one of each for each channel", got: "\(scale.count) and \(offset.count)"),
        file: file, line: line)
    }
    self.init(.numbers(scale), .numbers(offset), scale, offset, name)
  }

  private init(
    _ scaleValue: ConfigurationValue, _ offsetValue: ConfigurationValue, _ scale: [Double],
    _ offset: [Double], _ name: String?
  ) {
    self.scale = scale
    self.offset = offset
    self.scaleValue = scaleValue
    self.offsetValue = offsetValue
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(
      c["scale"] ?? .null, c["offset"] ?? .number(0), try c.numbers("scale"),
      try c.numbers("offset", default: [0]), nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["scale"] = scaleValue
    c["offset"] = offsetValue
    return c
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    for values in [scale, offset] where values.count > 1 {
      try require(axis: -1, of: input, is: values.count)
    }
    return input
  }
  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let x = x.cast(to: dtype)
    let scaled = scale.count == 1 ? x * scale[0] : x * Tensor(scale).cast(to: dtype)
    if offset.count == 1 { return offset[0] == 0 ? scaled : scaled + offset[0] }
    return scaled + Tensor(offset).cast(to: dtype)
  }
}
