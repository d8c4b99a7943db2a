import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Loss names")
struct LossNamesTests {
  /// Every string that Keras 3.15.1's `losses.get` takes, and "crossentropy" of `compile`.
  static let keras = [
    "BCE", "BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "CategoricalHinge", "Circle", "CosineSimilarity", "Dice",
    "Hinge", "Huber", "KLD", "KLDivergence", "LogCosh", "MAE", "MAPE", "MSE", "MSLE",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge",
    "Tversky", "bce", "binary_crossentropy", "binary_focal_crossentropy",
    "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "circle",
    "cosine_similarity", "ctc", "dice", "hinge", "huber", "kl_divergence", "kld", "log_cosh",
    "mae", "mape", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "mse", "msle", "poisson",
    "sparse_categorical_crossentropy", "squared_hinge", "tversky", "crossentropy", "ce",
  ]

  @Test("every string of Keras makes a loss", arguments: keras)
  func strings(_ name: String) throws {
    let loss = try Loss(named: name)
    #expect(Loss.knownNames.contains(name))
    if name.first?.isLowercase == true { #expect(loss.name == name) }
  }

  @Test("an unknown string is refused with the known ones")
  func unknown() {
    let error = #expect(throws: Diagnostic.self) { try Loss(named: "mean_sqared_error") }
    #expect(error?.description.contains("mean_squared_error, mse, MSE") == true)
  }

  @Test(
    "a configuration gives its loss back",
    arguments: [
      Loss.huber(delta: 2, reduction: .sum), .cosineSimilarity(axis: 1),
      .binaryCrossentropy(fromLogits: true, labelSmoothing: 0.1, axis: 1),
      .binaryFocalCrossentropy(applyClassBalancing: true, alpha: 0.3, gamma: 1.5),
      .categoricalCrossentropy(labelSmoothing: 0.2),
      .categoricalFocalCrossentropy(alpha: [0.1, 0.2], gamma: 3),
      .sparseCategoricalCrossentropy(fromLogits: true, ignoreClass: 3),
      .categoricalGeneralizedCrossEntropy(q: 0.7), .dice(axis: [1, 2]),
      .tversky(alpha: 0.1, beta: 0.9), .circle(gamma: 10, margin: 0.1, removeDiagonal: false),
      .ctc(reduction: .none),
    ])
  func roundTrip(_ loss: Loss) throws {
    let again = try Loss(configuration: loss.configuration)
    #expect(again.configuration == loss.configuration)
  }

  @Test("missing keys have Keras' defaults, null reduces nothing")
  func defaults() throws {
    #expect(
      try Loss(configuration: Configuration("Huber")).configuration == Loss.huber.configuration)
    let none = try Loss(
      configuration: Configuration("MeanSquaredError", ["reduction": .null, "name": .string("n")]))
    #expect(none.reduction == .none)
    #expect(none.name == "n")
  }

  @Test("values that make no sense are refused")
  func refused() {
    #expect(throws: Diagnostic.self) {
      try Loss(configuration: Configuration("Huber", ["delta": .string("wide")]))
    }
    #expect(throws: Diagnostic.self) {
      try Loss(configuration: Configuration("Huber", ["reduction": .string("median")]))
    }
    #expect(throws: Diagnostic.self) {
      try Loss(
        configuration: Configuration("CategoricalGeneralizedCrossEntropy", ["q": .number(2)]))
    }
  }
}
