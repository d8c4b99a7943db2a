import MartletLayers
import MartletTensors

extension Loss {
  /// The circle loss of embeddings, with Keras' defaults.
  public static var circle: Loss { circle() }
  /// The circle loss of embeddings: those of one class are drawn together, all others apart.
  ///
  /// With d = max(1 − p pᵀ, 0) and m the margin, over the pairs of each sample i:
  ///
  ///     softplus(log Σ₊ exp(−γ (m + d)(m − d)) + log Σ₋ exp(γ (1 + m − d)(1 − m − d)))
  ///
  /// Samples without a pair of both kinds cost 0 and do not count in a mean.
  ///
  /// - Parameters:
  ///   - gamma: How steep the loss is.
  ///   - margin: How close a class has to be, 0 … 1.
  ///   - removeDiagonal: Whether a sample is no pair with itself.
  /// - Source: Sun et al., *Circle Loss*, 2020.
  public static func circle(
    gamma: Double = 80, margin: Double = 0.4, removeDiagonal: Bool = true,
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "circle", className: "Circle", reduction,
      [
        "gamma": .number(gamma), "margin": .number(margin),
        "remove_diagonal": .bool(removeDiagonal),
      ], targets: .embeddings
    ) { labels, p in
      let distance = (1 - p.matmul(p.transposed())).maximum(0)
      let count = labels.count
      let column = labels.reshaped(to: [count, 1])
      let isSame = column .== labels.reshaped(to: [1, count])
      var isPositive = isSame
      if removeDiagonal {
        isPositive = isSame .& .!Tensor.eye(count, dtype: .bool)
      }
      let near = (distance + margin).maximum(0) * (distance - margin) * gamma
      let far = (1 + margin - distance).maximum(0) * (1 - margin - distance) * gamma
      let value = (logSum(near, where: isPositive) + logSum(far, where: .!isSame)).softplus()
      return LossValues(value, mask: value .> 0)
    }
  }

  /// log Σ eˣ over those of each row that count; −∞ where none does.
  private static func logSum(_ x: Tensor, where counts: Tensor) -> Tensor {
    let lowest = Tensor.full(like: x, -.infinity)
    // A row of −∞ has no slope: its largest element is held finite before it is subtracted.
    let kept = Tensor.where(counts, x, lowest)
    let isEmpty = .!counts.any(along: 1)
    let safe = Tensor.where(isEmpty.expandingDimensions(at: 1), .zeros(like: x), kept)
    let sum = safe.logSumExp(along: 1)
    return .where(isEmpty, .full(like: sum, -.infinity), sum)
  }
}

extension TargetRule {
  /// A class number for each embedding of a matrix.
  static let embeddings = TargetRule(
    mistake: { who, target, prediction in
      if prediction.count == 2 && (target == [prediction[0]] || target == [prediction[0], 1]) {
        return nil
      }
      return Diagnostic(
        who, "the targets do not fit the embeddings",
        expected: "class numbers [batch] or [batch, 1], embeddings [batch, size]",
        got: "targets \(target), embeddings \(prediction)")
    },
    prepare: { y, p in
      (y.cast(to: .int32), p.dtype.isFloating ? p : p.cast(to: .float32))
    })
}

extension LossKind {
  static let circle = LossKind("Circle", ["circle"]) { configuration throws(Diagnostic) in
    .circle(
      gamma: try configuration.number("gamma", default: 80),
      margin: try configuration.number("margin", default: 0.4),
      removeDiagonal: try configuration.bool("remove_diagonal", default: true))
  }
}
