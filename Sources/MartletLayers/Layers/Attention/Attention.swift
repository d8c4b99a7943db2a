import MartletTensors

/// Attention by products: the score of a query q and a key k is s q·k, or w Σ tanh(s (q + k)).
///
/// s is 1 or learned (`useScale`), w is learned. Inputs, output and masks are those of
/// `SequenceAttention`. Luong et al., "Effective Approaches to Attention-based Neural Machine
/// Translation", 2015.
public final class Attention: SequenceAttention, ConfigurableLayer {
  /// How a query and a key become a score.
  public enum ScoreMode: String, Sendable {
    /// Their product.
    case dot
    /// The sum of the hyperbolic tangents of their sum.
    case concat
  }

  /// How queries and keys are compared.
  public let scoreMode: ScoreMode
  private var concatScoreWeight: Variable?

  /// Creates the layer; traps on a dropout outside 0…1.
  ///
  /// - Parameters:
  ///   - useScale: Whether the scores have a factor that is learned.
  ///   - scoreMode: How a query and a key become a score.
  ///   - dropout: The part of the attention weights that training drops.
  ///   - useCausalMask: Whether a step attends to none after it.
  ///   - returnAttentionScores: Whether the attention weights are a second output.
  public init(
    useScale: Bool = false, scoreMode: ScoreMode = .dot, dropout: Double = 0, seed: Int? = nil,
    useCausalMask: Bool = false, returnAttentionScores: Bool = false, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.scoreMode = scoreMode
    let options = trapping(file, line) { () throws(Diagnostic) in
      try AttentionOptions(
        "Attention", dropout: dropout, seed: seed, useCausalMask: useCausalMask,
        returnAttentionScores: returnAttentionScores)
    }
    super.init(useScale: useScale, options, name: name)
  }

  public init(configuration c: Configuration) throws {
    let mode = try c.string("score_mode", default: "dot")
    guard let scoreMode = ScoreMode(rawValue: mode) else {
      throw Diagnostic(
        "Attention", "the score mode is not known", expected: "dot or concat", got: mode)
    }
    self.scoreMode = scoreMode
    super.init(
      useScale: try c.bool("use_scale", default: false), try AttentionOptions(c), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["score_mode"] = .string(scoreMode.rawValue)
    return c
  }

  override func buildWeights(_ query: PartialShape) {
    scale = useScale ? addWeight("scale", [], .ones) : nil
    concatScoreWeight = scoreMode == .concat ? addWeight("concat_score_weight", [], .ones) : nil
  }

  override func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
    guard let concatScoreWeight else {
      let products = super.scores(query, key)
      return scale.map { products * $0.value } ?? products
    }
    let sums = Tensor.pairs(query, key)
    return (scale.map { sums * $0.value } ?? sums).tanh().sum(along: -1) * concatScoreWeight.value
  }
}
