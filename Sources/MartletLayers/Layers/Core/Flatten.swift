import MartletTensors

/// Lays the axes after the batch out as one: (batch, a, b, …) to (batch, a·b·…).
public final class Flatten: Layer, ConfigurableLayer {
  /// Creates the layer.
  public override init(name: String? = nil) { super.init(name: name) }

  public convenience init(configuration c: Configuration) throws {
    try c.requireChannelsLast()
    self.init()
    try adopt(c)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 1..., input)
    return [input[0], PartialShape(input.dropFirst()).product]
  }

  public override var outputDType: DType { firstInputDType }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.reshaped(to: [x.shape[0], x.shape.dropFirst().reduce(1, *)])
  }
}
