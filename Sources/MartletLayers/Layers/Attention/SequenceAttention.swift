import MartletTensors

/// What `Attention` and `AdditiveAttention` have in common: each step of a query becomes a mean of
/// the steps of a value, weighted by the softmax of scores.
///
/// Inputs [query, value] or [query, value, key] of shapes (batch, Tq, dim), (batch, Tv, width) and
/// (batch, Tv, dim); without a key the value is the key. Output (batch, Tq, width), and the weights
/// (batch, Tq, Tv) if they are asked for. Steps that the value's mask leaves out get no weight; those
/// that the query's mask leaves out give 0.
public class SequenceAttention: Layer {
  /// Whether the scores have a factor that is learned.
  public let useScale: Bool
  let options: AttentionOptions
  final var scale: Variable?
  private var source: RandomSource?

  /// The part of the attention weights that training drops.
  public final var dropout: Double { options.dropout }
  /// The seed of the dropout.
  public final var seed: Int? { options.seed }
  /// Whether a step attends to none after it; an argument of the call in Keras.
  public final var useCausalMask: Bool { options.useCausalMask }
  /// Whether the attention weights are a second output; an argument of the call in Keras.
  public final var returnAttentionScores: Bool { options.returnAttentionScores }

  init(useScale: Bool, _ options: AttentionOptions, name: String?) {
    self.useScale = useScale
    self.options = options
    super.init(name: name)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["use_scale"] = .bool(useScale)
    options.write(to: &c)
    return c
  }

  /// (batch, Tq, Tv) from (batch, Tq, dim) and (batch, Tv, dim).
  func scores(_ query: Tensor, _ key: Tensor) -> Tensor { query.matmul(key.withLastAxesSwapped) }

  /// Makes the weights for queries of a width.
  func buildWeights(_ query: PartialShape) throws {}

  public override func build(inputs: [PartialShape]) throws {
    _ = try outputShapes(inputs)
    try buildWeights(inputs[0])
    source = dropout > 0 ? addRandomSource(seed: seed) : nil
  }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    guard (2...3).contains(inputs.count) else {
      throw Diagnostic(
        path, "attention is of a query to a value",
        expected: "[query, value] or [query, value, key]",
        got: "\(inputs.count) inputs")
    }
    let (query, value) = (inputs[0], inputs[1])
    let key = inputs[inputs.count - 1]
    let rank = query.count
    guard rank >= 3, value.count == rank, key.count == rank,
      PartialShape(query.dropLast(2)).admits(PartialShape(key.dropLast(2))),
      PartialShape(value.dropLast()).admits(PartialShape(key.dropLast())),
      [query[rank - 1]].admits([key[rank - 1]])
    else {
      throw Diagnostic(
        path, "the inputs do not fit each other",
        expected: "(batch, Tq, dim), (batch, Tv, width) and (batch, Tv, dim)",
        got: inputs.map(\.text).joined(separator: ", "))
    }
    if let scale, scale.shape.count == 1 {
      try require(axis: -1, of: query, is: scale.shape[0])
    }
    let steps = PartialShape(query.dropLast())
    let output = steps + [value[rank - 1]]
    return returnAttentionScores ? [output, steps + [value[rank - 2]]] : [output]
  }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let (query, value) = (inputs[0], inputs[1])
    var scores = scores(query, inputs[inputs.count - 1])
    let masks = context.masks
    var allowed = masks.count > 1 ? masks[1]?.expandingDimensions(at: -2) : nil
    if useCausalMask {
      let (queries, keys) = (scores.shape[scores.rank - 2], scores.shape[scores.rank - 1])
      let earlier = AttentionOptions.steps(queries: queries, keys: keys, causal: true)
      allowed = allowed.map { $0 .& earlier! } ?? earlier
    }
    if let allowed { scores = .where(allowed, scores, scores - 1e9) }
    var weights = scores.softmax()
    if context.isTraining, let source {
      weights = dropped(weights, rate: dropout, shape: weights.shape, source)
    }
    var output = weights.matmul(value)
    if let mask = context.mask {
      output = .where(mask.expandingDimensions(at: -1), output, .zeros(like: output))
    }
    return returnAttentionScores ? [output, weights] : [output]
  }

  public override var supportsMasking: Bool { true }
}

extension Tensor {
  /// Each matrix of the last two axes transposed.
  fileprivate var withLastAxesSwapped: Tensor {
    transposed(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  /// (…, a, 1, d) + (…, 1, b, d): each query with each key.
  static func pairs(_ query: Tensor, _ key: Tensor) -> Tensor {
    query.expandingDimensions(at: -2) + key.expandingDimensions(at: -3)
  }
}
