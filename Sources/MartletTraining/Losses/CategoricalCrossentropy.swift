import MartletLayers
import MartletTensors

// Cross-entropies between a distribution over classes and a prediction of it.

extension Loss {
  /// The cross-entropy of one-hot or other distributions with predicted probabilities.
  public static var categoricalCrossentropy: Loss { categoricalCrossentropy() }
  /// The cross-entropy of one-hot or other distributions with predictions, −Σ y log p.
  ///
  /// Probabilities are divided by their sum and held in [1e-7, 1 − 1e-7] first: a class predicted
  /// with probability 0 costs 16.118. `fromLogits` is faster and more exact.
  ///
  /// - Parameters:
  ///   - fromLogits: Whether predictions are logits, before a softmax.
  ///   - labelSmoothing: How much of each target is spread evenly over all classes, 0 … 1.
  ///   - axis: The axis of the classes.
  public static func categoricalCrossentropy(
    fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "categorical_crossentropy", className: "CategoricalCrossentropy", reduction,
      [
        "from_logits": .bool(fromLogits), "label_smoothing": .number(labelSmoothing),
        "axis": .int(axis),
      ], targets: .distributions(along: axis)
    ) { y, p in
      let y = smoothed(y, labelSmoothing)
      if fromLogits {
        return LossValues(
          Tensor.crossEntropy(logits: p.lastAxis(from: axis), labels: y.lastAxis(from: axis)))
      }
      return LossValues(-(y * normalized(p, along: axis).log()).sum(along: axis))
    }
  }

  /// The cross-entropy of class numbers with predicted probabilities.
  public static var sparseCategoricalCrossentropy: Loss { sparseCategoricalCrossentropy() }
  /// The cross-entropy of class numbers with predictions, −log p[class].
  ///
  /// Probabilities are divided by their sum and held in [1e-7, 1 − 1e-7] first: a class predicted
  /// with probability 0 costs 16.118. `fromLogits` is faster and more exact.
  ///
  /// - Parameters:
  ///   - fromLogits: Whether predictions are logits, before a softmax.
  ///   - ignoreClass: A class number whose samples do not count, −1 for instance; means are over the
  ///     others.
  ///   - axis: The axis of the classes.
  public static func sparseCategoricalCrossentropy(
    fromLogits: Bool = false, ignoreClass: Int? = nil, axis: Int = -1,
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "sparse_categorical_crossentropy", className: "SparseCategoricalCrossentropy", reduction,
      [
        "from_logits": .bool(fromLogits), "ignore_class": .optional(ignoreClass),
        "axis": .int(axis),
      ], targets: .classes(along: axis, ignoring: ignoreClass)
    ) { labels, p in
      guard let ignoreClass else {
        return LossValues(sparse(labels, p, fromLogits: fromLogits, axis: axis))
      }
      let counts = labels .!= ignoreClass
      let known = Tensor.where(counts, labels, .zeros(like: labels))
      let values = sparse(known, p, fromLogits: fromLogits, axis: axis)
      return LossValues(.where(counts, values, .zeros(like: values)), mask: counts)
    }
  }

  /// The cross-entropy that fits the shapes, as Keras' "crossentropy" resolves: binary for one
  /// output, sparse for class numbers, categorical otherwise.
  public static var crossentropy: Loss {
    Loss(
      "crossentropy", className: "crossentropy", .sumOverBatchSize, targets: .crossentropy
    ) { y, p in
      crossentropy(y.shape, p.shape).compute(y, p)
    }
  }

  /// The cross-entropy for targets and predictions of two shapes.
  static func crossentropy(_ target: Shape, _ prediction: Shape) -> Loss {
    switch Prediction(target, prediction) {
    case .binary: binaryCrossentropy
    case .sparse: sparseCategoricalCrossentropy
    case .categorical: categoricalCrossentropy
    }
  }

  /// −log of the probability of each label.
  private static func sparse(
    _ labels: Tensor, _ p: Tensor, fromLogits: Bool, axis: Int
  ) -> Tensor {
    if fromLogits { return Tensor.crossEntropy(logits: p.lastAxis(from: axis), labels: labels) }
    // Picked before it is divided and held in bounds: the same numbers, for one element a row.
    // Gathering takes indices from the end too; no class is negative.
    let wide = labels.dtype == .uint8 ? labels.cast(to: .int32) : labels
    let classes = Double(p.shape[axis < 0 ? axis + p.rank : axis])
    let places = labels.dtype == .uint8 ? wide : Tensor.where(wide .< 0, wide - classes, wide)
    let picked = p.takingAlong(axis, at: places.expandingDimensions(at: axis))
      .squeezed(along: axis)
    return -(picked / p.sum(along: axis)).clipped(to: epsilon, 1 - epsilon).log()
  }

  /// Probabilities divided by their sum and held away from 0 and 1.
  static func normalized(_ p: Tensor, along axis: Int) -> Tensor {
    (p / p.sum(along: axis, keepingDimensions: true)).clipped(to: epsilon, 1 - epsilon)
  }

  /// Targets of which a part is spread evenly over the classes of the last axis.
  static func smoothed(_ y: Tensor, _ smoothing: Double) -> Tensor {
    smoothing == 0 ? y : y * (1 - smoothing) + smoothing / Double(max(y.shape.last ?? 1, 1))
  }
}

/// What a prediction is of, as far as shapes tell: how Keras resolves "accuracy" and "crossentropy".
enum Prediction {
  case binary, sparse, categorical

  init(_ target: Shape, _ prediction: Shape) {
    if prediction.last == 1 || prediction.isEmpty {
      self = .binary
    } else if target.count < prediction.count || target.last == 1 {
      self = .sparse
    } else {
      self = .categorical
    }
  }
}

extension TargetRule {
  /// The rule of the cross-entropy that fits the shapes.
  static let crossentropy = TargetRule(
    mistake: { who, target, prediction in
      Loss.crossentropy(target, prediction).targets.mistake(who, target, prediction)
    },
    prepare: { y, p in Loss.crossentropy(y.shape, p.shape).targets.prepare(y, p) })
}

extension Tensor {
  /// The tensor with an axis moved to the end.
  func lastAxis(from axis: Int) -> Tensor {
    axis == -1 || axis == rank - 1 ? self : movingAxis(axis, to: -1)
  }
}

extension LossKind {
  static let categoricalCrossentropy = LossKind(
    "CategoricalCrossentropy", ["categorical_crossentropy"]
  ) { configuration throws(Diagnostic) in
    .categoricalCrossentropy(
      fromLogits: try configuration.bool("from_logits", default: false),
      labelSmoothing: try configuration.number("label_smoothing", default: 0),
      axis: try configuration.int("axis", default: -1))
  }
  static let sparseCategoricalCrossentropy = LossKind(
    "SparseCategoricalCrossentropy", ["sparse_categorical_crossentropy"]
  ) { configuration throws(Diagnostic) in
    .sparseCategoricalCrossentropy(
      fromLogits: try configuration.bool("from_logits", default: false),
      ignoreClass: try configuration.optionalInt("ignore_class"),
      axis: try configuration.int("axis", default: -1))
  }
  static let crossentropy = LossKind("crossentropy", ["ce"]) { _ in .crossentropy }
}
