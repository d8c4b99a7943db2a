import MartletTensors

/// What all attention layers have in common: dropout of the attention weights, and what Keras gives
/// to each call.
struct AttentionOptions {
  /// The part of the attention weights that training drops.
  let dropout: Double
  let seed: Int?
  /// Whether a step attends to none after it.
  let useCausalMask: Bool
  /// Whether the attention weights are a second output.
  let returnAttentionScores: Bool

  /// The keys that are arguments of a call in Keras' files, not part of a layer's configuration.
  static let callKeys = ["use_causal_mask", "return_attention_scores"]

  init(
    _ layer: String, dropout: Double, seed: Int?, useCausalMask: Bool,
    returnAttentionScores: Bool
  ) throws(Diagnostic) {
    guard (0...1).contains(dropout) else {
      throw Diagnostic(layer, "the dropout is no part", expected: "0 to 1", got: "\(dropout)")
    }
    self.dropout = dropout
    self.seed = seed
    self.useCausalMask = useCausalMask
    self.returnAttentionScores = returnAttentionScores
  }

  init(_ c: Configuration) throws(Diagnostic) {
    try self.init(
      c.className, dropout: try c.number("dropout", default: 0),
      seed: try c.optionalInt("seed"),
      useCausalMask: try c.bool("use_causal_mask", default: false),
      returnAttentionScores: try c.bool("return_attention_scores", default: false))
  }

  func write(to c: inout Configuration) {
    c["dropout"] = .number(dropout)
    c["seed"] = .optional(seed)
    if useCausalMask { c["use_causal_mask"] = .bool(true) }
    if returnAttentionScores { c["return_attention_scores"] = .bool(true) }
  }

  /// Which of `keys` steps each of `queries` steps may attend to: [1, queries, keys].
  ///
  /// - Parameters:
  ///   - causal: Whether none after its own.
  ///   - window: Only steps less than this far away, where given.
  static func steps(queries: Int, keys: Int, causal: Bool, window: Int? = nil) -> Tensor? {
    let rows = Tensor.arange(queries).reshaped(to: [1, queries, 1])
    let columns = Tensor.arange(keys).reshaped(to: [1, 1, keys])
    let earlier = causal ? rows .>= columns : nil
    guard let window else { return earlier }
    let near = (rows - columns).abs() .< window
    return earlier.map { $0 .& near } ?? near
  }
}

extension Configuration {
  /// The configuration with what the calls of an attention layer ask for; throws if they differ.
  func adding(callKeysOf nodes: [ConfigurationValue], _ layer: String) throws(Diagnostic)
    -> Configuration
  {
    var all = self
    for key in AttentionOptions.callKeys {
      let values = nodes.map { node in
        guard case .object(let object) = node, case .object(let keywords)? = object["kwargs"]
        else { return false }
        return keywords[key]?.asBool ?? false
      }
      guard values.contains(true) else { continue }
      if values.contains(false) {
        throw Diagnostic(
          layer, "its calls differ in \"\(key)\"", expected: "one value for all calls",
          got: "\(values)")
      }
      all[key] = .bool(true)
    }
    return all
  }
}
