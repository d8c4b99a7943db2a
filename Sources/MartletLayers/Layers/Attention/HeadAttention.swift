import MartletTensors

/// What `MultiHeadAttention` and `GroupQueryAttention` have in common: queries, keys and values are
/// projected for each head, each head attends by softmax(q·k / √size), and one projection joins
/// what the heads give.
///
/// Inputs [query, value], [query, value, key] or either of them with the attention mask at the end:
/// (batch, T, …), (batch, S, …), (batch, S, …) and (batch, T, S), the latter of bools where there is
/// no key. Output (batch, T, width), and the weights (batch, heads, T, S) if they are asked for.
/// A query attends to the steps that all masks let it: the attention mask, those of query, value and
/// key, the causal one and the window.
public class HeadAttention: Layer {
  let options: AttentionOptions
  let heads: HeadOptions
  private var queryDense: EinsumDense!
  private var keyDense: EinsumDense!
  private var valueDense: EinsumDense!
  private var outputDense: EinsumDense!
  private var gateDense: EinsumDense?
  private var equations: HeadEquations!
  private var source: RandomSource?

  /// The part of the attention weights that training drops.
  public final var dropout: Double { options.dropout }
  /// The seed of the dropout.
  public final var seed: Int? { options.seed }
  /// Whether a step attends to none after it; an argument of the call in Keras.
  public final var useCausalMask: Bool { options.useCausalMask }
  /// Whether the attention weights are a second output; an argument of the call in Keras.
  public final var returnAttentionScores: Bool { options.returnAttentionScores }
  /// Whether the projections have biases.
  public final var useBias: Bool { heads.useBias }
  /// Whether what the heads give is multiplied by the sigmoid of another projection of the query.
  public final var useGate: Bool { heads.useGate }
  /// How far from a step those that it attends to end: less than this; nil for no bound.
  public final var slidingWindow: Int? { heads.slidingWindow }

  init(_ heads: HeadOptions, _ options: AttentionOptions, name: String?) {
    self.heads = heads
    self.options = options
    super.init(name: name)
  }

  /// What is written before a projection's name in Keras' files.
  var filePrefix: String { "" }

  public override var sublayers: [(name: String, layer: Layer)] {
    guard let queryDense, let keyDense, let valueDense, let outputDense else { return [] }
    var found: [(name: String, layer: Layer)] = [
      (filePrefix + "query_dense", queryDense), (filePrefix + "key_dense", keyDense),
    ]
    if let gateDense { found.append(("_gate_dense", gateDense)) }
    return found + [
      (filePrefix + "value_dense", valueDense), (filePrefix + "output_dense", outputDense),
    ]
  }

  public override func build(inputs: [PartialShape]) throws {
    // A third input of bools is the mask; its numbers would be a key's.
    let hasKey = inputs.count == 4 || (inputs.count == 3 && inputDTypes[2] != .bool)
    guard (2...4).contains(inputs.count) else { throw wrongCount(inputs) }
    let (query, value) = (inputs[0], inputs[1])
    let key = hasKey ? inputs[2] : value
    let equations = try HeadEquations(self, query: query)
    self.equations = equations
    try check(query: query, value: value, key: key)
    let sizes = [heads.count, heads.keySize]
    queryDense = try projection("query", query, to: sizes)
    keyDense = try projection("key", key, to: [heads.keyCount, heads.keySize])
    gateDense =
      useGate
      ? try projection("gate", query, to: [heads.count, heads.valueSize], activation: .sigmoid)
      : nil
    valueDense = try projection("value", value, to: [heads.keyCount, heads.valueSize])
    let joined = PartialShape(query.dropLast()) + [heads.count, heads.valueSize]
    outputDense = try projection(
      "attention_output", joined, summing: 2,
      to: try heads.outputSizes ?? [known(-1, of: query)])
    source = dropout > 0 ? addRandomSource(seed: seed) : nil
  }

  private func projection(
    _ name: String, _ input: PartialShape, summing: Int = 1, to sizes: [Int],
    activation: ActivationFunction = .linear
  ) throws -> EinsumDense {
    let kept = input.count - summing
    let letters = HeadEquations.letters(input.count + sizes.count)
    let outputs = letters.dropFirst(input.count)
    let kernel = letters.dropFirst(kept)
    let equation =
      String(letters.prefix(input.count)) + "," + String(kernel) + "->"
      + String(letters.prefix(kept) + outputs)
    let dense = EinsumDense(
      equation, outputShape: [Int?](repeating: nil, count: kept - 1) + sizes.map(Optional.some),
      activation: activation, biasAxes: useBias ? String(outputs) : nil,
      kernelInitializer: heads.kernel.initializer, biasInitializer: heads.bias.initializer,
      kernelRegularizer: heads.kernel.regularizer, biasRegularizer: heads.bias.regularizer,
      activityRegularizer: heads.activityRegularizer, kernelConstraint: heads.kernel.constraint,
      biasConstraint: heads.bias.constraint, name: name)
    try dense.build(for: [input], dtypes: [dtype])
    return dense
  }

