import MartletLayers
import MartletTensors

// Metrics that are the mean of a loss, or close to it.

extension Metric {
  /// The mean squared error.
  public static var meanSquaredError: Metric { MeanMetricWrapper(.meanSquaredError) }
  /// The mean squared error, logged under Keras' short name.
  public static var mse: Metric { MeanMetricWrapper(.mse, name: "mse") }
  /// The mean absolute error.
  public static var meanAbsoluteError: Metric { MeanMetricWrapper(.meanAbsoluteError) }
  /// The mean absolute error, logged under Keras' short name.
  public static var mae: Metric { MeanMetricWrapper(.mae, name: "mae") }
  /// The mean absolute error in percent of the target.
  public static var meanAbsolutePercentageError: Metric {
    MeanMetricWrapper(.meanAbsolutePercentageError)
  }
  /// The mean absolute percentage error, logged under Keras' short name.
  public static var mape: Metric { MeanMetricWrapper(.mape, name: "mape") }
  /// The mean squared error of logarithms.
  public static var meanSquaredLogarithmicError: Metric {
    MeanMetricWrapper(.meanSquaredLogarithmicError)
  }
  /// The mean squared logarithmic error, logged under Keras' short name.
  public static var msle: Metric { MeanMetricWrapper(.msle, name: "msle") }
  /// The square root of the mean squared error over all elements.
  public static var rootMeanSquaredError: Metric { RootMeanSquaredError() }
  /// The mean logarithm of the hyperbolic cosine of the error.
  public static var logCoshError: Metric {
    MeanMetricWrapper(
      "logcosh", className: "LogCoshError", .minimize, targets: .same,
      losses: Loss.logCosh.compute)
  }

  /// The mean cosine of the angle between target and prediction: 1 for the same direction.
  public static var cosineSimilarity: Metric { cosineSimilarity() }
  /// The mean cosine of the angle between target and prediction along an axis.
  public static func cosineSimilarity(
    axis: Int = -1, name: String = "cosine_similarity"
  ) -> Metric {
    MeanMetricWrapper(
      name, className: "CosineSimilarity", .maximize, ["axis": .int(axis)], targets: .same
    ) { Loss.cosine($0, $1, along: axis) }
  }

  /// The mean hinge loss.
  public static var hinge: Metric { MeanMetricWrapper(.hinge) }
  /// The mean squared hinge loss.
  public static var squaredHinge: Metric { MeanMetricWrapper(.squaredHinge) }
  /// The mean hinge loss of several classes.
  public static var categoricalHinge: Metric { MeanMetricWrapper(.categoricalHinge) }
  /// The mean Kullback-Leibler divergence.
  public static var klDivergence: Metric { MeanMetricWrapper(.klDivergence) }
  /// The mean negative log-likelihood of counts.
  public static var poisson: Metric { MeanMetricWrapper(.poisson) }

  /// The mean binary cross-entropy of probabilities.
  public static var binaryCrossentropy: Metric { binaryCrossentropy() }
  /// The mean binary cross-entropy; parameters as of the loss.
  public static func binaryCrossentropy(
    fromLogits: Bool = false, labelSmoothing: Double = 0, name: String = "binary_crossentropy"
  ) -> Metric {
    let loss = Loss.binaryCrossentropy(fromLogits: fromLogits, labelSmoothing: labelSmoothing)
    return MeanMetricWrapper(
      name, className: loss.className, .minimize, loss.settings.filter { $0.key != "axis" },
      targets: loss.targets, losses: loss.compute)
  }

  /// The mean cross-entropy of distributions with probabilities.
  public static var categoricalCrossentropy: Metric { categoricalCrossentropy() }
  /// The mean cross-entropy of distributions; parameters as of the loss.
  public static func categoricalCrossentropy(
    fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
    name: String = "categorical_crossentropy"
  ) -> Metric {
    MeanMetricWrapper(
      .categoricalCrossentropy(
        fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis), name: name)
  }

  /// The mean cross-entropy of class numbers with probabilities.
  public static var sparseCategoricalCrossentropy: Metric { sparseCategoricalCrossentropy() }
  /// The mean cross-entropy of class numbers; parameters as of the loss.
  ///
  /// Samples of the ignored class count with 0, as in Keras.
  public static func sparseCategoricalCrossentropy(
    fromLogits: Bool = false, ignoreClass: Int? = nil, axis: Int = -1,
    name: String = "sparse_categorical_crossentropy"
  ) -> Metric {
    MeanMetricWrapper(
      .sparseCategoricalCrossentropy(
        fromLogits: fromLogits, ignoreClass: ignoreClass, axis: axis), name: name)
  }

  /// The mean of the cross-entropy that fits the shapes, as the loss of this name.
  public static var crossentropy: Metric { MeanMetricWrapper(.crossentropy) }
}

/// √(Σ (p − y)² / n) over all elements of all samples.
final class RootMeanSquaredError: Mean {
  init(name: String = "root_mean_squared_error") {
    super.init(name, direction: .minimize)
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    if let mistake = TargetRule.same.mistake(name, yTrue.shape, yPred.shape) {
      trap(mistake, file: #fileID, line: #line)
    }
    let (y, p) = TargetRule.same.prepare(yTrue, yPred)
    update((p - y).square(), sampleWeight: sampleWeight)
  }

  override func result() -> Tensor { super.result().sqrt() }

  override func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    if let mistake = TargetRule.same.mistake(name, targetShape, predictionShape) { throw mistake }
  }
}

extension MetricKind {
  static let regressions = [
    MetricKind("RootMeanSquaredError", ["root_mean_squared_error"]) { _ in .rootMeanSquaredError },
    MetricKind("LogCoshError", ["log_cosh_error", "logcosh"]) { _ in .logCoshError },
    MetricKind("CosineSimilarity", ["cosine_similarity"]) { configuration throws(Diagnostic) in
      .cosineSimilarity(axis: try configuration.int("axis", default: -1))
    },
    MetricKind(
      "BinaryCrossentropy", ["binary_crossentropy", "bce", "BCE"]
    ) { configuration throws(Diagnostic) in
      .binaryCrossentropy(
        fromLogits: try configuration.bool("from_logits", default: false),
        labelSmoothing: try configuration.number("label_smoothing", default: 0))
    },
  ]
}
