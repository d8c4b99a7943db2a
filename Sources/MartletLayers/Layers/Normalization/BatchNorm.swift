import MartletTensors

/// Brings each channel of a batch to mean 0 and variance 1, then to a learnt mean and deviation.
///
///     y = gamma · (x − mean) / √(variance + epsilon) + beta
///
/// In training, mean and (biased) variance are those of the batch, over all axes but `axis`, and
/// the moving averages follow them: moving = momentum · moving + (1 − momentum) · batch. At
/// inference, and where `trainable` is false, they are the moving averages. Elements that a mask
/// (the input's shape without its last axis) leaves out do not count.
///
/// Ioffe and Szegedy, "Batch normalization", 2015. Weights, each of the size of `axis`: gamma,
/// beta; not trainable moving_mean, moving_variance.
public final class BatchNorm: Layer, ConfigurableLayer {
  /// The axis of the channels.
  public let axis: Int
  /// How much of the moving averages stays at a step.
  public let momentum: Double
  /// What is added to the variance before its root is taken.
  public let epsilon: Double
  private let affine: AffineOptions
  private let movingMeanInitializer: Initializer
  private let movingVarianceInitializer: Initializer
  private var gamma: Variable?
  private var beta: Variable?
  private var movingMean: Variable!
  private var movingVariance: Variable!

  /// Creates the layer; parameters as in Keras.
  ///
  /// - Parameters:
  ///   - axis: The axis of the channels; negative: from the end.
  ///   - momentum: How much of the moving averages stays at a step.
  ///   - epsilon: What is added to the variance.
  ///   - center: Whether beta is added.
  ///   - scale: Whether gamma multiplies.
  public init(
    axis: Int = -1, momentum: Double = 0.99, epsilon: Double = 1e-3, center: Bool = true,
    scale: Bool = true, betaInitializer: Initializer = .zeros,
    gammaInitializer: Initializer = .ones, movingMeanInitializer: Initializer = .zeros,
    movingVarianceInitializer: Initializer = .ones, betaRegularizer: Regularizer? = nil,
    gammaRegularizer: Regularizer? = nil, betaConstraint: Constraint? = nil,
    gammaConstraint: Constraint? = nil, name: String? = nil
  ) {
    self.axis = axis
    self.momentum = momentum
    self.epsilon = epsilon
    affine = AffineOptions(
      center: center, scale: scale,
      gamma: WeightOptions(gammaInitializer, gammaRegularizer, gammaConstraint),
      beta: WeightOptions(betaInitializer, betaRegularizer, betaConstraint))
    self.movingMeanInitializer = movingMeanInitializer
    self.movingVarianceInitializer = movingVarianceInitializer
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    if try c.bool("renorm", default: false) {
      throw Diagnostic(
        c.className, "batch renormalization is not supported", expected: "renorm false",
        got: "renorm true")
    }
    // Keras 2 kept the axis as a list of one.
    let axes = try c.ints("axis", default: [-1])
    if axes.count != 1 {
      throw Diagnostic(
        c.className, "it normalizes along several axes", expected: "one axis", got: "\(axes)")
    }
    let beta = try WeightOptions(c, "beta", .zeros)
    let gamma = try WeightOptions(c, "gamma", .ones)
    self.init(
      axis: axes[0], momentum: try c.number("momentum", default: 0.99),
      epsilon: try c.number("epsilon", default: 1e-3),
      center: try c.bool("center", default: true), scale: try c.bool("scale", default: true),
      betaInitializer: beta.initializer, gammaInitializer: gamma.initializer,
      movingMeanInitializer: try c.initializer("moving_mean_initializer", default: .zeros),
      movingVarianceInitializer: try c.initializer("moving_variance_initializer", default: .ones),
      betaRegularizer: beta.regularizer, gammaRegularizer: gamma.regularizer,
      betaConstraint: beta.constraint, gammaConstraint: gamma.constraint)
    try adopt(c)
  }

  public override var kerasName: String { "BatchNormalization" }
  public override var supportsMasking: Bool { true }

  public override func build(_ input: PartialShape) throws {
    let shape = [try known(axis, of: input)]
    gamma = affine.gamma.map { addWeight("gamma", shape, $0) }
    beta = affine.beta.map { addWeight("beta", shape, $0) }
    movingMean = addWeight("moving_mean", shape, movingMeanInitializer, trainable: false)
    movingVariance = addWeight(
      "moving_variance", shape, movingVarianceInitializer, trainable: false)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: builtShapes.isEmpty ? input.count : builtShapes[0].count, input)
    try require(axis: axis, of: input, is: movingMean.shape[0])
    return input
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let channels = axis < 0 ? axis + x.rank : axis
    if context.isTraining && trainable {
      if let mask = context.mask { return normalized(x, channels, mask) }
      let (y, mean, variance) = x.normalized(
        channels: channels, epsilon: epsilon, gamma: gamma?.value, beta: beta?.value)
      follow(mean, variance)
      return y
    }
    let distances = x - movingMean.value.aligned(to: [channels], of: x)
    return scaled(distances, movingVariance.value, channels)
  }

  /// y from the distances of the elements from their mean.
  private func scaled(_ distances: Tensor, _ variance: Tensor, _ channels: Int) -> Tensor {
    var factor = (variance + epsilon).rsqrt()
    if let gamma { factor = factor * gamma.value }
    let y = distances * factor.aligned(to: [channels], of: distances)
    return beta.map { y + $0.value.aligned(to: [channels], of: distances) } ?? y
  }

  /// y with the moments of the elements that a mask leaves in.
  private func normalized(_ x: Tensor, _ channels: Int, _ mask: Tensor) -> Tensor {
    let axes = x.shape.indices.filter { $0 != channels }
    func sum(_ x: Tensor) -> Tensor { x.sum(along: axes, keepingDimensions: true) }
    let counts = mask.expandingDimensions(at: -1).cast(to: .bool).broadcast(to: x.shape)
    let zeros = Tensor.zeros(like: x)
    let weight = sum(counts.cast(to: x.dtype)) + 1e-7
    let mean = sum(.where(counts, x, zeros)) / weight
    let distances = x - mean
    let variance = sum(Tensor.where(counts, distances, zeros).square()) / weight
    let size = movingMean.shape
    follow(mean.reshaped(to: size), variance.reshaped(to: size))
    return scaled(distances, variance.reshaped(to: size), channels)
  }

  private func follow(_ mean: Tensor, _ variance: Tensor) {
    for (average, batch) in [(movingMean!, mean), (movingVariance!, variance)] {
      average.assign(average.value * momentum + batch.stoppingGradient() * (1 - momentum))
    }
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = .int(axis)
    c["momentum"] = .number(momentum)
    c["epsilon"] = .number(epsilon)
    affine.write(to: &c)
    c["moving_mean_initializer"] = .configuration(movingMeanInitializer.configuration)
    c["moving_variance_initializer"] = .configuration(movingVarianceInitializer.configuration)
    return c
  }
}

/// Keras' long name.
public typealias BatchNormalization = BatchNorm
