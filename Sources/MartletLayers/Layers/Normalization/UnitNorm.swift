import MartletTensors

/// Brings each sample along axes to length 1: x / √Σ x²; zeros stay zeros.
public final class UnitNorm: Layer, ConfigurableLayer {
  /// The axes whose elements are one vector.
  public let axis: [Int]

  /// Creates the layer.
  public init(axis: any AxisSizes = -1, name: String? = nil) {
    self.axis = axis.axisSizes
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(axis: try c.ints("axis", default: [-1]))
    try adopt(c)
  }

  public override var kerasName: String { "UnitNormalization" }
  public override var supportsMasking: Bool { true }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    _ = try normalized(axes: axis, of: input)
    return input
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.withUnitLength(along: axis, leastLength: 1e-12)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = axis.count == 1 ? .int(axis[0]) : .ints(axis)
    return c
  }
}

extension Tensor {
  /// The tensor divided by its length along axes (nil: all), or by the least length if that is more.
  func withUnitLength(along axes: [Int]?, leastLength: Double = 1e-7) -> Tensor {
    let square = square().sum(along: axes, keepingDimensions: true)
    return self * square.maximum(leastLength * leastLength).rsqrt()
  }
}

/// Keras' long name of `UnitNorm`.
public typealias UnitNormalization = UnitNorm
