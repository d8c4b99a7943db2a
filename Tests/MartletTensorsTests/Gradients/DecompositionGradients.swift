@testable import MartletTensors

// swift-format-ignore
let decompositionGradients: [GradientRow] = [
  GradientRow("qr", settings: oblongs) { $0[0].apart.qr().q },
  GradientRow("qr", settings: oblongs) { $0[0].apart.qr().r },
  GradientRow("qr", settings: squares) { let (q, r) = $0[0].apart.qr(); return q * 0.5 + r * q.sin() },
  GradientRow("cholesky", settings: squares) { $0[0].positive.cholesky() },
  GradientRow("solve", settings: systems) { $0[0].apart.solve($0[1]) },
  GradientRow("triangularSolve", settings: systems) { $0[0].apart.triangularSolve($0[1], upper: true) },
  GradientRow("triangularSolve", settings: systems) { $0[0].apart.triangularSolve($0[1], upper: false) },
  GradientRow("inverse", settings: squares) { $0[0].apart.inverse() },
  GradientRow("determinant", settings: squares) { ($0[0].apart * 0.2).determinant() },
  GradientRow("svd", settings: oblongs) { $0[0].apart.svd().u },
  GradientRow("svd", settings: oblongs) { $0[0].apart.svd().v },
  GradientRow("svd", settings: squares) { let (u, s, v) = $0[0].apart.svd(); return u * v + s.expandingDimensions(at: -1).sin() * u },
  GradientRow("singularValues", settings: oblongs) { $0[0].apart.singularValues() },
]

extension Tensor {
  /// A matrix with 3, 4, 5, … added to its diagonal: of full rank, singular values apart.
  fileprivate var apart: Tensor {
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    var diagonal = [Double](repeating: 0, count: rows * columns)
    for i in 0..<Swift.min(rows, columns) { diagonal[i * columns + i] = 3 + Double(i) }
    return self * 0.2 + Tensor(diagonal, shape: [rows, columns])
  }

  /// A symmetric, positive definite matrix.
  fileprivate var positive: Tensor {
    matmul(swappingLastAxes()) + apart.diagonal().diagonalMatrix()
  }
}

private let squares: [Setting] = [
  Setting([1, 1]), Setting([2, 2]), Setting([3, 3]), Setting([4, 4]), Setting([5, 5]),
  Setting([0, 0]), Setting([2, 3, 3]), Setting([0, 2, 2]), Setting([2, 0, 0]), Setting([1, 2, 2]),
  Setting([2, 1, 3, 3]), Setting([2, 3, 1, 1]),
  Setting([3, 3], as: "transposed") { [$0[0].transposed()] },
  Setting([1, 3, 3], as: "expanded") { [$0[0].broadcast(to: [2, 3, 3])] },
  Setting([3, 3, 2], as: "permuted") { [$0[0].transposed([2, 0, 1])] },
]

private let oblongs: [Setting] =
  squares + [
    Setting([3, 1]), Setting([1, 3]), Setting([4, 2]), Setting([2, 4]), Setting([5, 3]),
    Setting([3, 5]), Setting([2, 4, 3]), Setting([2, 3, 4]), Setting([3, 0]), Setting([0, 3]),
    Setting([3, 5], as: "transposed") { [$0[0].transposed()] },
  ]

private let systems: [Setting] = [
  Setting([1, 1], [1]), Setting([3, 3], [3]), Setting([3, 3], [3, 1]), Setting([3, 3], [3, 4]),
  Setting([0, 0], [0]), Setting([0, 0], [0, 2]), Setting([2, 2], [2, 0]), Setting([5, 5], [5, 2]),
  Setting([2, 3, 3], [2, 3, 2]), Setting([2, 3, 3], [3, 2]), Setting([3, 3], [2, 3, 1]),
  Setting([2, 3, 3], [3]), Setting([2, 1, 2, 2], [3, 2, 2]), Setting([0, 2, 2], [2, 1]),
  Setting([3, 3], [2, 3], as: "transposed") { [$0[0].transposed(), $0[1].transposed()] },
]
