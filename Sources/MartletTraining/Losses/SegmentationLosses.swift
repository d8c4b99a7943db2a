import MartletLayers
import MartletTensors

// Overlap of predicted and true regions.

extension Loss {
  /// One minus the overlap of target and prediction, over all elements.
  public static var dice: Loss { dice() }
  /// One minus Dice's coefficient, 1 − 2 Σ y p / (Σ y + Σ p + 1e-7).
  ///
  /// - Parameter axis: The axes that are summed; nil sums the whole batch into one value.
  /// - Source: Sørensen, 1948; Dice, 1945.
  public static func dice(axis: [Int]? = nil, reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss(
      "dice", className: "Dice", reduction, ["axis": .axes(axis)], targets: .same
    ) { y, p in
      let both = (y * p).sum(along: axis)
      return LossValues(1 - both * 2 / (y.sum(along: axis) + p.sum(along: axis) + epsilon))
    }
  }

  /// One minus Tversky's index with α = β = ½, which is Dice's coefficient.
  public static var tversky: Loss { tversky() }
  /// One minus Tversky's index, 1 − Σ y p / (Σ y p + α Σ y (1 − p) + β Σ (1 − y) p + 1e-7).
  ///
  /// - Parameters:
  ///   - alpha: The weight of what is missed.
  ///   - beta: The weight of what is predicted wrongly.
  ///   - axis: The axes that are summed; nil sums the whole batch into one value.
  /// - Source: Salehi et al., *Tversky loss function for image segmentation*, 2017.
  public static func tversky(
    alpha: Double = 0.5, beta: Double = 0.5, axis: [Int]? = nil,
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "tversky", className: "Tversky", reduction,
      ["alpha": .number(alpha), "beta": .number(beta), "axis": .axes(axis)], targets: .same
    ) { y, p in
      let both = (y * p).sum(along: axis)
      let missed = ((1 - p) * y).sum(along: axis)
      let wrong = (p * (1 - y)).sum(along: axis)
      return LossValues(1 - both / (both + missed * alpha + wrong * beta + epsilon))
    }
  }
}

extension ConfigurationValue {
  fileprivate static func axes(_ axes: [Int]?) -> ConfigurationValue {
    axes.map { .ints($0) } ?? .null
  }
}

extension LossKind {
  static let dice = LossKind("Dice", ["dice"]) { configuration throws(Diagnostic) in
    .dice(axis: try configuration.optionalInts("axis"))
  }
  static let tversky = LossKind("Tversky", ["tversky"]) { configuration throws(Diagnostic) in
    .tversky(
      alpha: try configuration.number("alpha", default: 0.5),
      beta: try configuration.number("beta", default: 0.5),
      axis: try configuration.optionalInts("axis"))
  }
}
