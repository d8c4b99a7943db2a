import MartletTensors

/// x where it is positive, alpha · x elsewhere, with a learnt alpha for each element of a sample.
///
/// Input and output (batch, …); alpha of the input's shape without the batch, with size 1 at the
/// shared axes. He et al., "Delving deep into rectifiers", 2015.
public final class PReLU: Layer, ConfigurableLayer {
  /// The axes along which one alpha serves all, counted with the batch as 0; nil for none.
  public let sharedAxes: [Int]?
  private let alphaOptions: WeightOptions
  private var alpha: Variable!

  /// Creates the layer.
  ///
  /// - Parameter sharedAxes: The axes along which one alpha serves all: `[1, 2]` for the sizes of
  ///   images, so that each channel has one.
  public init(
    alphaInitializer: Initializer = .zeros, alphaRegularizer: Regularizer? = nil,
    alphaConstraint: Constraint? = nil, sharedAxes: (any AxisSizes)? = nil, name: String? = nil
  ) {
    self.sharedAxes = sharedAxes?.axisSizes
    alphaOptions = WeightOptions(alphaInitializer, alphaRegularizer, alphaConstraint)
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let alpha = try WeightOptions(c, "alpha", .zeros)
    self.init(
      alphaInitializer: alpha.initializer, alphaRegularizer: alpha.regularizer,
      alphaConstraint: alpha.constraint, sharedAxes: try c.optionalInts("shared_axes"))
    try adopt(c)
  }

  public override func build(_ input: PartialShape) throws {
    if let wrong = sharedAxes?.first(where: { !input.indices.dropFirst().contains($0) }) {
      throw Diagnostic(
        path, "a shared axis is none of the input", expected: "axes 1 to \(input.count - 1)",
        got: "\(wrong), \(input.text)")
    }
    var shape: Shape = []
    for axis in input.indices.dropFirst() {
      shape.append(sharedAxes?.contains(axis) == true ? 1 : try known(axis, of: input))
    }
    alpha = addWeight("alpha", shape, alphaOptions)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: alpha.shape.count + 1, input)
    for (axis, size) in alpha.shape.enumerated() where sharedAxes?.contains(axis + 1) != true {
      try require(axis: axis + 1, of: input, is: size)
    }
    return input
  }

  public override var supportsMasking: Bool { true }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.relu() - alpha.value * (-x).relu()
  }

  public override var configuration: Configuration {
    var c = super.configuration
    alphaOptions.write(to: &c, "alpha")
    c["shared_axes"] = sharedAxes.map { .ints($0) } ?? .null
    return c
  }
}
