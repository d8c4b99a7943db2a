import MartletTensors

// Keras' activations. Each is a property with Keras' defaults; those with hyperparameters are a
// function too.

extension ActivationFunction {
  /// x: no activation.
  public static let linear = ActivationFunction("linear") { $0 }
  /// x where it is positive, 0 elsewhere.
  public static let relu = ActivationFunction("relu") { $0.relu() }
  /// `relu` held at 6 from above.
  public static let relu6 = ActivationFunction("relu6") { $0.clipped(to: 0, 6) }
  /// `leakyRelu(negativeSlope: 0.2)`.
  public static let leakyRelu = leakyRelu(negativeSlope: 0.2)
  /// 1 / (1 + e⁻ˣ).
  public static let sigmoid = ActivationFunction("sigmoid") { $0.sigmoid() }
  /// The hyperbolic tangent.
  public static let tanh = ActivationFunction("tanh") { $0.tanh() }
  /// `softmax(axis: -1)`: positive numbers whose sum over the last axis is 1.
  public static let softmax = softmax(axis: -1)
  /// `logSoftmax(axis: -1)`.
  public static let logSoftmax = logSoftmax(axis: -1)
  /// `elu(alpha: 1)`.
  public static let elu = elu(alpha: 1)
  /// 1.0507 · elu(x, α = 1.6733), which keeps mean 0 and variance 1 (Klambauer et al., 2017).
  public static let selu = ActivationFunction("selu") { $0.selu() }
  /// log(1 + eˣ).
  public static let softplus = ActivationFunction("softplus") { $0.softplus() }
  /// x / (1 + |x|).
  public static let softsign = ActivationFunction("softsign") { $0.softsign() }
  /// x · sigmoid(x), also called swish (Ramachandran et al., 2017).
  public static let silu = ActivationFunction("silu") { $0.silu() }
  /// The same as `silu`.
  public static let swish = silu
  /// `gelu(approximate: false)`.
  public static let gelu = gelu(approximate: false)
  /// relu6(x + 3) / 6, as Keras 3 has it; Keras 2 had 0.2 x + ½ held between 0 and 1.
  public static let hardSigmoid = ActivationFunction("hard_sigmoid") { $0.hardSigmoid() }
  /// x · hardSigmoid(x), also called hard swish (Howard et al., 2019).
  public static let hardSilu = ActivationFunction("hard_silu") { $0 * $0.hardSigmoid() }
  /// The same as `hardSilu`.
  public static let hardSwish = hardSilu
  /// x held between −1 and 1.
  public static let hardTanh = ActivationFunction("hard_tanh") { $0.clipped(to: -1, 1) }
  /// x · tanh(softplus(x)) (Misra, 2019).
  public static let mish = ActivationFunction("mish") { $0.mish() }
  /// eˣ.
  public static let exponential = ActivationFunction("exponential") { $0.exp() }
  /// log(1 / (1 + e⁻ˣ)), without the digits that the logarithm of `sigmoid` would lose.
  public static let logSigmoid = ActivationFunction("log_sigmoid") { -(-$0).softplus() }
  /// `celu(alpha: 1)`.
  public static let celu = celu(alpha: 1)
  /// `glu(axis: -1)`.
  public static let glu = glu(axis: -1)
  /// `hardShrink(threshold: 0.5)`.
  public static let hardShrink = hardShrink(threshold: 0.5)
  /// `softShrink(threshold: 0.5)`.
  public static let softShrink = softShrink(threshold: 0.5)
  /// x − tanh(x).
  public static let tanhShrink = ActivationFunction("tanh_shrink") { $0 - $0.tanh() }
  /// `squareplus(b: 4)`.
  public static let squareplus = squareplus(b: 4)
  /// `sparsemax(axis: -1)`.
  public static let sparsemax = sparsemax(axis: -1)
  /// 0 up to −1, (x + 1)² / 4 up to 1, x from there on.
  public static let sparsePlus = ActivationFunction("sparse_plus") { x in
    let middle = (x + 1).square() * 0.25
    return .where(x .<= -1, .zeros(like: x), .where(x .>= 1, x, middle))
  }
  /// (x + 1) / 2 held between 0 and 1.
  public static let sparseSigmoid = ActivationFunction("sparse_sigmoid") {
    $0.clipped(to: -1, 1) * 0.5 + 0.5
  }
}

extension ActivationFunction {
  /// x above a threshold, held at a maximum; below, `negativeSlope` · (x − `threshold`).
  ///
  /// - Parameters:
  ///   - negativeSlope: The slope below the threshold; 0 gives 0 there.
  ///   - maxValue: The largest result; nil is none.
  ///   - threshold: Where the function begins.
  public static func relu(
    negativeSlope: Double = 0, maxValue: Double? = nil, threshold: Double = 0
  ) -> ActivationFunction {
    if negativeSlope == 0 && maxValue == nil && threshold == 0 { return relu }
    return ActivationFunction(
      "ReLU",
      [
        "negative_slope": .number(negativeSlope), "max_value": .optional(maxValue),
        "threshold": .number(threshold),
      ]
    ) { x in
      var y = threshold == 0 ? x.relu() : .where(x .> threshold, x, .zeros(like: x))
      if let maxValue { y = y.clipped(to: 0, maxValue) }
      if negativeSlope == 0 { return y }
      return y - (-x + threshold).relu() * negativeSlope
    }
  }

