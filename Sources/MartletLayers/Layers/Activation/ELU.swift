import MartletTensors

/// x where it is positive, alpha · (eˣ − 1) elsewhere (Clevert et al., 2016).
public final class ELU: Layer, ConfigurableLayer {
  /// What the function goes to, negated, far below 0.
  public let alpha: Double

  /// Creates the layer.
  public init(alpha: Double = 1, name: String? = nil) {
    self.alpha = alpha
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(alpha: try c.number("alpha", default: 1))
    try adopt(c)
  }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var supportsMasking: Bool { true }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.elu(alpha: alpha)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["alpha"] = .number(alpha)
    return c
  }
}
