import MartletLayers
import MartletTensors

// Losses that ask for a margin. Targets are −1 and 1; a batch that holds 0 and 1 only is converted.

extension Loss {
  /// The hinge loss, max(1 − y p, 0), of targets −1 and 1 or 0 and 1.
  public static var hinge: Loss { hinge() }
  /// The hinge loss, max(1 − y p, 0), of targets −1 and 1 or 0 and 1.
  public static func hinge(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("hinge", className: "Hinge", reduction, targets: .same) { y, p in
      .mean(of: (1 - signs(y) * p).maximum(0))
    }
  }

  /// The squared hinge loss, max(1 − y p, 0)², of targets −1 and 1 or 0 and 1.
  public static var squaredHinge: Loss { squaredHinge() }
  /// The squared hinge loss, max(1 − y p, 0)², of targets −1 and 1 or 0 and 1.
  public static func squaredHinge(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("squared_hinge", className: "SquaredHinge", reduction, targets: .same) { y, p in
      .mean(of: (1 - signs(y) * p).maximum(0).square())
    }
  }

  /// The hinge loss of several classes, max(max((1 − y) p) − Σ y p + 1, 0), of one-hot targets.
  public static var categoricalHinge: Loss { categoricalHinge() }
  /// The hinge loss of several classes, max(max((1 − y) p) − Σ y p + 1, 0), of one-hot targets.
  public static func categoricalHinge(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss(
      "categorical_hinge", className: "CategoricalHinge", reduction,
      targets: .distributions(along: -1)
    ) { y, p in
      let right = (y * p).sum(along: -1)
      let wrong = ((1 - y) * p).max(along: -1)
      return LossValues((wrong - right + 1).maximum(0))
    }
  }

  /// Targets as −1 and 1, if all of them are 0 or 1; otherwise as they are.
  private static func signs(_ y: Tensor) -> Tensor {
    let isBinary = ((y .== 0) .| (y .== 1)).all()
    return .where(isBinary, y * 2 - 1, y)
  }
}

extension LossKind {
  static let hinge = LossKind("Hinge", ["hinge"]) { _ in .hinge }
  static let squaredHinge = LossKind("SquaredHinge", ["squared_hinge"]) { _ in .squaredHinge }
  static let categoricalHinge = LossKind(
    "CategoricalHinge", ["categorical_hinge"]
  ) { _ in .categoricalHinge }
}
