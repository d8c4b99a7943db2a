import MartletTensors

/// Passes its input on and adds l1 · Σ |x| + l2 · Σ x², divided by the batch size, to the loss.
public final class ActivityRegularization: Layer, ConfigurableLayer {
  /// The factor of the sum of absolute values.
  public let l1: Double
  /// The factor of the sum of squares.
  public let l2: Double

  /// Creates the layer; traps on a negative factor.
  public init(
    l1: Double = 0, l2: Double = 0, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    self.l1 = l1
    self.l2 = l2
    super.init(name: name)
    activityRegularizer = .l1l2(l1: l1, l2: l2, file: file, line: line)
  }

  public convenience init(configuration c: Configuration) throws {
    let (l1, l2) = (try c.number("l1", default: 0), try c.number("l2", default: 0))
    if !(l1 >= 0 && l2 >= 0 && l1.isFinite && l2.isFinite) {
      throw Diagnostic(
        c.className, "a factor is negative or not finite", expected: "0 or more",
        got: "l1 \(l1), l2 \(l2)")
    }
    self.init(l1: l1, l2: l2)
    try adopt(c)
    activityRegularizer = .l1l2(l1: l1, l2: l2)
  }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x }

  public override var configuration: Configuration {
    var c = super.configuration
    c.values["activity_regularizer"] = nil
    c["l1"] = .number(l1)
    c["l2"] = .number(l2)
    return c
  }
}
