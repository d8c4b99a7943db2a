import MartletTensors

/// A fully connected layer: y = activation(x·kernel + bias), on the last axis of any rank ≥ 2.
///
/// Input (batch, …, in), output (batch, …, units); kernel (in, units), bias (units).
public final class Dense: Layer, ConfigurableLayer {
  /// The size of the output's last axis.
  public let units: Int
  /// The function of the result.
  public let activation: ActivationFunction
  /// Whether a bias is added.
  public let useBias: Bool
  private let kernelOptions: WeightOptions
  private let biasOptions: WeightOptions
  private var kernel: Variable!
  private var bias: Variable?

  /// Creates the layer.
  public init(
    _ units: Int, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, name: String? = nil
  ) {
    self.units = units
    self.activation = activation
    self.useBias = useBias
    kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
    biasOptions = WeightOptions(biasInitializer, biasRegularizer, biasConstraint)
    super.init(name: name)
    self.activityRegularizer = activityRegularizer
  }

  public convenience init(configuration c: Configuration) throws {
    let kernel = try WeightOptions(c, "kernel", .glorotUniform)
    let bias = try WeightOptions(c, "bias", .zeros)
    self.init(
      try c.int("units"), activation: try c.activation(),
      useBias: try c.bool("use_bias", default: true),
      kernelInitializer: kernel.initializer, biasInitializer: bias.initializer,
      kernelRegularizer: kernel.regularizer, biasRegularizer: bias.regularizer,
      kernelConstraint: kernel.constraint, biasConstraint: bias.constraint)
    try adopt(c)
  }

  public override func build(_ input: PartialShape) throws {
    try require(rank: 2..., input)
    kernel = addWeight("kernel", [try known(-1, of: input), units], kernelOptions)
    bias = useBias ? addWeight("bias", [units], biasOptions) : nil
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 2..., input)
    try require(axis: -1, of: input, is: kernel.shape[0])
    return input.dropLast() + [units]
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    var y = x.matmul(kernel.value)
    if let bias { y = y + bias.value }
    return activation(y)
  }

  public override var supportsMasking: Bool { true }

  public override var configuration: Configuration {
    var c = super.configuration
    c["units"] = .int(units)
    c["activation"] = activation.configurationValue
    c["use_bias"] = .bool(useBias)
    kernelOptions.write(to: &c, "kernel")
    biasOptions.write(to: &c, "bias")
    return c
  }
}
