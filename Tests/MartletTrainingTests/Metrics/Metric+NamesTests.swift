import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Metric names")
struct MetricNamesTests {
  /// Every string that Keras 3.15.1's `metrics.get` takes, but those that need arguments.
  static let keras = [
    "AUC", "Accuracy", "BCE", "BinaryAccuracy", "BinaryCrossentropy", "BinaryIoU",
    "CategoricalAccuracy", "CategoricalCrossentropy", "CategoricalHinge",
    "ConcordanceCorrelation", "CosineSimilarity", "F1Score", "FBetaScore", "FalseNegatives",
    "FalsePositives", "Hinge", "KLDivergence", "LogCoshError", "MAE", "MAPE", "MSE", "MSLE",
    "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "PearsonCorrelation", "Poisson", "Precision", "R2Score",
    "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SquaredHinge", "Sum",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives", "accuracy", "acc", "auc", "bce",
    "binary_accuracy", "binary_crossentropy", "binary_io_u", "categorical_accuracy",
    "categorical_crossentropy", "categorical_hinge", "concordance_correlation",
    "cosine_similarity", "f1_score", "f_beta_score", "false_negatives", "false_positives", "hinge",
    "kl_divergence", "log_cosh_error", "mae", "mape", "mean", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error",
    "mse", "msle", "pearson_correlation", "poisson", "precision", "r2_score", "recall",
    "root_mean_squared_error", "sparse_categorical_accuracy", "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy", "squared_hinge", "sum", "top_k_categorical_accuracy",
    "true_negatives", "true_positives", "crossentropy",
  ]

  @Test("every string of Keras makes a metric that is logged under it", arguments: keras)
  func strings(_ name: String) throws {
    let metric = try Metric.named(name)
    #expect(metric.name == name)
    #expect(Metric.knownNames.contains(name))
    #expect(metric.fresh().name == name)
  }

  @Test("an unknown string is refused with the known ones")
  func unknown() {
    let error = #expect(throws: Diagnostic.self) { try Metric.named("acuracy") }
    #expect(error?.description.contains("accuracy, acc, Accuracy") == true)
  }

  @Test("a configuration gives its metric back")
  func roundTrip() throws {
    let metrics: [Metric] = [
      .accuracy, .exactAccuracy, .binaryAccuracy(threshold: 0.3), .topKCategoricalAccuracy(k: 3),
      .sparseTopKCategoricalAccuracy(k: 2, fromSortedIds: true), .cosineSimilarity(axis: 1),
      .binaryCrossentropy(fromLogits: true, labelSmoothing: 0.1),
      .categoricalCrossentropy(labelSmoothing: 0.1, axis: 1),
      .sparseCategoricalCrossentropy(ignoreClass: 2), .crossentropy, .rootMeanSquaredError,
      .pearsonCorrelation(axis: 0), .precision(thresholds: [0.2, 0.7], topK: 2, classId: 1),
      .recall(thresholds: 0.2), .trueNegatives,
      .auc(
        curve: .pr, summationMethod: .majoring, thresholds: [0.7, 0.2], multiLabel: true,
        labelWeights: [1, 2], fromLogits: true),
      .auc(numThresholds: 20, multiLabel: true, numLabels: 3),
      .f1Score(average: .macro, threshold: 0.4), .fBetaScore(beta: 3),
      .r2Score(classAggregation: nil, numRegressors: 3),
      .iou(numClasses: 3, targetClassIds: [1], ignoreClass: 0, sparseYPred: false, axis: 1),
      .meanIoU(numClasses: 3), .binaryIoU(targetClassIds: [1], threshold: 0.2),
      .oneHotIoU(numClasses: 3, targetClassIds: [1], sparseYPred: true),
      .oneHotMeanIoU(numClasses: 4), Mean("loss"), Sum("samples"),
      MeanMetricWrapper(.huber(delta: 3)),
    ]
    for metric in metrics {
      let again = try Metric.configured(by: metric.configuration)
      #expect(again.configuration == metric.configuration)
      #expect(again.name == metric.name)
      #expect(again.direction == metric.direction)
    }
  }

  @Test("callbacks can ask which way is better")
  func directions() throws {
    for (name, direction) in [
      ("accuracy", Metric.Direction.maximize), ("mse", .minimize), ("auc", .maximize),
      ("f1_score", .maximize), ("false_positives", .minimize), ("cosine_similarity", .maximize),
      ("kl_divergence", .minimize),
    ] { #expect(try Metric.named(name).direction == direction) }
    #expect(Mean().direction == nil)
  }
}
