import MartletLayers
import MartletTensors

// Losses of numbers: each compares targets and predictions of one shape, element by element, and
// takes the mean over the last axis.

extension Loss {
  /// Keras' ε: what keeps logarithms and quotients finite.
  static let epsilon = 1e-7

  /// The mean squared error, (y − p)².
  public static var meanSquaredError: Loss { meanSquaredError() }
  /// The mean squared error, (y − p)².
  public static func meanSquaredError(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("mean_squared_error", className: "MeanSquaredError", reduction, targets: .same) {
      .mean(of: ($0 - $1).square())
    }
  }
  /// The mean squared error, under Keras' short name.
  public static var mse: Loss { meanSquaredError() }

  /// The mean absolute error, |y − p|.
  public static var meanAbsoluteError: Loss { meanAbsoluteError() }
  /// The mean absolute error, |y − p|.
  public static func meanAbsoluteError(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("mean_absolute_error", className: "MeanAbsoluteError", reduction, targets: .same) {
      .mean(of: ($0 - $1).abs())
    }
  }
  /// The mean absolute error, under Keras' short name.
  public static var mae: Loss { meanAbsoluteError() }

  /// The mean absolute error in percent of the target, 100 · |(y − p) / max(|y|, 1e-7)|.
  public static var meanAbsolutePercentageError: Loss { meanAbsolutePercentageError() }
  /// The mean absolute error in percent of the target, 100 · |(y − p) / max(|y|, 1e-7)|.
  public static func meanAbsolutePercentageError(
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "mean_absolute_percentage_error", className: "MeanAbsolutePercentageError", reduction,
      targets: .same
    ) { y, p in
      .mean(of: ((y - p) / y.abs().maximum(epsilon)).abs() * 100)
    }
  }
  /// The mean absolute percentage error, under Keras' short name.
  public static var mape: Loss { meanAbsolutePercentageError() }

  /// The mean squared error of logarithms, (log(1 + y) − log(1 + p))², both held at 1e-7 or more.
  public static var meanSquaredLogarithmicError: Loss { meanSquaredLogarithmicError() }
  /// The mean squared error of logarithms, (log(1 + y) − log(1 + p))², both held at 1e-7 or more.
  public static func meanSquaredLogarithmicError(
    reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "mean_squared_logarithmic_error", className: "MeanSquaredLogarithmicError", reduction,
      targets: .same
    ) { y, p in
      let (a, b) = ((p.maximum(epsilon) + 1).log(), (y.maximum(epsilon) + 1).log())
      return .mean(of: (a - b).square())
    }
  }
  /// The mean squared logarithmic error, under Keras' short name.
  public static var msle: Loss { meanSquaredLogarithmicError() }

  /// Huber's loss with δ = 1: squared near 0, linear beyond.
  public static var huber: Loss { huber() }
  /// Huber's loss: ½ e² where |e| ≤ δ, δ |e| − ½ δ² beyond, with e = p − y.
  ///
  /// - Parameter delta: Where the parabola turns into its tangent, above 0.
  /// - Source: Huber, 1964.
  public static func huber(delta: Double = 1, reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss(
      "huber_loss", className: "Huber", reduction, ["delta": .number(delta)], targets: .same
    ) { y, p in
      // min(|e|, δ) · (|e| − ½ min(|e|, δ)) is both branches in one.
      let error = (p - y).abs()
      let bounded = error.minimum(delta)
      return .mean(of: bounded * (error - bounded * 0.5))
    }
  }

  /// The logarithm of the hyperbolic cosine of the error: ½ e² near 0, |e| − log 2 far away.
  public static var logCosh: Loss { logCosh() }
  /// The logarithm of the hyperbolic cosine of the error, as e + softplus(−2 e) − log 2.
  public static func logCosh(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("log_cosh", className: "LogCosh", reduction, targets: .same) { y, p in
      let error = p - y
      return .mean(of: error + (error * -2).softplus() - 0.6931471805599453)
    }
  }

  /// The cosine of the angle between target and prediction, negated: −1 for the same direction.
  public static var cosineSimilarity: Loss { cosineSimilarity() }
  /// The cosine of the angle between target and prediction, negated: −Σ y p / (‖y‖ ‖p‖).
  ///
  /// - Parameter axis: The axis of the vectors' elements.
  public static func cosineSimilarity(
    axis: Int = -1, reduction: Reduction = .sumOverBatchSize
  ) -> Loss {
    Loss(
      "cosine_similarity", className: "CosineSimilarity", reduction, ["axis": .int(axis)],
      targets: .same
    ) { y, p in
      LossValues(-cosine(y, p, along: axis))
    }
  }

  /// The cosine of the angle between vectors along an axis; 0 where one of them is 0.
  @Sendable static func cosine(_ y: Tensor, _ p: Tensor, along axis: Int) -> Tensor {
    (unit(y, along: axis) * unit(p, along: axis)).sum(along: axis)
  }

  /// Vectors of length 1; shorter than 1e-7 they are multiplied by 1e7, as Keras does.
  private static func unit(_ x: Tensor, along axis: Int) -> Tensor {
    x * x.square().sum(along: axis, keepingDimensions: true).rsqrt().minimum(1 / epsilon)
  }
}

extension LossKind {
  static let meanSquaredError = LossKind(
    "MeanSquaredError", ["mean_squared_error", "mse", "MSE"]
  ) { _ in .meanSquaredError }
  static let meanAbsoluteError = LossKind(
    "MeanAbsoluteError", ["mean_absolute_error", "mae", "MAE"]
  ) { _ in .meanAbsoluteError }
  static let meanAbsolutePercentageError = LossKind(
    "MeanAbsolutePercentageError", ["mean_absolute_percentage_error", "mape", "MAPE"]
  ) { _ in .meanAbsolutePercentageError }
  static let meanSquaredLogarithmicError = LossKind(
    "MeanSquaredLogarithmicError", ["mean_squared_logarithmic_error", "msle", "MSLE"]
  ) { _ in .meanSquaredLogarithmicError }
  static let huber = LossKind("Huber", ["huber"]) { configuration throws(Diagnostic) in
    .huber(delta: try configuration.number("delta", default: 1))
  }
  static let logCosh = LossKind("LogCosh", ["log_cosh", "logcosh"]) { _ in .logCosh }
  static let cosineSimilarity = LossKind(
    "CosineSimilarity", ["cosine_similarity"]
  ) { configuration throws(Diagnostic) in
    .cosineSimilarity(axis: try configuration.int("axis", default: -1))
  }
}
