import MartletTensors

/// eˣ / Σ eˣ along one axis or several: positive numbers whose sum is 1.
///
/// Elements that a mask leaves out (it broadcasts against the input) get 0.
public final class Softmax: Layer, ConfigurableLayer {
  /// The axes that the sum is taken over.
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

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    for axis in axis where !(-input.count..<input.count).contains(axis) {
      throw Diagnostic(
        path, "the input has no axis \(axis)", expected: "more axes", got: input.text)
    }
    return input
  }

  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    guard let mask = context.mask else { return softmax(x) }
    let counts = mask.dtype == .bool ? mask : mask .> 0.5
    return .where(
      counts, softmax(.where(counts, x, .full(like: x, -1e9))), .zeros(like: x))
  }

  private func softmax(_ x: Tensor) -> Tensor {
    axis.count == 1
      ? x.softmax(along: axis[0]) : (x - x.logSumExp(along: axis, keepingDimensions: true)).exp()
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = axis.count == 1 ? .int(axis[0]) : .ints(axis)
    return c
  }
}
