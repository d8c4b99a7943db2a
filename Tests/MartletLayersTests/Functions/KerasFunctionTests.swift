import KerasGoldens
import MartletTensors
import Testing

@testable import MartletLayers

/// Activations, initializers, regularizers and constraints against Keras' vectors.
@Suite struct KerasFunctionTests {
  static let activations = KerasFamily("activations").cases
  static let regularizers = KerasFamily("regularizers").cases
  static let constraints = KerasFamily("constraints").cases
  static let initializers = KerasFamily("initializers").cases

  @Test(
    "activations and their gradients are Keras'",
    // Keras 3.15 sums cumulative sums there; see ActivationFunction.sparsemax(axis:).
    arguments: activations.filter { $0.configuration.className != "sparsemax" })
  func activation(_ given: KerasCase) throws {
    let activation = try ActivationFunction(configuration: given.configuration)
    check(given) { activation($0) }
  }

  @Test("penalties and their gradients are Keras'", arguments: regularizers)
  func regularizer(_ given: KerasCase) throws {
    let regularizer = try Regularizer(configuration: given.configuration)
    check(given) { regularizer($0) }
  }

  @Test("weights in bounds are Keras'", arguments: constraints)
  func constraint(_ given: KerasCase) throws {
    let constraint = try Constraint(configuration: given.configuration)
    check(given) { constraint($0) }
  }

  @Test("first weights are Keras'", arguments: initializers)
  func initializer(_ given: KerasCase) throws {
    let initializer = try Initializer(configuration: given.configuration)
    let shape = given.fields["shape"]!.asInts!
    let weight = initializer(shape, using: RandomSource(seed: 11))
    if let statistics = given.fields["statistics"] {
      check(weight, given, statistics)
    } else if given.fields["gram"] != nil {
      let matrix = weight.reshaped(to: [-1, shape.last!])
      let isWide = matrix.shape[0] < matrix.shape[1]
      let gram =
        isWide ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
      #expect(given.mistake(in: gram, expecting: given.tensors("outputs")[0]) == nil, "\(given)")
    } else {
      #expect(given.mistake(in: weight, expecting: given.tensors("outputs")[0]) == nil, "\(given)")
    }
  }

  private func check(_ given: KerasCase, _ function: (Tensor) -> Tensor) {
    let x = given.tensors("inputs")[0]
    let value = function(x)
    #expect(given.mistake(in: value, expecting: given.tensors("outputs")[0]) == nil, "\(given)")
    guard let expected = given.tensors("input_gradients").first else { return }
    let cotangent = given.tensors("cotangents").first ?? .ones(value.shape)
    let found = gradient(at: x) { (function($0) * cotangent).sum() }
    #expect(given.mistake(in: found, expecting: expected) == nil, "\(given): gradient")
  }

  /// Mean and deviation within five standard errors, and nothing beyond the bound.
  private func check(_ weight: Tensor, _ given: KerasCase, _ statistics: ConfigurationValue) {
    guard case .object(let wanted) = statistics, let mean = wanted["mean"]?.asNumber,
      let deviation = wanted["std"]?.asNumber
    else { return }
    let wide = weight.cast(to: .float64)
    let error = deviation / Double(weight.count).squareRoot()
    #expect(abs(wide.mean().item() - mean) < 5 * error, "\(given)")
    #expect(abs(wide.standardDeviation().item() - deviation) < 5 * error, "\(given)")
    guard let limit = wanted["limit"]?.asNumber else { return }
    let largest = (wide - mean).abs().max().item()
    #expect(largest <= limit * (1 + 1e-6) && largest > 0.99 * limit, "\(given)")
  }
}
