import MartletTensors

/// Attention by sums: the score of a query q and a key k is Σ s tanh(q + k), s learned for each
/// element.
///
/// Inputs, output and masks are those of `SequenceAttention`. Bahdanau et al., "Neural Machine
/// Translation by Jointly Learning to Align and Translate", 2015.
public final class AdditiveAttention: SequenceAttention, ConfigurableLayer {
  /// Creates the layer; traps on a dropout outside 0…1.
  ///
  /// - Parameters:
  ///   - useScale: Whether the elements have factors that are learned.
  ///   - dropout: The part of the attention weights that training drops.
  ///   - useCausalMask: Whether a step attends to none after it.
  ///   - returnAttentionScores: Whether the attention weights are a second output.
  public init(
    useScale: Bool = true, dropout: Double = 0, seed: Int? = nil, useCausalMask: Bool = false,
    returnAttentionScores: Bool = false, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let options = trapping(file, line) { () throws(Diagnostic) in
      try AttentionOptions(
        "AdditiveAttention", dropout: dropout, seed: seed, useCausalMask: useCausalMask,
        returnAttentionScores: returnAttentionScores)
    }
    super.init(useScale: useScale, options, name: name)
  }

  public init(configuration c: Configuration) throws {
    super.init(
      useScale: try c.bool("use_scale", default: true), try AttentionOptions(c), name: nil)
    try adopt(c)
  }

  override func buildWeights(_ query: PartialShape) throws {
    scale = useScale ? addWeight("scale", [try known(-1, of: query)], .glorotUniform) : nil
  }

  override func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
    let sums = Tensor.pairs(query, key).tanh()
    return (scale.map { sums * $0.value } ?? sums).sum(along: -1)
  }
}
