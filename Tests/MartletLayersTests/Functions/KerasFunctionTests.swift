import KerasGoldens
import MartletTensors
import Testing

@testable import MartletLayers

/// Activations, initializers, regularizers and constraints against Keras' vectors.
@Suite struct KerasFunctionTests {
  @Test("activations and their gradients are Keras'")
  func activations() throws {
    for given in try KerasCase.read("activations") {
      let activation = try ActivationFunction(configuration: given.configuration)
      try check(given) { activation($0) }
    }
  }

  @Test("penalties and their gradients are Keras'")
  func regularizers() throws {
    for given in try KerasCase.read("regularizers") {
      let regularizer = try Regularizer(configuration: given.configuration)
      try check(given) { regularizer($0) }
    }
  }

  @Test("weights in bounds are Keras'")
  func constraints() throws {
    for given in try KerasCase.read("constraints") {
      let constraint = try Constraint(configuration: given.configuration)
      try check(given) { constraint($0) }
    }
  }

  @Test("first weights are Keras'")
  func initializers() throws {
    for given in try KerasCase.read("initializers") {
      let initializer = try Initializer(configuration: given.configuration)
      let shape = try #require(given.row["shape"]?.asInts)
      let weight = initializer(shape, using: RandomSource(seed: 11))
      if case .object(let statistics)? = given.row["statistics"] {
        try check(weight, given, statistics)
      } else if given.row["gram"] != nil {
        let matrix = weight.reshaped(to: [-1, shape.last!])
        let isWide = matrix.shape[0] < matrix.shape[1]
        let gram =
          isWide ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
        #expect(try given.failures([gram], "outputs") == [])
      } else {
        #expect(try given.failures([weight], "outputs") == [])
      }
    }
  }

  private func check(_ given: KerasCase, _ function: (Tensor) -> Tensor) throws {
    let x = try given.tensors("inputs")[0]
    let value = function(x)
    #expect(try given.failures([value], "outputs") == [])
    if given.row["input_gradients"] == nil { return }
    let cotangent = try given.tensors("cotangents").first ?? .ones(value.shape)
    let found = gradient(at: x) { (function($0) * cotangent).sum() }
    #expect(try given.failures([found], "input_gradients") == [])
  }

  /// Mean and deviation within five standard errors, and nothing beyond the bound.
  private func check(
    _ weight: Tensor, _ given: KerasCase, _ wanted: [String: ConfigurationValue]
  ) throws {
    let mean = try #require(wanted["mean"]?.asNumber)
    let deviation = try #require(wanted["std"]?.asNumber)
    let wide = weight.cast(to: .float64)
    let error = deviation / Double(weight.count).squareRoot()
    #expect(abs(wide.mean().item() - mean) < 5 * error, "\(given.name)")
    #expect(abs(wide.standardDeviation().item() - deviation) < 5 * error, "\(given.name)")
    guard let limit = wanted["limit"]?.asNumber else { return }
    let largest = (wide - mean).abs().max().item()
    #expect(largest <= limit * (1 + 1e-6) && largest > 0.99 * limit, "\(given.name)")
  }
}
