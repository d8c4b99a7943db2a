import MartletTensors

/// Attention with several heads: softmax(q·k / √keyDim) v of each, with projections of its own.
///
/// Inputs, output and masks are those of `HeadAttention`. Vaswani et al., "Attention Is All You
/// Need", 2017.
public final class MultiHeadAttention: HeadAttention, ConfigurableLayer {
  /// The number of heads.
  public var numHeads: Int { heads.count }
  /// The width of a head's queries and keys.
  public var keyDim: Int { heads.keySize }
  /// The width of a head's values.
  public var valueDim: Int { heads.valueSize }
  /// The axes that are attended over; nil for all between batch and width.
  public var attentionAxes: [Int]? { heads.axes }

  /// Creates the layer; traps on a size below 1 and on a dropout outside 0…1.
  ///
  /// - Parameters:
  ///   - numHeads: The number of heads.
  ///   - keyDim: The width of a head's queries and keys.
  ///   - valueDim: The width of a head's values; nil for `keyDim`.
  ///   - dropout: The part of the attention weights that training drops.
  ///   - useBias: Whether the projections have biases.
  ///   - outputShape: The sizes behind the steps in the output; nil for those of the query.
  ///   - attentionAxes: The axes that are attended over; nil for all between batch and width.
  ///   - slidingWindow: How far from a step those that it attends to end.
  ///   - activityRegularizer: A penalty on what each projection gives.
  ///   - useGate: Whether what the heads give is multiplied by a gate made from the query.
  ///   - useCausalMask: Whether a step attends to none after it.
  ///   - returnAttentionScores: Whether the attention weights are a second output.
  public init(
    numHeads: Int, keyDim: Int, valueDim: Int? = nil, dropout: Double = 0, useBias: Bool = true,
    outputShape: (any AxisSizes)? = nil, attentionAxes: (any AxisSizes)? = nil,
    slidingWindow: Int? = nil, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil,
    useGate: Bool = false, seed: Int? = nil, useCausalMask: Bool = false,
    returnAttentionScores: Bool = false, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let (heads, options) = trapping(file, line) { () throws(Diagnostic) in
      (
        try HeadOptions(
          count: numHeads, keyCount: numHeads, keySize: keyDim, valueSize: valueDim ?? keyDim,
          outputSizes: outputShape?.axisSizes, axes: attentionAxes?.axisSizes, useBias: useBias,
          useGate: useGate, slidingWindow: slidingWindow,
          kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
          bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
          activityRegularizer: activityRegularizer
        ).checked("MultiHeadAttention"),
        try AttentionOptions(
          "MultiHeadAttention", dropout: dropout, seed: seed, useCausalMask: useCausalMask,
          returnAttentionScores: returnAttentionScores)
      )
    }
    super.init(heads, options, name: name)
  }

  public init(configuration c: Configuration) throws {
    let (count, size) = (try c.int("num_heads"), try c.int("key_dim"))
    let sizes = try c.optionalInts("output_shape")
    var heads = HeadOptions(
      count: count, keyCount: count, keySize: size,
      valueSize: try c.optionalInt("value_dim") ?? size,
      outputSizes: sizes?.isEmpty == true ? nil : sizes, axes: try c.optionalInts("attention_axes"))
    try heads.read(c)
    super.init(try heads.checked(c.className), try AttentionOptions(c), name: nil)
    // The projections have the penalty, not the layer around them.
    var rest = c
    rest["activity_regularizer"] = .null
    try adopt(rest)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["num_heads"] = .int(numHeads)
    c["key_dim"] = .int(keyDim)
    c["value_dim"] = .int(valueDim)
    c["output_shape"] = heads.outputSizes.map { .ints($0) } ?? .null
    c["attention_axes"] = attentionAxes.map { .ints($0) } ?? .null
    options.write(to: &c)
    heads.write(to: &c)
    return c
  }
}
