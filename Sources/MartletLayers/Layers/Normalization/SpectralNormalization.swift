import MartletTensors

/// A layer whose kernel is divided by its largest singular value at each training call.
///
/// The singular value is followed by `powerIterations` steps of the power method from where the last
/// call ended. Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
/// Weight: vector_u (1, the kernel's last size), not trainable.
public final class SpectralNormalization: Layer, ConfigurableLayer {
  /// The layer inside; it has a weight `kernel` or `embeddings`.
  public let layer: Layer
  /// The steps of the power method at each training call.
  public let powerIterations: Int
  private var vectorU: Variable!
  private var kernel: Variable!

  /// Creates the layer; traps on a number of steps below 1.
  public init(
    _ layer: Layer, powerIterations: Int = 1, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try SpectralNormalization.check(powerIterations)
    }
    self.layer = layer
    self.powerIterations = powerIterations
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let steps = try c.int("power_iterations", default: 1)
    try SpectralNormalization.check(steps)
    self.init(try c.layer("layer"), powerIterations: steps)
    try adopt(c)
  }

  private static func check(_ steps: Int) throws(Diagnostic) {
    if steps >= 1 { return }
    throw Diagnostic(
      "SpectralNormalization", "there are no steps", expected: "1 or more", got: "\(steps)")
  }

  public override func build(_ input: PartialShape) throws {
    try layer.build(for: [input], dtypes: [dtype])
    let names = ["kernel", "embeddings"]
    guard let weight = layer.ownWeights.first(where: { names.contains($0.name) }) else {
      throw Diagnostic(
        path, "the layer inside has nothing to normalize",
        expected: "a weight \"kernel\" or \"embeddings\"", got: layer.kerasName)
    }
    kernel = weight.variable
    // Keras counts the kernel as a weight of this layer too, and files hold it twice.
    ownWeights.append(Weight(name: "kernel", variable: kernel, regularizer: nil))
    vectorU = addWeight(
      "vector_u", [1, kernel.shape[kernel.shape.count - 1]],
      .truncatedNormal(mean: 0, standardDeviation: 0.02), trainable: false)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try layer.outputShape(input)
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    if context.isTraining { normalize() }
    return layer(x, context)
  }

  private func normalize() {
    let matrix = kernel.value.reshaped(to: [-1, vectorU.shape[1]])
    var u = vectorU.value
    var v = u
    for _ in 0..<powerIterations {
      v = u.matmul(matrix.transposed()).withUnitLength(along: nil)
      u = v.matmul(matrix).withUnitLength(along: nil)
    }
    (u, v) = (u.stoppingGradient(), v.stoppingGradient())
    let largest = v.matmul(matrix).matmul(u.transposed()).reshaped(to: [])
    // A kernel of zeros has no direction: it stays.
    let isZero = (kernel.value .== 0).all()
    vectorU.assign(.where(isZero, vectorU.value, u))
    kernel.assign(kernel.value / .where(isZero, .ones(like: largest), largest))
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["layer"] = .configuration(layer.configuration)
    c["power_iterations"] = .int(powerIterations)
    return c
  }
}
