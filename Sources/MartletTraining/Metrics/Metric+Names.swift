import MartletLayers
import MartletTensors

/// One metric of Keras as strings and files know it.
struct MetricKind: Sendable {
  /// Keras' name of the class.
  let className: String
  /// The strings that Keras takes for it.
  let names: [String]
  /// The metric with the hyperparameters of a configuration.
  let make: @Sendable (Configuration) throws(Diagnostic) -> Metric

  init(
    _ className: String, _ names: [String],
    make: @escaping @Sendable (Configuration) throws(Diagnostic) -> Metric
  ) {
    self.className = className
    self.names = names
    self.make = make
  }

  /// Every metric that is not simply the mean of the loss of its name.
  static let all: [MetricKind] =
    accuracies + regressions + correlations + means + counts + curves + scores + overlaps

  /// The kind that a class name or one of Keras' strings names.
  static func named(_ name: String) -> MetricKind? {
    all.first { $0.className == name || $0.names.contains(name) }
  }

  static let means = [
    MetricKind("Mean", ["mean"]) { _ in Mean() },
    MetricKind("Sum", ["sum"]) { _ in Sum() },
  ]
}

extension Metric {
  /// The names that `named(_:)` knows: those of metrics, and those of losses.
  public static var knownNames: [String] {
    let names = MetricKind.all.flatMap { [$0.className] + $0.names }
    return names + Loss.knownNames.filter { !names.contains($0) }
  }

  /// A new metric that one of Keras' strings names: "accuracy", "mse", "AUC"; with default
  /// hyperparameters.
  ///
  /// Logs show the name as it was given.
  /// "accuracy", "acc" and "crossentropy" choose by the shapes they meet, as Keras does. The name of
  /// a loss makes the mean of that loss.
  ///
  /// - Throws: A `Diagnostic` that lists the known names.
  public static func named(_ name: String) throws(Diagnostic) -> Metric {
    if ["accuracy", "acc"].contains(name.lowercased()) { return resolvedAccuracy(name) }
    let metric = try configured(by: Configuration(name))
    metric.name = name
    return metric
  }

  /// A new metric that a configuration with Keras' class name and keys describes.
  ///
  /// Missing keys have Keras' defaults.
  ///
  /// - Throws: A `Diagnostic` if the class is unknown or a value does not fit.
  public static func configured(by configuration: Configuration) throws(Diagnostic) -> Metric {
    let metric: Metric
    if let kind = MetricKind.named(configuration.className) {
      metric = try kind.make(configuration)
    } else if LossKind.named(configuration.className) != nil {
      metric = MeanMetricWrapper(try Loss(configuration: configuration))
    } else {
      throw Diagnostic(
        "Metric", "there is no metric of this name",
        expected: "one of " + knownNames.joined(separator: ", "),
        got: "\"\(configuration.className)\"",
        fix: "give one of your own as MeanMetricWrapper(\"\(configuration.className)\") "
          + "{ yTrue, yPred in … }")
    }
    metric.name = try configuration.string("name", default: metric.name)
    return metric
  }
}
