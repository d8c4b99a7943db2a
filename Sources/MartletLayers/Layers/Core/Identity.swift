import MartletTensors

/// Passes its input on.
public final class Identity: Layer, ConfigurableLayer {
  /// Creates the layer.
  public override init(name: String? = nil) { super.init(name: name) }

  public convenience init(configuration c: Configuration) throws {
    self.init()
    try adopt(c)
  }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override var outputDType: DType { firstInputDType }
  public override var supportsMasking: Bool { true }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x }
}
