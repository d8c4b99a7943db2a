import MartletTensors

/// The hyperparameters of attention with heads.
struct HeadOptions {
  /// The number of heads of the queries, and of keys and values.
  var count: Int
  var keyCount: Int
  /// The width of a head's queries and keys, and of its values.
  var keySize: Int
  var valueSize: Int
  /// The sizes behind the steps in the output; nil for those of the query.
  var outputSizes: [Int]?
  /// The axes that are attended over; nil for all between batch and width.
  var axes: [Int]?
  var useBias = true
  var useGate = false
  var slidingWindow: Int?
  var kernel = WeightOptions(.glorotUniform)
  var bias = WeightOptions(.zeros)
  /// The penalty on what the projections give.
  var activityRegularizer: Regularizer?

  func checked(_ layer: String) throws(Diagnostic) -> HeadOptions {
    let sizes = [count, keyCount, keySize, valueSize, slidingWindow ?? 1] + (outputSizes ?? [])
    if let wrong = sizes.first(where: { $0 <= 0 }) {
      throw Diagnostic(
        layer, "a number of heads or a size is no size", expected: "1 or more", got: "\(wrong)")
    }
    if count % keyCount != 0 {
      throw Diagnostic(
        layer, "the heads of the queries cannot be shared out to those of the keys",
        expected: "a multiple of \(keyCount)", got: "\(count)")
    }
    return self
  }

  mutating func read(_ c: Configuration) throws(Diagnostic) {
    useBias = try c.bool("use_bias", default: true)
    useGate = try c.bool("use_gate", default: false)
    slidingWindow = try c.optionalInt("sliding_window")
    kernel = try WeightOptions(c, "kernel", .glorotUniform)
    bias = try WeightOptions(c, "bias", .zeros)
    activityRegularizer = try c.regularizer("activity_regularizer")
  }

  func write(to c: inout Configuration) {
    c["use_bias"] = .bool(useBias)
    c["use_gate"] = .bool(useGate)
    c["sliding_window"] = .optional(slidingWindow)
    kernel.write(to: &c, "kernel")
    bias.write(to: &c, "bias")
    c["activity_regularizer"] = .optional(activityRegularizer?.configuration)
  }
}

/// How queries, keys and values of a rank meet.
struct HeadEquations {
  /// The rank of the inputs.
  let rank: Int
  /// The axes that are attended over.
  let axes: [Int]
  /// Scores from keys and queries, and means from weights and values.
  let scores: String
  let means: String

  static func letters(_ count: Int) -> Substring { "abcdefghijklmnopqrstuvwxyz".prefix(count) }

  init(_ layer: HeadAttention, query: PartialShape) throws(Diagnostic) {
    let rank = query.count
    self.rank = rank
    let axes = (layer.heads.axes ?? Array(1..<Swift.max(rank - 1, 1))).map {
      $0 < 0 ? $0 + rank : $0
    }
    self.axes = axes
    if rank < 3 || rank > 8 || axes.isEmpty || Set(axes).count != axes.count
      || !axes.allSatisfy({ (1..<(rank - 1)).contains($0) })
    {
      throw Diagnostic(
        layer.path, "the axes to attend over are not between batch and width",
        expected: "a query of (batch, steps…, width) and different axes from 1 to \(rank - 2)",
        got: "\(query.text) and the axes \(axes)")
    }
    if axes.count > 1 && (layer.useCausalMask || layer.slidingWindow != nil) {
      throw Diagnostic(
        layer.path, "several axes have no order that a causal mask or a window could follow",
        expected: "one axis to attend over", got: "the axes \(axes)")
    }
    let all = Array("abcdefghijklmnopqrstuvwxyz")
    // Batch and steps, then the head and the width of a head.
    let target = Array(all[0..<(rank + 1)])
    var keys = target
    for (place, axis) in axes.enumerated() { keys[axis] = all[rank + 1 + place] }
    let batch = (0..<rank).filter { !axes.contains($0) }.map { target[$0] }
    let product = String(batch + axes.map { target[$0] } + axes.map { keys[$0] })
    scores = String(keys) + "," + String(target) + "->" + product
    means = product + "," + String(keys) + "->" + String(target)
  }

  /// The shape of the scores.
  func scores(_ query: PartialShape, _ value: PartialShape, heads: Int) -> PartialShape {
    let batch = query.indices.dropLast().filter { !axes.contains($0) }.map { query[$0] }
    return batch + [heads] + axes.map { query[$0] } + axes.map { value[$0] }
  }
}
