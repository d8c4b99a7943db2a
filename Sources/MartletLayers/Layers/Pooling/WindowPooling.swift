import MartletTensors

/// The largest element, or the mean, of each window of an image: `MaxPool1D` to `AvgPool3D`.
///
/// Input (batch, sizes…, channels), output (batch, counts…, channels). With padding `.same`, what
/// lies outside the image does not count, in the mean neither.
public class WindowPooling: Layer, WindowedLayer, ConfigurableLayer {
  class var spatialAxes: Int { 2 }
  class var takesMaximum: Bool { true }
  private let window: Window

  /// The size of the windows along each spatial axis.
  public final var poolSize: [Int] { window.size }
  /// How far apart windows begin.
  public final var strides: [Int] { window.strides }
  /// What stands around the image.
  public final var padding: Padding { window.padding }

  /// Creates the layer; traps on a size below 1.
  ///
  /// - Parameters:
  ///   - poolSize: The size of the windows: one for all spatial axes, or one for each.
  ///   - strides: How far apart windows begin; the window's own size where it is not given.
  ///   - padding: `.valid` or `.same`.
  public init(
    _ poolSize: any AxisSizes = 2, strides: (any AxisSizes)? = nil, padding: Padding = .valid,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    window = trapping(file, line) { () throws(Diagnostic) in
      try Window(
        "\(Self.self)", axes: Self.spatialAxes, size: poolSize.axisSizes,
        strides: strides?.axisSizes ?? poolSize.axisSizes, padding: padding)
    }
    super.init(name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    let window = try Window(c, axes: Self.spatialAxes, size: "pool_size", defaultSize: [2])
    self.init(window.size, strides: window.strides, padding: window.padding)
    try adopt(c)
  }

  public override var kerasName: String {
    (Self.takesMaximum ? "Max" : "Average") + "Pooling\(Self.spatialAxes)D"
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try [input.first ?? nil] + window.outputSizes(of: input, in: self) + [input.last ?? nil]
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    Self.takesMaximum
      ? x.maxPooled(over: window.size, strides: window.strides, padding: window.padding)
      : x.averagePooled(over: window.size, strides: window.strides, padding: window.padding)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    window.write(to: &c, size: "pool_size")
    return c
  }

  public var windowSize: [Int] { window.size }
  public var windowStrides: [Int] { window.strides }
  public var windowDilation: [Int] { window.dilation }
  public func paddingBefore(_ size: Int, axis: Int) -> Int {
    window.paddingBefore(size, axis: axis)
  }
}

/// The largest element of each window of a series; see `WindowPooling`.
public final class MaxPool1D: WindowPooling {
  override class var spatialAxes: Int { 1 }
}
/// The largest element of each window of an image; see `WindowPooling`.
public final class MaxPool2D: WindowPooling {}
/// The largest element of each window of a volume; see `WindowPooling`.
public final class MaxPool3D: WindowPooling {
  override class var spatialAxes: Int { 3 }
}
/// The mean of each window of a series; see `WindowPooling`.
public final class AvgPool1D: WindowPooling {
  override class var spatialAxes: Int { 1 }
  override class var takesMaximum: Bool { false }
}
/// The mean of each window of an image; see `WindowPooling`.
public final class AvgPool2D: WindowPooling {
  override class var takesMaximum: Bool { false }
}
/// The mean of each window of a volume; see `WindowPooling`.
public final class AvgPool3D: WindowPooling {
  override class var spatialAxes: Int { 3 }
  override class var takesMaximum: Bool { false }
}

/// Keras' long name of `MaxPool1D`.
public typealias MaxPooling1D = MaxPool1D
/// Keras' long name of `MaxPool2D`.
public typealias MaxPooling2D = MaxPool2D
/// Keras' long name of `MaxPool3D`.
public typealias MaxPooling3D = MaxPool3D
/// Keras' long name of `AvgPool1D`.
public typealias AveragePooling1D = AvgPool1D
/// Keras' long name of `AvgPool2D`.
public typealias AveragePooling2D = AvgPool2D
/// Keras' long name of `AvgPool3D`.
public typealias AveragePooling3D = AvgPool3D