  // MARK: Shapes

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    guard (2...4).contains(inputs.count) else { throw wrongCount(inputs) }
    let (query, value) = (inputs[0], inputs[1])
    try require(rank: equations.rank, query)
    try require(rank: equations.rank, value)
    let scores = equations.scores(query, value, heads: heads.count)
    var mask = inputs.count == 4 ? inputs[3] : nil
    var key = inputs.count == 4 ? inputs[2] : value
    if inputs.count == 3 {
      // Which of the two it is shows in its type, which is not known here.
      let fits = PartialShape(value.dropLast()).admits(PartialShape(inputs[2].dropLast()))
      if fits, (try? keyDense.outputShape(inputs[2])) != nil {
        key = inputs[2]
      } else {
        mask = inputs[2]
      }
    }
    try check(query: query, value: value, key: key)
    if let mask {
      let steps = PartialShape(scores.suffix(2 * equations.axes.count))
      let found = PartialShape(mask.suffix(steps.count))
      guard found.count == steps.count, mask.count <= scores.count,
        zip(found, steps).allSatisfy({ $0 == 1 || [$0].admits([$1]) })
      else {
        throw Diagnostic(
          path, "a third input is neither key nor mask",
          expected: "a key that fits the value \(value.text), or a mask that ends in \(steps.text)",
          got: mask.text)
      }
    }
    let sizes = heads.outputSizes.map { $0.map(Optional.some) } ?? PartialShape(query.suffix(1))
    let output = PartialShape(query.dropLast()) + sizes
    return returnAttentionScores ? [output, scores] : [output]
  }

  private func check(query: PartialShape, value: PartialShape, key: PartialShape) throws {
    let axes = equations.axes
    let fits =
      value.count == query.count && key.count == query.count
      && PartialShape(value.dropLast()).admits(PartialShape(key.dropLast()))
      && query.indices.dropLast().allSatisfy {
        axes.contains($0) || [query[$0]].admits([value[$0]])
      }
    if !fits {
      throw Diagnostic(
        path, "the inputs do not fit each other",
        expected: "equal ranks; value and key alike but for the last axis; queries like them but "
          + "for the axes \(axes) and the last",
        got: [query, value, key].map(\.text).joined(separator: ", "))
    }
    guard let queryDense, let keyDense, let valueDense, isBuilt else { return }
    _ = try queryDense.outputShape(query)
    _ = try keyDense.outputShape(key)
    _ = try valueDense.outputShape(value)
  }

  private func wrongCount(_ inputs: [PartialShape]) -> Diagnostic {
    Diagnostic(
      path, "attention is of a query to a value",
      expected: "[query, value], [query, value, key], and perhaps a mask",
      got: "\(inputs.count) inputs")
  }

  // MARK: Running

  public override var supportsMasking: Bool { true }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let (query, value) = (inputs[0], inputs[1])
    let maskIsThird = inputs.count == 3 && inputs[2].dtype == .bool
    let key = inputs.count > 2 && !maskIsThird ? inputs[2] : value
    var given = inputs.count == 4 ? inputs[3] : maskIsThird ? inputs[2] : nil
    if let mask = given, mask.dtype != .bool { given = mask .!= Tensor.zeros(like: mask) }
    let allowed = mask(given, query, value, context)

    let plain = context.with(masks: [nil])
    let q = queryDense(query, plain) * (1 / Double(heads.keySize).squareRoot())
    let k = repeated(keyDense(key, plain))
    let v = repeated(valueDense(value, plain))
    let scores = Tensor.einsum(equations.scores, k, q)
    let weights = softmax(scores, allowed, context)
    var kept = weights
    if context.isTraining, let source {
      kept = dropped(weights, rate: dropout, shape: weights.shape, source)
    }
    var joined = Tensor.einsum(equations.means, kept, v)
    if let gateDense { joined = joined * gateDense(query, plain) }
    let output = outputDense(joined, plain)
    return returnAttentionScores ? [output, weights] : [output]
  }

  /// Keys or values of fewer heads, each given to as many queries' heads.
  private func repeated(_ x: Tensor) -> Tensor {
    heads.keyCount == heads.count
      ? x : x.repeated(heads.count / heads.keyCount, along: x.rank - 2)
  }

  /// All masks together, as they stretch over the scores.
  private func mask(
    _ given: Tensor?, _ query: Tensor, _ value: Tensor, _ context: CallContext
  ) -> Tensor? {
    var masks = [given]
    for (index, mask) in context.masks.prefix(3).enumerated() {
      masks.append(mask?.expandingDimensions(at: index == 0 ? -1 : -2))
    }
    if useCausalMask || slidingWindow != nil {
      let axis = equations.axes[0]
      masks.append(
        AttentionOptions.steps(
          queries: query.shape[axis], keys: value.shape[axis], causal: useCausalMask,
          window: slidingWindow))
    }
    let known = masks.compactMap { $0 }
    guard let first = known.first else { return nil }
    let all = known.dropFirst().reduce(first) { $0 .& $1 }
    let steps = 2 * equations.axes.count
    let batch = all.shape.dropLast(steps)
    let ones = Shape(
      repeating: 1, count: Swift.max(query.rank + equations.axes.count - all.rank, 0))
    return all.reshaped(to: batch + ones + all.shape.suffix(steps))
  }

  private func softmax(_ scores: Tensor, _ mask: Tensor?, _ context: CallContext) -> Tensor {
    let axes = equations.axes.count
    if axes == 1, dropout == 0, !returnAttentionScores, equations.rank == 3 {
      // Keras' short way: a query that may attend to nothing attends to all alike.
      return (mask.map { .where($0, scores, .full(like: scores, -1e30)) } ?? scores).softmax()
    }
    let softmax = Softmax(axis: Array(-axes..<0))
    return softmax.call([scores], context.with(masks: [mask]))[0]
  }
}
