import MartletTensors

/// Applies an activation function; the shape stays.
public final class Activation: Layer, ConfigurableLayer {
  /// The function of the input.
  public let activation: ActivationFunction

  /// Creates the layer.
  public init(_ activation: ActivationFunction, name: String? = nil) {
    self.activation = activation
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(try c.activation())
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["activation"] = activation.configurationValue
    return c
  }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor { activation(x) }
  public override var supportsMasking: Bool { true }
}
