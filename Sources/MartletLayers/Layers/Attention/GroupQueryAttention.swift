import MartletTensors

/// Attention with several heads, of which some share their keys and values.
///
/// Inputs of rank 3, output and masks are those of `HeadAttention`. Ainslie et al., "GQA: Training
/// Generalized Multi-Query Transformer Models from Multi-Head Checkpoints", 2023.
public final class GroupQueryAttention: HeadAttention, ConfigurableLayer {
  /// The width of a head.
  public var headDim: Int { heads.keySize }
  /// The number of heads of the queries.
  public var numQueryHeads: Int { heads.count }
  /// The number of heads of keys and values.
  public var numKeyValueHeads: Int { heads.keyCount }

  /// Creates the layer; traps on a size below 1, on a number of heads that cannot be shared out and
  /// on a dropout outside 0…1.
  ///
  /// - Parameters:
  ///   - headDim: The width of a head.
  ///   - numQueryHeads: The number of heads of the queries, a multiple of the next.
  ///   - numKeyValueHeads: The number of heads of keys and values.
  ///   - dropout: The part of the attention weights that training drops.
  ///   - useBias: Whether the projections have biases.
  ///   - slidingWindow: How far from a step those that it attends to end.
  ///   - activityRegularizer: A penalty on the output and on what each projection gives.
  ///   - useGate: Whether what the heads give is multiplied by a gate made from the query.
  ///   - useCausalMask: Whether a step attends to none after it.
  ///   - returnAttentionScores: Whether the attention weights are a second output.
  public init(
    headDim: Int, numQueryHeads: Int, numKeyValueHeads: Int, dropout: Double = 0,
    useBias: Bool = true, slidingWindow: Int? = nil,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, useGate: Bool = false, seed: Int? = nil,
    useCausalMask: Bool = false, returnAttentionScores: Bool = false, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let (heads, options) = trapping(file, line) { () throws(Diagnostic) in
      (
        try HeadOptions(
          count: numQueryHeads, keyCount: numKeyValueHeads, keySize: headDim, valueSize: headDim,
          axes: [1], useBias: useBias, useGate: useGate, slidingWindow: slidingWindow,
          kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
          bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
          activityRegularizer: activityRegularizer
        ).checked("GroupQueryAttention"),
        try AttentionOptions(
          "GroupQueryAttention", dropout: dropout, seed: seed, useCausalMask: useCausalMask,
          returnAttentionScores: returnAttentionScores)
      )
    }
    super.init(heads, options, name: name)
    self.activityRegularizer = activityRegularizer
  }

  public init(configuration c: Configuration) throws {
    let size = try c.int("head_dim")
    var heads = HeadOptions(
      count: try c.int("num_query_heads"), keyCount: try c.int("num_key_value_heads"),
      keySize: size, valueSize: size, axes: [1])
    try heads.read(c)
    super.init(try heads.checked(c.className), try AttentionOptions(c), name: nil)
    try adopt(c)
  }

  override var filePrefix: String { "_" }

  public override func build(inputs: [PartialShape]) throws {
    for input in inputs.prefix(2) { try require(rank: 3, input) }
    try super.build(inputs: inputs)
  }

  /// Keras' class has another name than the one under which Keras exports and saves it.
  public override var kerasName: String { "GroupedQueryAttention" }

  public override var configuration: Configuration {
    var c = Configuration("GroupQueryAttention", super.configuration.values)
    c["head_dim"] = .int(headDim)
    c["num_query_heads"] = .int(numQueryHeads)
    c["num_key_value_heads"] = .int(numKeyValueHeads)
    options.write(to: &c)
    heads.write(to: &c)
    return c
  }
}
