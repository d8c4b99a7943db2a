import MartletTensors

/// The largest element, or the mean, of each channel of an image: `GlobalMaxPool1D` to
/// `GlobalAvgPool3D`.
///
/// Input (batch, sizes…, channels), output (batch, channels), or with sizes of 1 between them.
/// The mean over time leaves out the steps that a mask leaves out.
public class GlobalPooling: Layer, ConfigurableLayer {
  class var spatialAxes: Int { 2 }
  class var takesMaximum: Bool { true }
  /// Whether the spatial axes stay, with size 1.
  public let keepDims: Bool

  /// Creates the layer.
  public init(keepDims: Bool = false, name: String? = nil) {
    self.keepDims = keepDims
    super.init(name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    self.init(keepDims: try c.bool("keepdims", default: false))
    try adopt(c)
  }

  public override var kerasName: String {
    (Self.takesMaximum ? "GlobalMax" : "GlobalAverage") + "Pooling\(Self.spatialAxes)D"
  }

  /// A mask has no meaning for the output: there are no steps left.
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] { [nil] }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: Self.spatialAxes + 2, input)
    let between: PartialShape = keepDims ? .init(repeating: 1, count: Self.spatialAxes) : []
    return [input[0]] + between + [input[input.count - 1]]
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if Self.takesMaximum { return x.globalMaxPooled(keepingDimensions: keepDims) }
    guard Self.spatialAxes == 1, let mask = context.mask else {
      return x.globalAveragePooled(keepingDimensions: keepDims)
    }
    let counts = mask.expandingDimensions(at: -1).cast(to: .bool)
    let sum = Tensor.where(counts, x, .zeros(like: x))
      .sum(along: 1, keepingDimensions: keepDims)
    return sum / counts.cast(to: x.dtype).sum(along: 1, keepingDimensions: keepDims)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["data_format"] = .string("channels_last")
    c["keepdims"] = .bool(keepDims)
    return c
  }
}

/// The largest element of each channel of a series; see `GlobalPooling`.
public final class GlobalMaxPool1D: GlobalPooling {
  override class var spatialAxes: Int { 1 }
}
/// The largest element of each channel of an image; see `GlobalPooling`.
public final class GlobalMaxPool2D: GlobalPooling {}
/// The largest element of each channel of a volume; see `GlobalPooling`.
public final class GlobalMaxPool3D: GlobalPooling {
  override class var spatialAxes: Int { 3 }
}
/// The mean of each channel of a series; see `GlobalPooling`.
public final class GlobalAvgPool1D: GlobalPooling {
  override class var spatialAxes: Int { 1 }
  override class var takesMaximum: Bool { false }
}
/// The mean of each channel of an image; see `GlobalPooling`.
public final class GlobalAvgPool2D: GlobalPooling {
  override class var takesMaximum: Bool { false }
}
/// The mean of each channel of a volume; see `GlobalPooling`.
public final class GlobalAvgPool3D: GlobalPooling {
  override class var spatialAxes: Int { 3 }
  override class var takesMaximum: Bool { false }
}

/// Keras' long name of `GlobalMaxPool1D`.
public typealias GlobalMaxPooling1D = GlobalMaxPool1D
/// Keras' long name of `GlobalMaxPool2D`.
public typealias GlobalMaxPooling2D = GlobalMaxPool2D
/// Keras' long name of `GlobalMaxPool3D`.
public typealias GlobalMaxPooling3D = GlobalMaxPool3D
/// Keras' long name of `GlobalAvgPool1D`.
public typealias GlobalAveragePooling1D = GlobalAvgPool1D
/// Keras' long name of `GlobalAvgPool2D`.
public typealias GlobalAveragePooling2D = GlobalAvgPool2D
/// Keras' long name of `GlobalAvgPool3D`.
public typealias GlobalAveragePooling3D = GlobalAvgPool3D
