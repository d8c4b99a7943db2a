import MartletTensors
import Testing

@testable import MartletTraining

/// Gradients in the predictions against five-point stencils, in float64.
@Suite("Loss gradients")
struct LossGradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let loss: Loss
    let y: Tensor
    let p: Tensor
    var testDescription: String { "\(loss.configuration)" }

    init(_ loss: Loss, _ y: Tensor, _ p: Tensor) {
      self.loss = loss
      self.y = y
      self.p = p
    }
  }

  /// Numbers that repeat only after a long time and lie in no regular order.
  static func spread(_ shape: Shape, _ low: Double, _ high: Double) -> Tensor {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { index in
      low + (high - low)
        * (Double(index + 1) * 0.6180339887498949).truncatingRemainder(dividingBy: 1)
    }
    return Tensor(values, shape: shape)
  }

  static let numbers = spread([3, 4], -2, 2)
  static let others = spread([3, 4], -1.5, 2.5).transposed().reshaped(to: [3, 4])
  static let bits = Tensor([[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 0, 0]] as [[Double]])
  static let unit = spread([3, 4], 0.05, 0.95)
  static let labels = Tensor([2, 0, 3], dtype: .int32)
  static let oneHot = labels.oneHot(depth: 4, dtype: .float64)
  static let positive = spread([3, 4], 0.2, 3)
  static let counts = Tensor([[0, 1, 2, 3], [4, 0, 1, 1], [2, 2, 0, 5]] as [[Double]])

  static let cases: [Case] = [
    Case(.mse, numbers, others), Case(.mae, numbers, others), Case(.mape, numbers, others),
    Case(.msle, counts, positive), Case(.huber, numbers, others),
    Case(.huber(delta: 0.3), numbers, others), Case(.logCosh, numbers, others),
    Case(.cosineSimilarity, numbers, others), Case(.cosineSimilarity(axis: 0), numbers, others),
    Case(.binaryCrossentropy, bits, unit),
    Case(.binaryCrossentropy(fromLogits: true, labelSmoothing: 0.1), bits, numbers),
    Case(.binaryFocalCrossentropy, bits, unit),
    Case(
      .binaryFocalCrossentropy(applyClassBalancing: true, gamma: 1.5, fromLogits: true), bits,
      numbers),
    Case(.categoricalCrossentropy, oneHot, unit),
    Case(.categoricalCrossentropy(labelSmoothing: 0.1), oneHot, unit),
    Case(.categoricalCrossentropy(fromLogits: true), oneHot, numbers),
    Case(.categoricalCrossentropy(fromLogits: true, axis: 0), bits, numbers),
    Case(.categoricalFocalCrossentropy, oneHot, unit),
    Case(.categoricalFocalCrossentropy(gamma: 1.5, fromLogits: true), oneHot, numbers),
    Case(.sparseCategoricalCrossentropy, labels, unit),
    Case(.sparseCategoricalCrossentropy(ignoreClass: 0), labels, unit),
    Case(.sparseCategoricalCrossentropy(fromLogits: true), labels, numbers),
    Case(.sparseCategoricalCrossentropy(axis: 0), Tensor([2, 0, 1, 1]), unit),
    Case(.categoricalGeneralizedCrossEntropy, labels, unit),
    Case(.klDivergence, unit, others.abs() / 3 + 0.01), Case(.poisson, counts, positive),
    Case(.hinge, bits * 2 - 1, numbers), Case(.hinge, bits, numbers),
    Case(.squaredHinge, bits, numbers), Case(.categoricalHinge, oneHot, numbers),
    Case(.dice, bits, unit), Case(.dice(axis: [1]), bits, unit),
    Case(.tversky(alpha: 0.3, beta: 0.8), bits, unit),
    Case(.circle(gamma: 3), Tensor([0, 0, 1]), spread([3, 4], -0.6, 0.6)),
    Case(.ctc, Tensor([[1, 1], [2, 0]]), spread([2, 5, 3], -1, 1)),
  ]

  @Test("agree with finite differences", arguments: cases)
  func finiteDifferences(_ given: Case) {
    let weight = Tensor([1.3, 0.4, 0.9] as [Double])[0..<given.p.shape[0]]
    let isWhole = given.loss.values(given.y, given.p).rank == 0
    func value(_ p: Tensor) -> Tensor {
      given.loss(given.y, p, sampleWeight: isWhole ? nil : weightFor(given, p, weight)).square()
    }
    let found = gradient(at: given.p) { value($0) }.scalars(of: Double.self)
    let start = given.p.scalars(of: Double.self)
    let step = 1e-3
    for element in start.indices {
      func at(_ distance: Double) -> Double {
        var moved = start
        moved[element] += distance
        return value(Tensor(moved, shape: given.p.shape)).item()
      }
      let slope =
        (at(-2 * step) - at(2 * step) + 8 * (at(step) - at(-step))) / (12 * step)
      #expect(
        abs(found[element] - slope) <= 1e-9 + 1e-7 * abs(slope),
        "element \(element): \(found[element]), stencil \(slope)")
    }
  }

  /// Weights of the samples that the loss' values have.
  private func weightFor(_ given: Case, _ p: Tensor, _ weight: Tensor) -> Tensor? {
    let count = given.loss.values(given.y, p).shape[0]
    return count == weight.count ? weight : nil
  }
}
