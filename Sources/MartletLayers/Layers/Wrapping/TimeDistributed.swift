import MartletTensors

/// A layer applied to each step of a series: to (batch, …) for each of (batch, steps, …).
///
/// All steps go through the layer at once, as one larger batch; a layer that learns from what it sees
/// in training other than by gradients, such as BatchNorm, sees one step after the other.
public final class TimeDistributed: Layer, ConfigurableLayer {
  /// The layer inside.
  public let layer: Layer

  /// Creates the layer.
  public init(_ layer: Layer, name: String? = nil) {
    self.layer = layer
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(try c.layer("layer"))
    try adopt(c)
  }

  public override func build(_ input: PartialShape) throws {
    try require(rank: 3..., input)
    try layer.build(for: [step(input)], dtypes: [firstInputDType])
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 3..., input)
    let output = try layer.outputShape(step(input))
    return [output[0], input[1]] + output.dropFirst()
  }

  private func step(_ input: PartialShape) -> PartialShape { [input[0]] + input.dropFirst(2) }

  public override var outputDType: DType { layer.outputDType }
  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let count = x.shape[1]
    if context.isTraining && count > 1 && learnsByItself {
      return .stack(
        (0..<count).map { index in
          layer(x[.all, index], context.with(masks: [context.mask.map { $0[.all, index] }]))
        }, along: 1)
    }
    func folded(_ x: Tensor) -> Tensor {
      x.reshaped(to: [x.shape[0] * x.shape[1]] + x.shape.dropFirst(2))
    }
    let y = layer(folded(x), context.with(masks: [context.mask.map(folded)]))
    return y.reshaped(to: [x.shape[0], count] + y.shape.dropFirst())
  }

  private var learnsByItself: Bool {
    var found = false
    layer.walk { inner in
      found = found || inner.ownWeights.contains { !$0.variable.isTrainable }
    }
    return found
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["layer"] = .configuration(layer.configuration)
    return c
  }
}
