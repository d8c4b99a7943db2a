@testable import MartletTensors

// swift-format-ignore
let elementwiseGradients: [GradientRow] = [
  .binary("+") { $0 + $1 },
  .binary("-") { $0 - $1 },
  .binary("*") { $0 * $1 },
  .binary("/", [.positive]) { $0 / $1 },
  .binary("%", [.values([3.3, 4.4, 5.6, -1.3, -2.7, 0.7]), .values([1.5, 1.7, 1.9, 1.6])]) { $0 % $1 },
  .binary("remainder", [.values([3.3, 4.4, 5.6, -1.3, -2.7, 0.7]), .values([1.5, 1.7, 1.9, 1.6])]) { $0.remainder($1) },
  .unary("prefix -") { -$0 },
  .binary("pow", [.range(0.8...1.6)]) { $0.pow($1) },
  .binary("atan2", [.positive, .range(0.5...2)]) { $0.atan2($1) },
  .binary("minimum", [.distinct, .values([0.5125, -0.2125, 0.3625, 1.1625, -1.0125])]) { $0.minimum($1) },
  .binary("maximum", [.distinct, .values([0.5125, -0.2125, 0.3625, 1.1625, -1.0125])]) { $0.maximum($1) },
  .binary("where") { .where($0 .> 10, $0 * $1, $0 - $1 * $1) },
  .binary("replacing") { $0.replacing(with: $1 * $1, where: $0 .> $1) },
  .unary("abs", .range(-2...2, kinks: [0])) { $0.abs() },
  .unary("square") { $0.square() },
  .unary("sqrt", .positive) { $0.sqrt() },
  .unary("rsqrt", .positive) { $0.rsqrt() },
  .unary("reciprocal", .positive) { $0.reciprocal() },
  .unary("exp") { $0.exp() },
  .unary("expm1") { $0.expm1() },
  .unary("log", .positive) { $0.log() },
  .unary("log1p", .positive) { $0.log1p() },
  .unary("log2", .positive) { $0.log2() },
  .unary("sin") { $0.sin() },
  .unary("cos") { $0.cos() },
  .unary("tan", .range(-1...1)) { $0.tan() },
  .unary("asin", .range(-0.8...0.8)) { $0.asin() },
  .unary("acos", .range(-0.8...0.8)) { $0.acos() },
  .unary("atan") { $0.atan() },
  .unary("sinh") { $0.sinh() },
  .unary("cosh") { $0.cosh() },
  .unary("tanh") { $0.tanh() },
  .unary("sigmoid") { $0.sigmoid() },
  .unary("softplus") { $0.softplus() },
  .unary("erf") { $0.erf() },
  .unary("relu", .range(-2...2, kinks: [0])) { $0.relu() },
  .unary("gelu") { $0.gelu() },
  .unary("gelu") { $0.gelu(approximate: true) },
  .unary("silu") { $0.silu() },
  .unary("mish") { $0.mish() },
  .unary("clipped", .range(-2...2, kinks: [-0.5, 1])) { $0.clipped(to: -0.5, 1) },
  .unary("leakyRelu", .range(-2...2, kinks: [0])) { $0.leakyRelu() },
  .unary("elu", .range(-2...2, kinks: [0])) { $0.elu(alpha: 0.7) },
  .unary("selu", .range(-2...2, kinks: [0])) { $0.selu() },
  .unary("softsign", .range(-2...2, kinks: [0])) { $0.softsign() },
  .unary("hardSigmoid", .range(-5...5, kinks: [-3, 3])) { $0.hardSigmoid() },
  .unary("cast") { $0.cast(to: .float64) },
]

/// The operations the engine itself is built of.
let coreGradients: [GradientRow] = [
  GradientRow("reshaped", settings: reshapes) { $0[0].tanh().reshaped(to: [-1]) },
  .unary("transposed") { $0.tanh().transposed() },
  GradientRow("broadcast", settings: broadcasts) { $0[0].broadcast(to: [2, 4, 3]) },
  GradientRow("sum", settings: Setting.unary) { ($0[0].square() * 0.02).sum() },
  GradientRow("matmul", settings: products) { $0[0].matmul($0[1]) },
  GradientRow("cumulativeSum", settings: rows) { $0[0].cumulativeSum(along: 0, exclusive: true) },
]

private let reshapes =
  Setting.unary.filter { !$0.shapes[0].contains(0) } + [
    Setting([2, 2, 2]), Setting([3, 1, 2]),
  ]

private let rows = Setting.unary.filter { !$0.shapes[0].isEmpty }

private let broadcasts: [Setting] = [
  Setting([]), Setting([1]), Setting([3]), Setting([4, 3]), Setting([2, 4, 3]), Setting([1, 3]),
  Setting([4, 1]), Setting([1, 1]), Setting([2, 1, 1]), Setting([2, 4, 1]), Setting([1, 4, 3]),
  Setting([2, 1, 3]), Setting([1, 1, 1]),
  Setting([3, 4], as: "transposed") { [$0[0].transposed()] },
]

private let products: [Setting] = [
  Setting([2, 3], [3, 4]), Setting([1, 1], [1, 1]), Setting([3], [3]), Setting([3], [3, 2]),
  Setting([2, 3], [3]), Setting([0, 3], [3, 2]), Setting([2, 0], [0, 3]), Setting([2, 3], [3, 0]),
  Setting([2, 2, 3], [3, 2]), Setting([2, 3], [2, 3, 2]), Setting([2, 1, 2, 3], [3, 3, 2]),
  Setting([5, 4], [4, 3]), Setting([7, 6], [6, 5]),
  Setting([3, 2], [3, 4], as: "transposed left") { [$0[0].transposed(), $0[1]] },
  Setting([2, 3], [4, 3], as: "transposed right") { [$0[0], $0[1].transposed()] },
  Setting([3, 3], as: "squared") { [$0[0], $0[0]] },
  Setting([1, 3], [3, 2], as: "expanded") { [$0[0].broadcast(to: [4, 3]), $0[1]] },
]
