import MartletTensors

/// An image made larger by whole factors: `UpSampling1D`, `UpSampling2D`, `UpSampling3D`.
///
/// Input (batch, sizes…, channels), output (batch, size · factor…, channels). Every element is
/// repeated, or in two dimensions worked out from its neighbours (half-pixel centres).
public class UpSampling: Layer, ConfigurableLayer {
  class var spatialAxes: Int { 2 }
  /// The factor of each spatial axis.
  public let size: [Int]
  /// How elements are found between those there are.
  public let interpolation: Interpolation

  /// Creates the layer; traps on a factor below 1, and on an interpolation other than `.nearest`
  /// outside two dimensions.
  ///
  /// - Parameters:
  ///   - size: The factor: one for all spatial axes, or one for each.
  ///   - interpolation: `.nearest`, or in two dimensions any.
  public init(
    _ size: any AxisSizes = 2, interpolation: Interpolation = .nearest, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.size = trapping(file, line) { () throws(Diagnostic) in
      try UpSampling.check(size.axisSizes, interpolation, Self.spatialAxes, "\(Self.self)")
    }
    self.interpolation = interpolation
    super.init(name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    let name = try c.string("interpolation", default: "nearest")
    guard let interpolation = Interpolation(rawValue: name.lowercased()) else {
      throw Diagnostic(
        c.className, "there is no such interpolation",
        expected: Interpolation.allCases.map(\.rawValue).joined(separator: ", "),
        got: "\"\(name)\"")
    }
    let size = try UpSampling.check(
      try c.ints("size", default: [2]), interpolation, Self.spatialAxes, c.className)
    self.init(size, interpolation: interpolation)
    try adopt(c)
  }

  private static func check(
    _ size: [Int], _ interpolation: Interpolation, _ axes: Int, _ who: String
  ) throws(Diagnostic) -> [Int] {
    if interpolation != .nearest && axes != 2 {
      throw Diagnostic(
        who, "the interpolation needs two spatial axes", expected: ".nearest",
        got: "\(interpolation)")
    }
    return try Window.expand(size, "factor", who, axes)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: size.count + 2, input)
    var shape = input
    for (axis, factor) in size.enumerated() {
      shape[axis + 1] = shape[axis + 1].map { $0 * factor }
    }
    return shape
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.resized(
      to: zip(x.shape.dropFirst(), size).map { $0 * $1 }, interpolation: interpolation)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["size"] = size.count == 1 ? .int(size[0]) : .ints(size)
    if size.count > 1 { c["data_format"] = .string("channels_last") }
    if size.count == 2 { c["interpolation"] = .string(interpolation.rawValue) }
    return c
  }
}

/// A series with each step repeated; see `UpSampling`.
public final class UpSampling1D: UpSampling {
  override class var spatialAxes: Int { 1 }
}
/// A larger image; see `UpSampling`.
public final class UpSampling2D: UpSampling {}
/// A larger volume; see `UpSampling`.
public final class UpSampling3D: UpSampling {
  override class var spatialAxes: Int { 3 }
}
