import MartletTensors

/// Zeros around an image: `ZeroPadding1D`, `ZeroPadding2D`, `ZeroPadding3D`.
///
/// Input (batch, sizes…, channels), output (batch, before + size + after…, channels).
public class ZeroPadding: Layer, WindowedLayer, ConfigurableLayer {
  class var spatialAxes: Int { 2 }
  private let margins: Margins

  /// Creates the layer from widths (before, after) for each spatial axis; traps on a negative one.
  public init(
    _ padding: [[Int]], name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    margins = trapping(file, line) { () throws(Diagnostic) in
      try Margins(padding, axes: Self.spatialAxes, "\(Self.self)")
    }
    super.init(name: name)
  }

  /// Creates the layer from one width for all sides.
  public convenience init(
    _ padding: Int = 1, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init([[padding]], name: name, file: file, line: line)
  }

  /// Creates the layer from one width for each spatial axis; in one dimension from those before and
  /// after.
  public convenience init(
    _ padding: [Int], name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(padding.map { [$0] }, name: name, file: file, line: line)
  }

  public required convenience init(configuration c: Configuration) throws {
    let margins = try Margins(c, "padding", default: 1, axes: Self.spatialAxes)
    self.init(margins.widths.map { [$0.before, $0.after] })
    try adopt(c)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: margins.widths.count + 2, input)
    var shape = input
    for (axis, width) in margins.widths.enumerated() {
      shape[axis + 1] = shape[axis + 1].map { $0 + width.before + width.after }
    }
    return shape
  }

  public override var outputDType: DType { firstInputDType }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.padded([(0, 0)] + margins.widths + [(0, 0)])
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["padding"] = margins.value
    c["data_format"] = .string("channels_last")
    return c
  }

  // For receptive fields: a window of one element that begins in the border.
  public final var windowSize: [Int] { .init(repeating: 1, count: margins.widths.count) }
  public final var windowStrides: [Int] { windowSize }
  public final var windowDilation: [Int] { windowSize }
  public final func paddingBefore(_ size: Int, axis: Int) -> Int { margins.widths[axis].before }
}

/// Zeros before and after a series; see `ZeroPadding`.
public final class ZeroPadding1D: ZeroPadding {
  override class var spatialAxes: Int { 1 }
}
/// Zeros around an image; see `ZeroPadding`.
public final class ZeroPadding2D: ZeroPadding {}
/// Zeros around a volume; see `ZeroPadding`.
public final class ZeroPadding3D: ZeroPadding {
  override class var spatialAxes: Int { 3 }
}
