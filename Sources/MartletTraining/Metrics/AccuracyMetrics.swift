import MartletLayers
import MartletTensors

// How often a prediction is right.

extension Metric {
  /// The fraction of right predictions; shapes tell what a prediction is of, as in Keras.
  ///
  /// One output: `binaryAccuracy`. Targets without the axis of the classes, or with size 1 there:
  /// `sparseCategoricalAccuracy`. Otherwise `categoricalAccuracy`; so for several yes-or-no outputs
  /// ask for `.binaryAccuracy` by name.
  public static var accuracy: Metric { resolvedAccuracy("accuracy") }
  /// The fraction of right predictions, under Keras' short name.
  public static var acc: Metric { resolvedAccuracy("acc") }

  /// The fraction of yes-or-no predictions that are right, with threshold ½.
  public static var binaryAccuracy: Metric { binaryAccuracy() }
  /// The fraction of yes-or-no predictions that are right.
  ///
  /// - Parameter threshold: What a prediction has to pass to mean yes.
  public static func binaryAccuracy(
    threshold: Double = 0.5, name: String = "binary_accuracy"
  ) -> Metric {
    MeanMetricWrapper(
      name, className: "BinaryAccuracy", .maximize, ["threshold": .number(threshold)],
      targets: .same
    ) { Accuracy.binary($0, $1, threshold) }
  }

  /// The fraction of samples whose largest prediction is that of the class, of one-hot targets.
  public static var categoricalAccuracy: Metric {
    MeanMetricWrapper(
      "categorical_accuracy", className: "CategoricalAccuracy", .maximize,
      targets: .distributions(along: -1), Accuracy.categorical)
  }

  /// The fraction of samples whose largest prediction is that of the class, of class numbers.
  public static var sparseCategoricalAccuracy: Metric {
    MeanMetricWrapper(
      "sparse_categorical_accuracy", className: "SparseCategoricalAccuracy", .maximize,
      targets: .classes(along: -1), Accuracy.sparse)
  }

  /// The fraction of samples whose class is among the 5 largest predictions, of one-hot targets.
  public static var topKCategoricalAccuracy: Metric { topKCategoricalAccuracy() }
  /// The fraction of samples whose class is among the k largest predictions, of one-hot targets.
  ///
  /// A class counts as long as fewer than k others have a larger prediction.
  public static func topKCategoricalAccuracy(
    k: Int = 5, name: String = "top_k_categorical_accuracy"
  ) -> Metric {
    MeanMetricWrapper(
      name, className: "TopKCategoricalAccuracy", .maximize, ["k": .int(k)],
      targets: .distributions(along: -1)
    ) { y, p in Accuracy.topK(y.argmax(along: -1), p, k) }
  }

  /// The fraction of samples whose class is among the 5 largest predictions, of class numbers.
  public static var sparseTopKCategoricalAccuracy: Metric { sparseTopKCategoricalAccuracy() }
  /// The fraction of samples whose class is among the k largest predictions, of class numbers.
  ///
  /// - Parameters:
  ///   - k: How many predictions count.
  ///   - fromSortedIds: Whether predictions are class numbers, most likely first.
  public static func sparseTopKCategoricalAccuracy(
    k: Int = 5, fromSortedIds: Bool = false, name: String = "sparse_top_k_categorical_accuracy"
  ) -> Metric {
    var settings: [String: ConfigurationValue] = ["k": .int(k)]
    if fromSortedIds { settings["from_sorted_ids"] = .bool(true) }
    return MeanMetricWrapper(
      name, className: "SparseTopKCategoricalAccuracy", .maximize, settings,
      targets: .classes(along: -1)
    ) { labels, p in
      if !fromSortedIds { return Accuracy.topK(labels, p, k) }
      let first = p[.ellipsis, 0..<min(k, p.shape[p.rank - 1])]
      return (labels.cast(to: p.dtype).expandingDimensions(at: -1) .== first).any(along: -1)
    }
  }

  /// The fraction of predictions that equal their target, number by number: Keras' class `Accuracy`.
  public static var exactAccuracy: Metric {
    MeanMetricWrapper(
      "accuracy", className: "Accuracy", .maximize, targets: .same
    ) { $0 .== $1 }
  }

  static func resolvedAccuracy(_ name: String) -> Metric {
    MeanMetricWrapper(name, className: "accuracy", .maximize, targets: .accuracy) { y, p in
      switch Prediction(y.shape, p.shape) {
      case .binary: Accuracy.binary(y, p, 0.5)
      case .sparse: Accuracy.sparse(y, p)
      case .categorical: Accuracy.categorical(y, p)
      }
    }
  }
}

/// Whether predictions are right, as masks.
private enum Accuracy {
  static func binary(_ y: Tensor, _ p: Tensor, _ threshold: Double) -> Tensor {
    (p .> threshold).cast(to: y.dtype) .== y
  }

  @Sendable static func categorical(_ y: Tensor, _ p: Tensor) -> Tensor {
    y.argmax(along: -1) .== p.argmax(along: -1)
  }

  @Sendable static func sparse(_ labels: Tensor, _ p: Tensor) -> Tensor {
    let best = p.argmax(along: -1)
    return labels.dtype == .int64
      ? labels .== best.cast(to: .int64) : labels.cast(to: .int32) .== best
  }

  /// Whether fewer than k predictions are larger than that of the label; NaN is smaller than all.
  static func topK(_ labels: Tensor, _ p: Tensor, _ k: Int) -> Tensor {
    let own = p.takingAlong(-1, at: labels.expandingDimensions(at: -1))
    let known = Tensor.where(own.isNaN(), .full(like: own, -.infinity), own)
    return (p .> known).cast(to: .int32).sum(along: -1) .< k
  }
}

extension TargetRule {
  /// The rule of the accuracy that fits the shapes.
  static let accuracy = TargetRule(
    mistake: { who, target, prediction in
      rule(target, prediction).mistake(who, target, prediction)
    },
    prepare: { y, p in rule(y.shape, p.shape).prepare(y, p) })

  private static func rule(_ target: Shape, _ prediction: Shape) -> TargetRule {
    switch Prediction(target, prediction) {
    case .binary: .same
    case .sparse: .classes(along: -1)
    case .categorical: .distributions(along: -1)
    }
  }
}

extension MetricKind {
  static let accuracies = [
    MetricKind("accuracy", ["acc"]) { _ in .accuracy },
    MetricKind("Accuracy", []) { _ in .exactAccuracy },
    MetricKind("BinaryAccuracy", ["binary_accuracy"]) { configuration throws(Diagnostic) in
      .binaryAccuracy(threshold: try configuration.number("threshold", default: 0.5))
    },
    MetricKind("CategoricalAccuracy", ["categorical_accuracy"]) { _ in .categoricalAccuracy },
    MetricKind(
      "SparseCategoricalAccuracy", ["sparse_categorical_accuracy"]
    ) { _ in .sparseCategoricalAccuracy },
    MetricKind(
      "TopKCategoricalAccuracy", ["top_k_categorical_accuracy"]
    ) { configuration throws(Diagnostic) in
      .topKCategoricalAccuracy(k: try configuration.int("k", default: 5))
    },
    MetricKind(
      "SparseTopKCategoricalAccuracy", ["sparse_top_k_categorical_accuracy"]
    ) { configuration throws(Diagnostic) in
      .sparseTopKCategoricalAccuracy(
        k: try configuration.int("k", default: 5),
        fromSortedIds: try configuration.bool("from_sorted_ids", default: false))
    },
  ]
}
