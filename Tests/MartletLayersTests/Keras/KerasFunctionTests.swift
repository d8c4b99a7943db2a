import KerasGoldens
import MartletLayers
import MartletTensors
import Testing

/// Activations, initializers, regularizers and constraints against Keras.
@Suite struct KerasFunctionTests {
  @Test func `activations and their gradients are Keras'`() throws {
    for golden in try KerasCase.read("activations") {
      let activation = try ActivationFunction(configuration: golden.configuration)
      let x = try golden.tensors("inputs")[0]
      let c = try golden.tensors("cotangents")[0]
      report(try golden.failures([activation(x)], "outputs"))
      let dx = gradient(at: x) { (activation($0) * c).sum() }
      report(try golden.failures([dx], "input_gradients"))
    }
  }

  @Test func `regularizers and their gradients are Keras'`() throws {
    for golden in try KerasCase.read("regularizers") {
      let regularizer = try Regularizer(configuration: golden.configuration)
      let x = try golden.tensors("inputs")[0]
      report(try golden.failures([regularizer(x)], "outputs"))
      report(try golden.failures([gradient(at: x) { regularizer($0) }], "input_gradients"))
    }
  }

  @Test func `constraints are Keras'`() throws {
    for golden in try KerasCase.read("constraints") {
      let constraint = try Constraint(configuration: golden.configuration)
      report(try golden.failures([constraint(golden.tensors("inputs")[0])], "outputs"))
    }
  }

  @Test func `initializers draw as Keras' do`() throws {
    for golden in try KerasCase.read("initializers") {
      let initializer = try Initializer(configuration: golden.configuration)
      let shape = golden.row["shape"]?.asInts ?? []
      let value = initializer(shape, using: RandomSource(seed: 5))
      if case .object(let statistics)? = golden.row["statistics"] {
        report(statisticsFailures(value, statistics).map { "\(golden.name): \($0)" })
      } else if golden.row["gram"] != nil {
        report(try golden.failures([gram(value)], "outputs"))
      } else {
        report(try golden.failures([value], "outputs"))
      }
    }
  }

  /// Five standard errors of mean and deviation, and the limits of the distribution.
  private func statisticsFailures(
    _ value: Tensor, _ wanted: [String: ConfigurationValue]
  ) -> [String] {
    guard let mean = wanted["mean"]?.asNumber, let deviation = wanted["std"]?.asNumber else {
      return ["there are no statistics"]
    }
    let elements = value.scalars(of: Double.self)
    let n = Double(elements.count)
    let found = elements.reduce(0, +) / n
    let variance = elements.reduce(0) { $0 + ($1 - found) * ($1 - found) } / n
    let error = 5 * deviation / n.squareRoot()
    var failures: [String] = []
    if abs(found - mean) > error { failures.append("the mean is \(found), expected \(mean)") }
    if abs(variance.squareRoot() - deviation) > error {
      failures.append("the deviation is \(variance.squareRoot()), expected \(deviation)")
    }
    if let limit = wanted["limit"]?.asNumber {
      let reach = elements.map { abs($0 - mean) }.max() ?? 0
      if reach > limit * (1 + 1e-6) || reach < limit * 0.99 {
        failures.append("it reaches \(reach) from its mean, expected \(limit)")
      }
    }
    return failures
  }

  /// The products of the rows, or of the columns, whichever are fewer.
  private func gram(_ value: Tensor) -> Tensor {
    let columns = value.shape[value.shape.count - 1]
    let matrix = value.reshaped(to: [value.shape.reduce(1, *) / columns, columns])
    return matrix.shape[0] < columns
      ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
  }

  private func report(_ failures: [String]) {
    for failure in failures { Issue.record("\(failure)") }
  }
}
