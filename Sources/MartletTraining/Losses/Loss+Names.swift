import MartletLayers
import MartletTensors

/// One loss of Keras as strings and files know it.
struct LossKind: Sendable {
  /// Keras' name of the class.
  let className: String
  /// The strings that Keras takes for it.
  let names: [String]
  /// The loss with the hyperparameters of a configuration.
  let make: @Sendable (Configuration) throws(Diagnostic) -> Loss

  init(
    _ className: String, _ names: [String],
    make: @escaping @Sendable (Configuration) throws(Diagnostic) -> Loss
  ) {
    self.className = className
    self.names = names
    self.make = make
  }

  /// Every loss, in the order of the documentation.
  static let all: [LossKind] = [
    .meanSquaredError, .meanAbsoluteError, .meanAbsolutePercentageError,
    .meanSquaredLogarithmicError, .huber, .logCosh, .cosineSimilarity, .binaryCrossentropy,
    .categoricalCrossentropy, .sparseCategoricalCrossentropy, .crossentropy,
    .binaryFocalCrossentropy, .categoricalFocalCrossentropy,
    .categoricalGeneralizedCrossEntropy, .klDivergence, .poisson, .hinge, .squaredHinge,
    .categoricalHinge, .dice, .tversky, .circle, .ctc,
  ]

  /// The kind that a class name or one of Keras' strings names.
  static func named(_ name: String) -> LossKind? {
    all.first { $0.className == name || $0.names.contains(name) }
  }
}

extension Loss {
  /// The names that `init(named:)` knows.
  public static var knownNames: [String] { LossKind.all.flatMap { [$0.className] + $0.names } }

  /// The loss that one of Keras' strings names: "mse", "sparse_categorical_crossentropy",
  /// "Huber"; with default hyperparameters.
  ///
  /// "crossentropy" and "ce" choose between the binary, the categorical and the sparse one by the
  /// shapes they meet, as Keras does.
  ///
  /// - Throws: A `Diagnostic` that lists the known names.
  public init(named name: String) throws(Diagnostic) {
    guard let kind = LossKind.named(name) else { throw Loss.unknown(name) }
    self = try kind.make(Configuration(kind.className))
    if kind.className != name { self.name = name }
  }

  /// The loss that a configuration with Keras' class name and keys describes.
  ///
  /// Missing keys have Keras' defaults; a name alone is enough.
  ///
  /// - Throws: A `Diagnostic` if the class is unknown or a value does not fit.
  public init(configuration: Configuration) throws(Diagnostic) {
    guard let kind = LossKind.named(configuration.className) else {
      throw Loss.unknown(configuration.className)
    }
    self = try kind.make(configuration)
    name = try configuration.string(
      "name", default: kind.className == configuration.className ? name : configuration.className)
    reduction = try Reduction(configuration)
  }

  private static func unknown(_ name: String) -> Diagnostic {
    Diagnostic(
      "Loss", "there is no loss of this name",
      expected: "one of " + knownNames.joined(separator: ", "), got: "\"\(name)\"",
      fix: "give a loss of your own as Loss(\"\(name)\") { yTrue, yPred in … }")
  }
}

extension Loss.Reduction {
  /// The reduction of a loss' configuration; null is `none`, as in Keras.
  fileprivate init(_ configuration: Configuration) throws(Diagnostic) {
    if configuration.values["reduction"] == .null {
      self = .none
      return
    }
    let text = try configuration.string("reduction", default: "sum_over_batch_size")
    guard let reduction = Loss.Reduction(rawValue: text) else {
      throw Diagnostic(
        configuration.className, "there is no reduction of this name",
        expected: Loss.Reduction.allCases.map(\.rawValue).joined(separator: ", "),
        got: "\"\(text)\"")
    }
    self = reduction
  }
}
