import MartletLayers
import MartletTensors

// Relatives of the categorical cross-entropy: one that plays down what is easy, one that forgives
// wrong labels.

extension Loss {
  /// The categorical cross-entropy with less weight on what is already right, with Keras' defaults.
  public static var categoricalFocalCrossentropy: Loss { categoricalFocalCrossentropy() }
  /// The categorical cross-entropy with less weight on what is already right,
  /// −Σ α (1 − p)^γ y log p.
  ///
  /// Probabilities are divided by their sum and held in [1e-7, 1 − 1e-7] first.
  ///
  /// - Parameters:
  ///   - alpha: A factor for all classes, or one for each along the last axis.
  ///   - gamma: How strongly what is right is played down.
  ///   - fromLogits: Whether predictions are logits, before a softmax.
  ///   - labelSmoothing: How much of each target is spread evenly over all classes, 0 … 1.
  ///   - axis: The axis of the classes.
  /// - Source: Lin et al., *Focal Loss for Dense Object Detection*, 2017.
  public static func categoricalFocalCrossentropy(
    alpha: any Numbers = 0.25, gamma: Double = 2, fromLogits: Bool = false,
    labelSmoothing: Double = 0, axis: Int = -1, reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "categorical_focal_crossentropy", className: "CategoricalFocalCrossentropy", reduction,
      [
        "alpha": .numbers(alpha), "gamma": .number(gamma), "from_logits": .bool(fromLogits),
        "label_smoothing": .number(labelSmoothing), "axis": .int(axis),
      ], targets: .distributions(along: axis)
    ) { y, p in
      let y = smoothed(y, labelSmoothing)
      let p = normalized(fromLogits ? p.softmax(along: axis) : p, along: axis)
      let entropy = -(y * p.log())
      let factors = alpha.numbers.map(Float.init)
      let factor = Tensor(factors, shape: alpha is Double ? [] : [factors.count])
      return LossValues(
        ((1 - p).pow(gamma) * factor.cast(to: p.dtype) * entropy).sum(along: axis))
    }
  }

  /// The generalized cross-entropy of class numbers with predicted probabilities, q = ½.
  public static var categoricalGeneralizedCrossEntropy: Loss {
    categoricalGeneralizedCrossEntropy()
  }
  /// The generalized cross-entropy of class numbers with predicted probabilities,
  /// (1 − p[class]^q) / q: between the cross-entropy (q near 0) and the mean absolute error (q = 1),
  /// for labels of which some are wrong.
  ///
  /// - Parameter q: In (0, 1); traps outside.
  /// - Source: Zhang and Sabuncu, *Generalized Cross Entropy Loss*, 2018.
  public static func categoricalGeneralizedCrossEntropy(
    q: Double = 0.5, reduction: Reduction = .sumOverBatchSize, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Loss {
    if let mistake = mistake(q) { trap(mistake, file: file, line: line) }
    return Loss(
      "categorical_generalized_cross_entropy", className: "CategoricalGeneralizedCrossEntropy",
      reduction, ["q": .number(q)], targets: .classes(along: -1)
    ) { labels, p in
      let classes = p.shape[p.rank - 1]
      let picked = (p * labels.oneHot(depth: classes, dtype: p.dtype)).sum(along: -1)
      return LossValues((1 - picked.pow(q)) / q)
    }
  }

  fileprivate static func mistake(_ q: Double) -> Diagnostic? {
    if q > 0 && q < 1 { return nil }
    return Diagnostic(
      "categorical_generalized_cross_entropy", "q is out of range",
      expected: "a number between 0 and 1, both excluded", got: "\(q)")
  }
}

extension LossKind {
  static let categoricalFocalCrossentropy = LossKind(
    "CategoricalFocalCrossentropy", ["categorical_focal_crossentropy"]
  ) { configuration throws(Diagnostic) in
    .categoricalFocalCrossentropy(
      alpha: try configuration.optionalNumbers("alpha") ?? 0.25,
      gamma: try configuration.number("gamma", default: 2),
      fromLogits: try configuration.bool("from_logits", default: false),
      labelSmoothing: try configuration.number("label_smoothing", default: 0),
      axis: try configuration.int("axis", default: -1))
  }
  static let categoricalGeneralizedCrossEntropy = LossKind(
    "CategoricalGeneralizedCrossEntropy", ["categorical_generalized_cross_entropy"]
  ) { configuration throws(Diagnostic) in
    let q = try configuration.number("q", default: 0.5)
    if let mistake = Loss.mistake(q) { throw mistake }
    return .categoricalGeneralizedCrossEntropy(q: q)
  }
}
