@testable import MartletTensors

// swift-format-ignore
let reductionGradients: [GradientRow] = [
  GradientRow("sum", settings: matrices) { ($0[0].square() * 0.1).sum(along: [0, -1], keepingDimensions: true) },
  GradientRow("product", [.range(-1...1)], settings: Setting.unary) { $0[0].product() },
  GradientRow("product", [.values([0.5, 0, -1.2, 1.1, 0.7, 0, 0.9])], settings: matrices) { $0[0].product(along: -1) },
  GradientRow("product", [.range(-1...1)], settings: matrices) { $0[0].product(along: [0, -1]) },
  GradientRow("max", [.distinct], settings: filled) { $0[0].max() },
  GradientRow("max", [.distinct], settings: filledRows) { $0[0].max(along: -1, keepingDimensions: true) },
  GradientRow("min", [.distinct], settings: filled) { $0[0].min() },
  GradientRow("min", [.distinct], settings: filledRows) { $0[0].min(along: 0) },
  GradientRow("mean", settings: filled) { $0[0].mean() },
  GradientRow("mean", settings: filledRows) { $0[0].tanh().mean(along: 0) },
  GradientRow("variance", settings: filled) { $0[0].variance() },
  GradientRow("variance", settings: long) { $0[0].variance(along: -1, correction: 1) },
  GradientRow("standardDeviation", settings: long) { $0[0].standardDeviation() },
  GradientRow("norm", [.positive], settings: Setting.unary) { $0[0].norm() },
  GradientRow("norm", settings: long) { $0[0].norm(2, along: -1) },
  GradientRow("norm", [.range(-2...2, kinks: [0])], settings: Setting.unary) { $0[0].norm(1) },
  GradientRow("norm", [.distinct], settings: filled) { ($0[0] - 30).norm(.infinity) },
  GradientRow("cumulativeSum", settings: rows) { $0[0].square().cumulativeSum(along: -1, reverse: true) },
  GradientRow("cumulativeSum", settings: matrices) { $0[0].cumulativeSum(along: [0, -1]) },
  GradientRow("cumulativeProduct", [.range(-1...1)], settings: rows) { $0[0].cumulativeProduct(along: 0) },
  GradientRow("cumulativeProduct", [.values([0.5, 0, -1.2, 1.1, 0.7, 0, 0.9])], settings: rows) { $0[0].cumulativeProduct(along: -1) },
  GradientRow("cumulativeProduct", [.values([0.5, 0, -1.2, 1.1, 0.7, 0, 0.9])], settings: rows) { $0[0].cumulativeProduct(along: -1, exclusive: true) },
  GradientRow("cumulativeProduct", [.values([0.5, 0, -1.2, 1.1, 0.7, 0, 0.9])], settings: rows) { $0[0].cumulativeProduct(along: 0, exclusive: true, reverse: true) },
  GradientRow("cumulativeProduct", [.range(-1...1)], settings: matrices) { $0[0].cumulativeProduct(along: [-1, 0], reverse: true) },
  GradientRow("softmax", settings: rows) { $0[0].softmax() },
  GradientRow("softmax", settings: rows) { $0[0].softmax(along: 0) },
  GradientRow("logSoftmax", settings: rows) { $0[0].logSoftmax() },
  GradientRow("logSoftmax", settings: rows) { $0[0].logSoftmax(along: 0) },
  GradientRow("logSumExp", settings: filled) { $0[0].logSumExp() },
  GradientRow("logSumExp", settings: filledRows) { $0[0].logSumExp(along: 0, keepingDimensions: true) },
  GradientRow("crossEntropy", settings: filledRows) { .crossEntropy(logits: $0[0], labels: classes(of: $0[0])) },
  GradientRow("crossEntropy", settings: pairs) { .crossEntropy(logits: $0[0], labels: $0[1]) },
  .binary("binaryCrossEntropy") { .binaryCrossEntropy(logits: $0, labels: $1) },
  .binary("binaryCrossEntropy", [.values([0, -0.0, 0.5, -1]), .range(0...1)]) { .binaryCrossEntropy(logits: $0, labels: $1) },
]

/// Labels that are classes, for logits `[…, classes]`.
private func classes(of logits: Tensor) -> Tensor {
  let shape = Array(logits.shape.dropLast())
  let labels = (0..<shape.elementCount).map { Int32(($0 * 7 + 1) % logits.shape[logits.rank - 1]) }
  return Tensor(labels, shape: shape)
}

private let filled = Setting.unary.filter { !$0.shapes[0].contains(0) } + [Setting([3, 1, 2])]
private let rows = Setting.unary.filter { !$0.shapes[0].isEmpty }
private let filledRows = filled.filter { !$0.shapes[0].isEmpty } + [Setting([2]), Setting([6, 4])]
private let matrices =
  Setting.unary.filter { $0.shapes[0].count > 1 } + [
    Setting([3, 3]), Setting([1, 1]), Setting([2, 6]), Setting([0, 2]), Setting([4, 2, 3]),
  ]
/// Rows of several elements.
private let long: [Setting] = [
  Setting([2]), Setting([3]), Setting([7]), Setting([67]), Setting([1, 5]), Setting([3, 4]),
  Setting([2, 3, 4]), Setting([2, 1, 3, 1, 2]), Setting([13, 17]), Setting([6, 2]),
  Setting([5, 3], as: "transposed") { [$0[0].transposed()] },
  Setting([2, 3, 4], as: "permuted") { [$0[0].transposed([1, 2, 0])] },
  Setting([1, 4], as: "expanded to [3, 4]") { [$0[0].broadcast(to: [3, 4])] },
  Setting([6, 2], as: "transposed and reshaped") { [$0[0].transposed().reshaped(to: [3, 4])] },
]
/// Two tensors of one shape, with rows.
private let pairs: [Setting] = [
  Setting([1], [1]), Setting([5], [5]), Setting([67], [67]), Setting([1, 1], [1, 1]),
  Setting([3, 4], [3, 4]), Setting([4, 1], [4, 1]), Setting([2, 3, 5], [2, 3, 5]),
  Setting([0, 4], [0, 4]), Setting([2, 1, 3, 2], [2, 1, 3, 2]), Setting([13, 17], [13, 17]),
  Setting([3, 4], [4, 3], as: "transposed") { [$0[0], $0[1].transposed()] },
  Setting([1, 4], [3, 4], as: "expanded") { [$0[0].broadcast(to: [3, 4]), $0[1]] },
  Setting([4, 3], as: "the same twice") { [$0[0], $0[0]] },
  Setting([3, 3], as: "with its transpose") { [$0[0], $0[0].transposed()] },
]
