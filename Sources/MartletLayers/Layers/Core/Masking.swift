import MartletTensors

/// Leaves out the steps whose features are all equal to a value: gives the layers that follow a mask,
/// and zeros in their place.
///
/// Input and output (batch, steps, features).
public final class Masking: Layer, ConfigurableLayer {
  /// The value that marks a step to leave out.
  public let maskValue: Double

  /// Creates the layer.
  public init(maskValue: Double = 0, name: String? = nil) {
    self.maskValue = maskValue
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(maskValue: try c.number("mask_value", default: 0))
    try adopt(c)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 1..., input)
    return input
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    .where((x .!= maskValue).any(along: -1, keepingDimensions: true), x, .zeros(like: x))
  }

  public override var supportsMasking: Bool { true }
  public override var makesMasks: Bool { true }
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    [(inputs[0] .!= maskValue).any(along: -1)]
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["mask_value"] = .number(maskValue)
    return c
  }
}