  /// x where it is positive, `negativeSlope` · x elsewhere.
  public static func leakyRelu(negativeSlope: Double) -> ActivationFunction {
    varied(
      "leaky_relu", "LeakyReLU",
      negativeSlope == 0.2
        ? [:]
        : [
          "negative_slope": .number(negativeSlope)
        ]
    ) {
      $0.leakyRelu(negativeSlope: negativeSlope)
    }
  }

  /// x where it is positive, α (eˣ − 1) elsewhere (Clevert et al., 2016).
  public static func elu(alpha: Double) -> ActivationFunction {
    varied("elu", "ELU", alpha == 1 ? [:] : ["alpha": .number(alpha)]) { $0.elu(alpha: alpha) }
  }

  /// max(x, 0) + α (e^min(x, 0)/α − 1): an `elu` whose slope is continuous for any α (Barron, 2017).
  public static func celu(alpha: Double) -> ActivationFunction {
    varied("celu", "celu", alpha == 1 ? [:] : ["alpha": .number(alpha)]) { x in
      let below = .where(x .> 0, .zeros(like: x), x) / alpha
      return .where(x .> 0, x, below.expm1() * alpha)
    }
  }

  /// x · Φ(x), or x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) if approximate (Hendrycks and Gimpel,
  /// 2016).
  public static func gelu(approximate: Bool) -> ActivationFunction {
    varied("gelu", "gelu", approximate ? ["approximate": .bool(true)] : [:]) {
      $0.gelu(approximate: approximate)
    }
  }

  /// eˣ / Σ eˣ along an axis, or several: positive numbers whose sum is 1.
  public static func softmax(axis: some AxisSizes) -> ActivationFunction {
    let axes = axis.axisSizes
    if axes.count == 1 {
      return varied("softmax", "Softmax", values(axes[0])) { $0.softmax(along: axes[0]) }
    }
    return ActivationFunction("Softmax", ["axis": .ints(axes)]) { x in
      (x - x.logSumExp(along: axes, keepingDimensions: true)).exp()
    }
  }

  /// The logarithm of `softmax`, without the digits that taking it would lose.
  public static func logSoftmax(axis: Int) -> ActivationFunction {
    varied("log_softmax", "log_softmax", values(axis)) { $0.logSoftmax(along: axis) }
  }

  /// The gated linear unit: the first half along an axis times the sigmoid of the second half, so
  /// that the axis becomes half as long (Dauphin et al., 2017); traps on an odd size.
  public static func glu(axis: Int) -> ActivationFunction {
    varied("glu", "glu", values(axis)) { x in
      let halves = x.split(into: 2, along: axis)
      return halves[0] * halves[1].sigmoid()
    }
  }

  /// x where |x| is above a threshold, 0 elsewhere.
  public static func hardShrink(threshold: Double) -> ActivationFunction {
    varied("hard_shrink", "hard_shrink", values(threshold, unless: 0.5)) { x in
      .where(x.abs() .> threshold, x, .zeros(like: x))
    }
  }

  /// x brought closer to 0 by a threshold, 0 within it.
  public static func softShrink(threshold: Double) -> ActivationFunction {
    varied("soft_shrink", "soft_shrink", values(threshold, unless: 0.5)) { x in
      let below = Tensor.where(x .< -threshold, x + threshold, .zeros(like: x))
      return .where(x .> threshold, x - threshold, below)
    }
  }

  /// (x + √(x² + b)) / 2 (Barron, 2021).
  public static func squareplus(b: Double) -> ActivationFunction {
    varied("squareplus", "squareplus", b == 4 ? [:] : ["b": .number(b)]) { x in
      (x + (x.square() + b).sqrt()) * 0.5
    }
  }

  /// The nearest point of the probability simplex along an axis: like `softmax`, with zeros
  /// (Martins and Astudillo, 2016).
  ///
  /// Keras 3.15 computes something else wherever more than one result is above 0: what it gives does
  /// not sum to 1.
  public static func sparsemax(axis: Int) -> ActivationFunction {
    varied("sparsemax", "sparsemax", values(axis)) { x in
      let axis = axis < 0 ? axis + x.rank : axis
      let sorted = x.sorted(along: axis, descending: true)
      let sums = sorted.cumulativeSum(along: axis)
      var counts = [Int](repeating: 1, count: x.rank)
      counts[axis] = x.shape[axis]
      let ranks = Tensor.arange(from: 1, to: x.shape[axis] + 1, dtype: x.dtype).reshaped(to: counts)
      let support = (sorted - (sums - 1) / ranks) .> 0
      let size = support.cast(to: x.dtype).sum(along: axis, keepingDimensions: true)
      let total = Tensor.where(support, sorted, .zeros(like: x))
        .sum(along: axis, keepingDimensions: true)
      return (x - (total - 1) / size).relu()
    }
  }

  /// x above a threshold, another number elsewhere.
  public static func threshold(_ threshold: Double, otherwise value: Double) -> ActivationFunction {
    ActivationFunction(
      "threshold", ["threshold": .number(threshold), "default_value": .number(value)]
    ) { x in
      .where(x .> threshold, x, .full(like: x, value))
    }
  }

  /// An activation under the name of Keras' function if it has no values, else under the other.
  private static func varied(
    _ name: String, _ variedName: String, _ values: [String: ConfigurationValue],
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) -> ActivationFunction {
    ActivationFunction(values.isEmpty ? name : variedName, values, function)
  }

  private static func values(_ axis: Int) -> [String: ConfigurationValue] {
    axis == -1 ? [:] : ["axis": .int(axis)]
  }

  private static func values(
    _ threshold: Double, unless usual: Double
  ) -> [String: ConfigurationValue] {
    threshold == usual ? [:] : ["threshold": .number(threshold)]
  }
}
