import MartletTensors

/// The largest of each group of neighbouring features: with a `Dense(units · pieces)` before it, a
/// unit that learns a convex function of its own.
///
/// Input (…, units · pieces, …), output (…, units, …). Goodfellow et al., "Maxout networks", 2013;
/// Keras 3 has no such layer, that of TensorFlow Addons takes the same groups.
public final class Maxout: Layer, ConfigurableLayer {
  /// How many groups, the size of the axis in the output.
  public let units: Int
  /// The axis of the features.
  public let axis: Int

  /// Creates the layer; traps on a number of units below 1.
  public init(
    _ units: Int, axis: Int = -1, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try Maxout.check(units) }
    self.units = units
    self.axis = axis
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let units = try c.int("num_units")
    try Maxout.check(units)
    self.init(units, axis: try c.int("axis", default: -1))
    try adopt(c)
  }

  private static func check(_ units: Int) throws(Diagnostic) {
    if units >= 1 { return }
    throw Diagnostic("Maxout", "there are no units", expected: "1 or more", got: "\(units)")
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let size = try known(axis, of: input)
    if size % units != 0 {
      throw Diagnostic(
        path, "the features cannot be cut into \(units) groups",
        expected: "a multiple of \(units) at axis \(axis)", got: input.text)
    }
    var shape = input
    shape[axis < 0 ? axis + input.count : axis] = units
    return shape
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let position = axis < 0 ? axis + x.rank : axis
    let shape = Array(x.shape[..<position]) + [units, x.shape[position] / units]
    return x.reshaped(to: shape + x.shape[(position + 1)...]).max(along: position + 1)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["num_units"] = .int(units)
    c["axis"] = .int(axis)
    return c
  }
}
