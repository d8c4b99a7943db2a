import MartletTensors

/// The inside of an image, its border taken away: `Cropping1D`, `Cropping2D`, `Cropping3D`.
///
/// Input (batch, sizes…, channels), output (batch, size − before − after…, channels).
public class Cropping: Layer, WindowedLayer, ConfigurableLayer {
  class var spatialAxes: Int { 2 }
  /// Keras crops nothing from images by default, one element from series and volumes.
  class var defaultWidth: Int { 0 }
  private let margins: Margins

  /// Creates the layer from widths (before, after) for each spatial axis; traps on a negative one.
  public init(
    _ cropping: [[Int]], name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    margins = trapping(file, line) { () throws(Diagnostic) in
      try Margins(cropping, axes: Self.spatialAxes, "\(Self.self)")
    }
    super.init(name: name)
  }

  /// Creates the layer from one width for all sides; without it 1, in two dimensions 0.
  public convenience init(
    _ cropping: Int? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init([[cropping ?? Self.defaultWidth]], name: name, file: file, line: line)
  }

  /// Creates the layer from one width for each spatial axis; in one dimension from those before and
  /// after.
  public convenience init(
    _ cropping: [Int], name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(cropping.map { [$0] }, name: name, file: file, line: line)
  }

  public required convenience init(configuration c: Configuration) throws {
    let margins = try Margins(
      c, "cropping", default: Self.defaultWidth, axes: Self.spatialAxes)
    self.init(margins.widths.map { [$0.before, $0.after] })
    try adopt(c)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: margins.widths.count + 2, input)
    var shape = input
    for (axis, width) in margins.widths.enumerated() {
      guard let size = input[axis + 1] else { continue }
      if size <= width.before + width.after {
        throw Diagnostic(
          path, "nothing is left of the image",
          expected: "more than \(width.before + width.after) elements at axis \(axis + 1)",
          got: input.text)
      }
      shape[axis + 1] = size - width.before - width.after
    }
    return shape
  }

  public override var outputDType: DType { firstInputDType }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let inside = margins.widths.enumerated().map { axis, width -> any TensorIndexing in
      width.before..<(x.shape[axis + 1] - width.after)
    }
    switch inside.count {
    case 1: return x[.all, inside[0]]
    case 2: return x[.all, inside[0], inside[1]]
    default: return x[.all, inside[0], inside[1], inside[2]]
    }
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["cropping"] = margins.value
    if Self.spatialAxes > 1 { c["data_format"] = .string("channels_last") }
    return c
  }

  // For receptive fields: a window of one element that begins inside.
  public final var windowSize: [Int] { .init(repeating: 1, count: margins.widths.count) }
  public final var windowStrides: [Int] { windowSize }
  public final var windowDilation: [Int] { windowSize }
  public final func paddingBefore(_ size: Int, axis: Int) -> Int { -margins.widths[axis].before }
}

/// A series without its ends; see `Cropping`.
public final class Cropping1D: Cropping {
  override class var spatialAxes: Int { 1 }
  override class var defaultWidth: Int { 1 }
}
/// An image without its border; see `Cropping`.
public final class Cropping2D: Cropping {}
/// A volume without its border; see `Cropping`.
public final class Cropping3D: Cropping {
  override class var spatialAxes: Int { 3 }
  override class var defaultWidth: Int { 1 }
}
