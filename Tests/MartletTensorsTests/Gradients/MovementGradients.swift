@testable import MartletTensors

/// Operations that move elements.
let movementGradients: [GradientRow] = [
  GradientRow("squeezed", settings: Setting.unary) { $0[0].square().squeezed() },
  .unary("expandingDimensions") { $0.square().expandingDimensions(at: [0, -1]) },
  GradientRow("swappingAxes", settings: matrices) { $0[0].square().swappingAxes(0, -1) },
  GradientRow("movingAxes", settings: matrices) { $0[0].square().movingAxes([0, 1], to: [1, 0]) },
  GradientRow("movingAxis", settings: matrices) { $0[0].square().movingAxis(0, to: -1) },
  .unary("flipped") { $0.square().flipped() },
  GradientRow("flipped", settings: vectors) { ($0[0] * $0[0].flipped(along: -1)) },
  GradientRow("concatenate", settings: Setting.unary.filter { !$0.shapes[0].isEmpty }) {
    .concatenate([$0[0], $0[0].square(), $0[0].flipped()], along: -1)
  },
  GradientRow("concatenate", settings: joins) { .concatenate([$0[0], $0[1] * $0[1]], along: 0) },
  .unary("stack") { .stack([$0, $0.square(), $0 * 2], along: -1) },
  GradientRow("split", settings: vectors) { x in
    let parts = x[0].split(into: max(x[0].shape[0], 1), along: 0)
    return parts[0] * parts[parts.count - 1].square()
  },
  // The fold of -0.3 is 0: a border of thousands of other values would leave it too few digits.
  GradientRow("padded", settings: vectors) { x in
    x[0].square().padded(x[0].shape.indices.map { ($0 % 3, 2) }, mode: .constant(-0.3))
  },
  GradientRow("padded", settings: filled) {
    $0[0].square().padded(border($0[0], 3), mode: .reflect)
  },
  GradientRow("padded", settings: filled) {
    $0[0].square().padded(border($0[0], 3), mode: .symmetric)
  },
  GradientRow("padded", settings: filled) { $0[0].square().padded(border($0[0], 2), mode: .edge) },
  .unary("tiled") { $0.square().tiled([2, 3]) },
  .unary("repeated") { $0.square().repeated(3) },
  GradientRow("repeated", settings: vectors) { $0[0].square().repeated(2, along: 0) },
  GradientRow("repeated", settings: vectors) { x in
    x[0].square().repeated((0..<x[0].shape[0]).map { $0 % 3 }, along: 0)
  },
  GradientRow("rolled", settings: vectors) { $0[0] * $0[0].rolled(by: [1, -2], along: [0, -1]) },
  .unary("rolled") { $0 * $0.rolled(by: 3) },
  GradientRow("taking", settings: filled) { x in
    x[0].square().taking(Tensor([0, -1, 0, 0] as [Int32], shape: [2, 2]), along: -1)
  },
  GradientRow("taking", settings: filled) {
    $0[0].square().taking(Tensor([0, -1, 0] as [Int64], shape: [3]))
  },
  GradientRow("takingAlong", [.distinct], settings: vectors) { x in
    x[0].square().takingAlong(0, at: x[0].argsort(along: 0, descending: true))
  },
  GradientRow("addingScattered", settings: filled) { x in
    let index = Tensor([0, -1, 0] as [Int32], shape: [3])
    let updates = x[0].taking(index, along: 0)
    return x[0].square().addingScattered(updates.sin(), at: index, along: 0)
  },
  GradientRow("addingScattered", settings: vectors) { x in
    let index = (x[0].zero.broadcast(to: x[0].shape)).cast(to: .int32)
    return x[0].square().addingScattered(x[0].sin(), along: -1, atEach: index)
  },
  GradientRow("sorted", [.distinct], settings: vectors) { $0[0].sorted() * $0[0] },
  GradientRow("sorted", [.distinct], settings: vectors) {
    $0[0].sorted(along: 0, descending: true) * $0[0]
  },
  GradientRow("topK", [.distinct], settings: vectors) { x in
    x[0].topK(min(2, x[0].shape[x[0].rank - 1])).values.square()
  },
  GradientRow("upperTriangle", settings: matrices) { $0[0].square().upperTriangle(diagonal: 1) },
  GradientRow("lowerTriangle", settings: matrices) { $0[0].square().lowerTriangle(diagonal: -1) },
  GradientRow("diagonal", settings: matrices) { $0[0].square().diagonal(offset: 1) },
  GradientRow("diagonal", settings: matrices) { $0[0].square().diagonal(offset: -1) },
  GradientRow("diagonalMatrix", settings: vectors) { $0[0].square().diagonalMatrix(offset: -1) },
]

/// Shapes and layouts of rank 1 or more.
private let vectors: [Setting] =
  Setting.unary.filter { !$0.shapes[0].isEmpty } + [Setting([4, 2]), Setting([3, 3])]

/// The same without empty ones.
private let filled: [Setting] =
  vectors.filter { !$0.shapes[0].contains(0) } + [
    Setting([2, 2]), Setting([2, 5], as: "backwards") { [$0[0].flipped()] },
  ]

/// Shapes and layouts of rank 2 or more.
private let matrices: [Setting] =
  Setting.unary.filter { $0.shapes[0].count >= 2 } + [
    Setting([3, 3]), Setting([0, 2]), Setting([2, 4, 3]), Setting([1, 1]), Setting([5, 2]),
    Setting([3, 4], as: "backwards") { [$0[0].flipped()] },
  ]

private let joins: [Setting] = [
  Setting([2], [3]), Setting([1], [1]), Setting([0], [2]), Setting([2], [0]), Setting([0], [0]),
  Setting([2, 3], [1, 3]), Setting([5, 2], [5, 2]), Setting([2, 3, 2], [1, 3, 2]),
  Setting([0, 3], [2, 3]), Setting([2, 0], [3, 0]), Setting([17, 3], [1, 3]),
  Setting([3, 2], [2, 3], as: "transposed") { [$0[0].transposed(), $0[1]] },
  Setting([3, 3], as: "with its transpose") { [$0[0], $0[0].transposed()] },
  Setting([1, 3], [2, 3], as: "expanded") { [$0[0].broadcast(to: [4, 3]), $0[1].flipped()] },
]

/// A border of `size`; of 1 where there are many axes: a fold of thousands of elements leaves finite
/// differences too few digits.
private func border(_ x: Tensor, _ size: Int) -> Int { x.rank > 3 ? 1 : size }
