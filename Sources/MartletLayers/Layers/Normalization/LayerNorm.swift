import MartletTensors

/// Brings each sample to mean 0 and variance 1 along axes, then to a learnt mean and deviation.
///
///     y = gamma · (x − mean) / √(variance + epsilon) + beta
///
/// Mean and (biased) variance are those over `axis`, in training and at inference. Ba et al., "Layer
/// normalization", 2016. Weights of the sizes of `axis`: gamma, beta.
public final class LayerNorm: Layer, ConfigurableLayer {
  /// The axes that are normalized together.
  public let axis: [Int]
  /// What is added to the variance before its root is taken.
  public let epsilon: Double
  private let affine: AffineOptions
  private var gamma: Variable?
  private var beta: Variable?

  /// Creates the layer.
  ///
  /// - Parameters:
  ///   - axis: The axes that are normalized together: one, or several.
  ///   - epsilon: What is added to the variance.
  ///   - center: Whether beta is added.
  ///   - scale: Whether gamma multiplies.
  public init(
    axis: any AxisSizes = -1, epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true,
    betaInitializer: Initializer = .zeros, gammaInitializer: Initializer = .ones,
    betaRegularizer: Regularizer? = nil, gammaRegularizer: Regularizer? = nil,
    betaConstraint: Constraint? = nil, gammaConstraint: Constraint? = nil, name: String? = nil
  ) {
    self.axis = axis.axisSizes
    self.epsilon = epsilon
    affine = AffineOptions(
      center: center, scale: scale,
      gamma: WeightOptions(gammaInitializer, gammaRegularizer, gammaConstraint),
      beta: WeightOptions(betaInitializer, betaRegularizer, betaConstraint))
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    if try c.bool("rms_scaling", default: false) {
      throw Diagnostic(
        c.className, "rms_scaling is not supported", expected: "rms_scaling false",
        got: "rms_scaling true", fix: "use RMSNormalization")
    }
    let gamma = try WeightOptions(c, "gamma", .ones)
    let beta = try WeightOptions(c, "beta", .zeros)
    self.init(
      axis: try c.ints("axis", default: [-1]), epsilon: try c.number("epsilon", default: 1e-3),
      center: try c.bool("center", default: true), scale: try c.bool("scale", default: true),
      betaInitializer: beta.initializer, gammaInitializer: gamma.initializer,
      betaRegularizer: beta.regularizer, gammaRegularizer: gamma.regularizer,
      betaConstraint: beta.constraint, gammaConstraint: gamma.constraint)
    try adopt(c)
  }

  public override var kerasName: String { "LayerNormalization" }
  public override var supportsMasking: Bool { true }

  public override func build(_ input: PartialShape) throws {
    var shape: Shape = []
    for axis in try normalized(axes: axis, of: input) {
      shape.append(try known(axis, of: input))
    }
    gamma = affine.gamma.map { addWeight("gamma", shape, $0) }
    beta = affine.beta.map { addWeight("beta", shape, $0) }
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let axes = try normalized(axes: axis, of: input)
    if let weight = gamma ?? beta {
      for (axis, size) in zip(axes, weight.shape) {
        try require(axis: axis, of: input, is: size)
      }
    }
    return input
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let axes = axis.map { $0 < 0 ? $0 + x.rank : $0 }.sorted()
    var y = x.standardized(along: axes, epsilon: epsilon)
    if let gamma { y = y * gamma.value.aligned(to: axes, of: x) }
    if let beta { y = y + beta.value.aligned(to: axes, of: x) }
    return y
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = axis.count == 1 ? .int(axis[0]) : .ints(axis)
    c["epsilon"] = .number(epsilon)
    c["rms_scaling"] = .bool(false)
    affine.write(to: &c)
    return c
  }
}

/// Keras' long name of `LayerNorm`.
public typealias LayerNormalization = LayerNorm
