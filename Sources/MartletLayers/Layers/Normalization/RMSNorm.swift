import MartletTensors

/// Brings the mean square of each sample along axes to 1, then to a learnt scale.
///
///     y = scale · x / √(mean(x²) + epsilon)
///
/// Zhang and Sennrich, "Root mean square layer normalization", 2019. Weight of the sizes of `axis`:
/// scale.
public final class RMSNorm: Layer, ConfigurableLayer {
  /// The axes that are normalized together.
  public let axis: [Int]
  /// What is added to the mean square before its root is taken.
  public let epsilon: Double
  private var scale: Variable!

  /// Creates the layer.
  public init(axis: any AxisSizes = -1, epsilon: Double = 1e-6, name: String? = nil) {
    self.axis = axis.axisSizes
    self.epsilon = epsilon
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(
      axis: try c.ints("axis", default: [-1]), epsilon: try c.number("epsilon", default: 1e-6))
    try adopt(c)
  }

  public override var kerasName: String { "RMSNormalization" }

  public override func build(_ input: PartialShape) throws {
    var shape: Shape = []
    for axis in try normalized(axes: axis, of: input) {
      shape.append(try known(axis, of: input))
    }
    scale = addWeight("scale", shape, .ones)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    for (axis, size) in zip(try normalized(axes: axis, of: input), scale.shape) {
      try require(axis: axis, of: input, is: size)
    }
    return input
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let axes = axis.map { $0 < 0 ? $0 + x.rank : $0 }.sorted()
    let square = x.square().mean(along: axes, keepingDimensions: true)
    return x * (square + epsilon).rsqrt() * scale.value.aligned(to: axes, of: x)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = axis.count == 1 ? .int(axis[0]) : .ints(axis)
    c["epsilon"] = .number(epsilon)
    return c
  }
}

/// Keras' long name of `RMSNorm`.
public typealias RMSNormalization = RMSNorm
