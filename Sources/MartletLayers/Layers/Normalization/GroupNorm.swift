import MartletTensors

/// Brings each group of channels of a sample to mean 0 and variance 1, then each channel to a learnt
/// mean and deviation.
///
///     y = gamma · (x − mean) / √(variance + epsilon) + beta
///
/// Mean and (biased) variance are those of all elements of a group of neighbouring channels. Wu and
/// He, "Group normalization", 2018. Weights, each of the size of `axis`: gamma, beta.
public final class GroupNorm: Layer, ConfigurableLayer {
  /// How many groups; -1 for one per channel.
  public let groups: Int
  /// The axis of the channels.
  public let axis: Int
  /// What is added to the variance before its root is taken.
  public let epsilon: Double
  private let affine: AffineOptions
  private var gamma: Variable?
  private var beta: Variable?

  /// Creates the layer; traps on a number of groups below 1 other than -1.
  ///
  /// - Parameters:
  ///   - groups: How many groups; -1 for one per channel (instance normalization).
  ///   - axis: The axis of the channels; negative: from the end.
  ///   - epsilon: What is added to the variance.
  ///   - center: Whether beta is added.
  ///   - scale: Whether gamma multiplies.
  public init(
    groups: Int = 32, axis: Int = -1, epsilon: Double = 1e-3, center: Bool = true,
    scale: Bool = true, betaInitializer: Initializer = .zeros,
    gammaInitializer: Initializer = .ones, betaRegularizer: Regularizer? = nil,
    gammaRegularizer: Regularizer? = nil, betaConstraint: Constraint? = nil,
    gammaConstraint: Constraint? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try GroupNorm.check(groups) }
    self.groups = groups
    self.axis = axis
    self.epsilon = epsilon
    affine = AffineOptions(
      center: center, scale: scale,
      gamma: WeightOptions(gammaInitializer, gammaRegularizer, gammaConstraint),
      beta: WeightOptions(betaInitializer, betaRegularizer, betaConstraint))
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let groups = try c.int("groups", default: 32)
    try GroupNorm.check(groups)
    let gamma = try WeightOptions(c, "gamma", .ones)
    let beta = try WeightOptions(c, "beta", .zeros)
    self.init(
      groups: groups, axis: try c.int("axis", default: -1),
      epsilon: try c.number("epsilon", default: 1e-3),
      center: try c.bool("center", default: true), scale: try c.bool("scale", default: true),
      betaInitializer: beta.initializer, gammaInitializer: gamma.initializer,
      betaRegularizer: beta.regularizer, gammaRegularizer: gamma.regularizer,
      betaConstraint: beta.constraint, gammaConstraint: gamma.constraint)
    try adopt(c)
  }

  private static func check(_ groups: Int) throws(Diagnostic) {
    if groups >= 1 || groups == -1 { return }
    throw Diagnostic(
      "GroupNormalization", "there are no groups", expected: "1 or more, or -1",
      got: "\(groups)")
  }

  public override var kerasName: String { "GroupNormalization" }
  public override var supportsMasking: Bool { true }

  public override func build(_ input: PartialShape) throws {
    let channels = try known(axis, of: input)
    if groups != -1 && (channels == 0 || channels % groups != 0) {
      throw Diagnostic(
        path, "the channels cannot be cut into \(groups) groups",
        expected: "a multiple of \(groups) at axis \(axis)", got: input.text)
    }
    gamma = affine.gamma.map { addWeight("gamma", [channels], $0) }
    beta = affine.beta.map { addWeight("beta", [channels], $0) }
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let channels = try known(axis, of: builtShapes.first ?? input)
    try require(axis: axis, of: input, is: channels)
    return input
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let position = axis < 0 ? axis + x.rank : axis
    let channels = x.shape[position]
    let count = groups == -1 ? channels : groups
    // The channels as two axes: groups, and the channels of each.
    let cut = [count, channels / Swift.max(count, 1)]
    let split = x.reshaped(
      to: Array(x.shape[..<position]) + cut + x.shape[(position + 1)...])
    let axes = (1..<split.rank).filter { $0 != position }
    var y = split.standardized(along: axes, epsilon: epsilon)
    func aligned(_ weight: Variable) -> Tensor {
      weight.value.reshaped(to: cut).aligned(to: [position, position + 1], of: split)
    }
    if let gamma { y = y * aligned(gamma) }
    if let beta { y = y + aligned(beta) }
    return y.reshaped(to: x.shape)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["groups"] = .int(groups)
    c["axis"] = .int(axis)
    c["epsilon"] = .number(epsilon)
    affine.write(to: &c)
    return c
  }
}

/// Keras' long name of `GroupNorm`.
public typealias GroupNormalization = GroupNorm
