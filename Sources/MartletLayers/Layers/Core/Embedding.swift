import MartletTensors

/// A vector for each of a number of things, learnt: the row of a table that an integer names.
///
/// Input (batch, …) of integers 0 ..< inputDim, output (batch, …, outputDim); embeddings (inputDim,
/// outputDim). Negative integers count from the end, as in Keras. One outside traps when the output
/// is computed; `fit`, `evaluate` and `predict` throw before that for what a model's input hands
/// straight to the layer.
public final class Embedding: Layer, ConfigurableLayer {
  /// How many things there are.
  public let inputDim: Int
  /// The size of a vector.
  public let outputDim: Int
  /// Whether 0 stands for no thing: a mask then leaves it out in the layers that follow.
  public let maskZero: Bool
  private let options: WeightOptions
  private var embeddings: Variable!

  /// Creates the layer; traps on a size below 1.
  ///
  /// - Parameters:
  ///   - inputDim: How many things there are; one more than the largest integer.
  ///   - outputDim: The size of a vector.
  ///   - maskZero: Whether 0 stands for no thing.
  public init(
    _ inputDim: Int, _ outputDim: Int, embeddingsInitializer: Initializer = .randomUniform,
    embeddingsRegularizer: Regularizer? = nil, embeddingsConstraint: Constraint? = nil,
    maskZero: Bool = false, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try Embedding.check(inputDim, outputDim) }
    self.inputDim = inputDim
    self.outputDim = outputDim
    self.maskZero = maskZero
    options = WeightOptions(embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint)
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let (inputDim, outputDim) = (try c.int("input_dim"), try c.int("output_dim"))
    try Embedding.check(inputDim, outputDim)
    let options = try WeightOptions(c, "embeddings", .randomUniform)
    self.init(
      inputDim, outputDim, embeddingsInitializer: options.initializer,
      embeddingsRegularizer: options.regularizer, embeddingsConstraint: options.constraint,
      maskZero: try c.bool("mask_zero", default: false))
    try adopt(c)
  }

  private static func check(_ inputDim: Int, _ outputDim: Int) throws(Diagnostic) {
    if inputDim >= 1 && outputDim >= 1 { return }
    throw Diagnostic(
      "Embedding", "the table has no rows or no columns", expected: "sizes of 1 or more",
      got: "\(inputDim) by \(outputDim)")
  }

  public override func build(_ input: PartialShape) {
    embeddings = addWeight("embeddings", [inputDim, outputDim], options)
  }

  override var takesWholeNumbers: Bool { true }
  override var tableSize: Int? { inputDim }

  public override func outputShape(_ input: PartialShape) -> PartialShape { input + [outputDim] }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let indices = x.dtype.isInteger ? x : x.cast(to: .int32)
    return embeddings.value.taking(indices, along: 0, file: context.file, line: context.line)
  }

  public override var makesMasks: Bool { maskZero }
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    [maskZero ? inputs[0] .!= 0 : nil]
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["input_dim"] = .int(inputDim)
    c["output_dim"] = .int(outputDim)
    options.write(to: &c, "embeddings")
    c["mask_zero"] = .bool(maskZero)
    return c
  }
}
