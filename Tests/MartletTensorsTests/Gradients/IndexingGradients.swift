@testable import MartletTensors

/// Index tensors as the rows below use them.
private func positions(_ elements: [Int], shape: Shape? = nil) -> Tensor {
  Tensor(elements, shape: shape ?? [elements.count])
}

/// Tensors of rank 2, at least 3 × 4, in several layouts.
private let matrices: [Setting] = [
  Setting([3, 4]), Setting([4, 4]), Setting([3, 7]), Setting([5, 4]), Setting([13, 17]),
  Setting([8, 5]), Setting([3, 16]), Setting([16, 4]), Setting([6, 9]),
  Setting([4, 3], as: "transposed") { [$0[0].transposed()] },
  Setting([5, 6], as: "transposed") { [$0[0].transposed()] },
  Setting([1, 4], as: "expanded to [3, 4]") { [$0[0].broadcast(to: [3, 4])] },
  Setting([3, 1], as: "expanded to [3, 5]") { [$0[0].broadcast(to: [3, 5])] },
  Setting([6, 2], as: "transposed and reshaped") { [$0[0].transposed().reshaped(to: [3, 4])] },
  Setting([5, 8], as: "cut and turned round") { [$0[0][1..., .every(-1)]] },
  Setting([2, 3, 4], as: "one of two") { [$0[0][1]] },
]

/// Tensors of any shape, empty ones too, that broad ranges fit.
private let anyShapes: [Setting] = Setting.unary.filter { $0.shapes != [[]] } + [Setting([5, 2])]

/// A matrix of at least 3 × 4 and a value for a part of it.
private func assignments(_ part: Shape) -> [Setting] {
  let values: [Shape] = [part, [], Array(part.suffix(1)), part.map { _ in 1 }]
  var settings: [Setting] = []
  for value in values {
    settings += [
      Setting([3, 4], value), Setting([4, 4], value),
      Setting([4, 3], value) {
        [$0[0].transposed(), $0[1]]
      },
      Setting([1, 4], value, as: "expanded to [5, 4]") { [$0[0].broadcast(to: [5, 4]), $0[1]] },
    ]
  }
  return settings
}

private func assigning(
  _ part: Shape, _ change: @escaping @Sendable (inout Tensor, Tensor) -> Void
) -> GradientRow {
  GradientRow("subscript", settings: assignments(part)) {
    var x = $0[0] * 1
    change(&x, $0[1])
    return x * x
  }
}

let indexingGradients: [GradientRow] = [
  GradientRow("subscript", settings: anyShapes) { $0[0][.newAxis, ..., .every(-2)] },
  GradientRow("subscript", settings: matrices) { $0[0][-2] },
  GradientRow("subscript", settings: matrices) { $0[0][1..., .newAxis, 3] },
  GradientRow("subscript", settings: matrices) { $0[0][..<(-1), .stride(from: -1, to: 0, by: -2)] },
  GradientRow("subscript", settings: matrices) { $0[0][1..<1, 2...] },
  GradientRow("subscript", settings: matrices) { $0[0][positions([2, 0, 2, -1])] },
  GradientRow("subscript", settings: matrices) {
    $0[0][.all, positions([3, 0, 0, 1, 1, -1], shape: [2, 3])]
  },
  GradientRow("subscript", settings: matrices) {
    $0[0][positions([0, 2], shape: [2, 1]), positions([1, 1, 3])]
  },
  GradientRow("subscript", [.distinct], settings: matrices) { $0[0][$0[0] .> 0.1125] },
  GradientRow("subscript", settings: matrices) {
    $0[0][$0[0].sum(along: 1) .> -100, .every(2)]
  },
  assigning([4]) { $0[1] = $1 },
  assigning([2, 2]) { $0[.stride(from: 2, to: 0, by: -1), .every(2)] = $1 },
  assigning([3, 4]) { $0[positions([2, 0, 2])] = $1 },
  assigning([2, 2]) { $0[positions([0, -1]), positions([1, 2, 1, 3], shape: [2, 2])] = $1 },
  assigning([1, 4]) { x, value in
    let mask = Tensor.arange(x.shape[0]) .== 1
    x[mask] = value
  },
  assigning([6]) { x, value in
    let mask = Tensor.arange(x.count).reshaped(to: x.shape) .< 6
    x[mask] = value
  },
]
