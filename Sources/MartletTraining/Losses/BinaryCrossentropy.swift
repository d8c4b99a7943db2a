import MartletLayers
import MartletTensors

// Cross-entropies of yes or no, element by element, with the mean over an axis.

extension Loss {
  /// The cross-entropy of yes or no with predicted probabilities.
  public static var binaryCrossentropy: Loss { binaryCrossentropy() }
  /// The cross-entropy of yes or no with predictions, −y log p − (1 − y) log(1 − p).
  ///
  /// Probabilities are held in [1e-7, 1 − 1e-7] first. `fromLogits` is faster and more exact.
  ///
  /// - Parameters:
  ///   - fromLogits: Whether predictions are logits, before a sigmoid.
  ///   - labelSmoothing: How far targets are drawn towards ½, 0 … 1: y (1 − s) + s / 2.
  ///   - axis: The axis whose mean is taken.
  public static func binaryCrossentropy(
    fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "binary_crossentropy", className: "BinaryCrossentropy", reduction,
      [
        "from_logits": .bool(fromLogits), "label_smoothing": .number(labelSmoothing),
        "axis": .int(axis),
      ], targets: .same
    ) { y, p in
      let y = halfway(y, labelSmoothing)
      return .mean(
        of: fromLogits ? Tensor.binaryCrossEntropy(logits: p, labels: y) : binary(y, p),
        along: axis)
    }
  }

  /// The binary cross-entropy with less weight on what is already right, with Keras' defaults.
  public static var binaryFocalCrossentropy: Loss { binaryFocalCrossentropy() }
  /// The binary cross-entropy with less weight on what is already right.
  ///
  ///     w (1 − q)^γ · crossentropy,   q = y p + (1 − y)(1 − p)
  ///
  /// - Parameters:
  ///   - applyClassBalancing: Whether w is α for yes and 1 − α for no; otherwise it is 1.
  ///   - alpha: The weight of yes, 0 … 1.
  ///   - gamma: How strongly what is right is played down; 0 is the plain cross-entropy.
  ///   - fromLogits: Whether predictions are logits, before a sigmoid.
  ///   - labelSmoothing: How far targets are drawn towards ½, 0 … 1.
  ///   - axis: The axis whose mean is taken.
  /// - Source: Lin et al., *Focal Loss for Dense Object Detection*, 2017.
  public static func binaryFocalCrossentropy(
    applyClassBalancing: Bool = false, alpha: Double = 0.25, gamma: Double = 2,
    fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "binary_focal_crossentropy", className: "BinaryFocalCrossentropy", reduction,
      [
        "apply_class_balancing": .bool(applyClassBalancing), "alpha": .number(alpha),
        "gamma": .number(gamma), "from_logits": .bool(fromLogits),
        "label_smoothing": .number(labelSmoothing), "axis": .int(axis),
      ], targets: .same
    ) { y, p in
      let y = halfway(y, labelSmoothing)
      let p = fromLogits ? p.sigmoid() : p
      let right = y * p + (1 - y) * (1 - p)
      var focal = (1 - right).pow(gamma) * binary(y, p)
      if applyClassBalancing { focal = (y * alpha + (1 - y) * (1 - alpha)) * focal }
      return .mean(of: focal, along: axis)
    }
  }

  /// Targets drawn towards ½.
  private static func halfway(_ y: Tensor, _ smoothing: Double) -> Tensor {
    smoothing == 0 ? y : y * (1 - smoothing) + 0.5 * smoothing
  }

  /// The binary cross-entropy with probabilities, element by element.
  private static func binary(_ y: Tensor, _ p: Tensor) -> Tensor {
    let p = p.clipped(to: epsilon, 1 - epsilon)
    return -(y * p.log() + (1 - y) * (1 - p).log())
  }
}

extension LossKind {
  static let binaryCrossentropy = LossKind(
    "BinaryCrossentropy", ["binary_crossentropy", "bce", "BCE"]
  ) { configuration throws(Diagnostic) in
    .binaryCrossentropy(
      fromLogits: try configuration.bool("from_logits", default: false),
      labelSmoothing: try configuration.number("label_smoothing", default: 0),
      axis: try configuration.int("axis", default: -1))
  }
  static let binaryFocalCrossentropy = LossKind(
    "BinaryFocalCrossentropy", ["binary_focal_crossentropy"]
  ) { configuration throws(Diagnostic) in
    .binaryFocalCrossentropy(
      applyClassBalancing: try configuration.bool("apply_class_balancing", default: false),
      alpha: try configuration.number("alpha", default: 0.25),
      gamma: try configuration.number("gamma", default: 2),
      fromLogits: try configuration.bool("from_logits", default: false),
      labelSmoothing: try configuration.number("label_smoothing", default: 0),
      axis: try configuration.int("axis", default: -1))
  }
}
