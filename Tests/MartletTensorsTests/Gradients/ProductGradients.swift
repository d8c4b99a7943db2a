@testable import MartletTensors

// swift-format-ignore
let productGradients: [GradientRow] = [
  GradientRow("matmul", settings: batches) { $0[0].matmul($0[1]) },
  GradientRow("dot", settings: dots) { $0[0].dot($0[1]) },
  GradientRow("outer", settings: Setting.binary) { $0[0].outer($0[1]) },
  GradientRow("tensordot", settings: contractions) { $0[0].tensordot($0[1], axes: 2) },
  GradientRow("tensordot", settings: contractions) { $0[0].tensordot($0[1], along: [-1, -2], [1, 0]) },
  GradientRow("einsum", settings: batches) { .einsum("...ij,...jk->...ki", $0[0], $0[1]) },
  GradientRow("einsum", settings: squares) { .einsum("...ii->...i", $0[0].sin()) },
  GradientRow("einsum", [.range(-0.5...0.5)], settings: squares) { .einsum("...ij,ji,jj", $0[0], summed($0[0]), summed($0[0])) },
  GradientRow("einsum", settings: triples) { .einsum("ab,bc,ad->cd", $0[0], $0[1], $0[2]) },
]

/// The sum of a batch of matrices.
private func summed(_ x: Tensor) -> Tensor { x.sum(along: Array(0..<(x.rank - 2))) }

/// Products whose left side may be a batch for one matrix.
private let batches: [Setting] = [
  Setting([2, 3], [3, 4]), Setting([1, 1], [1, 1]), Setting([2, 0], [0, 3]),
  Setting([0, 3], [3, 2]),
  Setting([2, 2, 3], [3, 2]), Setting([2, 3], [2, 3, 2]), Setting([2, 1, 2, 3], [3, 3, 2]),
  Setting([3, 2, 1, 3], [3, 2]), Setting([2, 2, 3], [2, 3, 2]), Setting([0, 2, 3], [3, 2]),
  Setting([2, 2, 0], [0, 2]), Setting([7, 6], [6, 5]), Setting([1, 2, 3], [4, 3, 2]),
  Setting([2, 3, 4], [3, 5], as: "batch last") { [$0[0].transposed([2, 0, 1]), $0[1]] },
  Setting([2, 3], [3, 4], as: "one matrix expanded") { [$0[0].broadcast(to: [4, 2, 3]), $0[1]] },
  Setting([3, 2], [4, 3], as: "transposed") { [$0[0].transposed(), $0[1].transposed()] },
]

private let dots: [Setting] = [
  Setting([], []), Setting([], [3]), Setting([2, 3], []), Setting([3], [3]), Setting([0], [0]),
  Setting([3], [3, 2]), Setting([2, 3], [3]), Setting([2, 3], [3, 4]), Setting([2, 2, 3], [3]),
  Setting([2, 2, 3], [3, 2]), Setting([2, 3], [2, 3, 2]), Setting([2, 1, 3], [2, 3, 2]),
  Setting([3], [2, 3, 2]), Setting([3, 3], as: "squared") { [$0[0], $0[0]] },
  Setting([3, 2], [3, 4], as: "transposed left") { [$0[0].transposed(), $0[1]] },
]

private let contractions: [Setting] = [
  Setting([2, 2], [2, 2]), Setting([3, 3], [3, 3]), Setting([1, 1], [1, 1]),
  Setting([0, 0], [0, 0]),
  Setting([4, 2, 2], [2, 2]), Setting([2, 2], [2, 2, 4]), Setting([4, 2, 2], [2, 2, 3]),
  Setting([2, 3, 2, 2], [2, 2, 1]), Setting([0, 2, 2], [2, 2, 3]), Setting([5, 5], [5, 5, 2]),
  Setting([2, 2, 4], [2, 2], as: "permuted") { [$0[0].transposed([2, 0, 1]), $0[1]] },
  Setting([3, 3], as: "squared") { [$0[0], $0[0]] },
  Setting([3, 3], as: "with its transpose") { [$0[0], $0[0].transposed()] },
  Setting([1, 3], [3, 3], as: "expanded") { [$0[0].broadcast(to: [3, 3]), $0[1]] },
]

private let squares: [Setting] = [
  Setting([1, 1]), Setting([2, 2]), Setting([3, 3]), Setting([4, 4]), Setting([7, 7]),
  Setting([0, 0]), Setting([2, 3, 3]), Setting([0, 2, 2]), Setting([2, 0, 0]), Setting([1, 2, 2]),
  Setting([2, 1, 3, 3]), Setting([2, 3, 1, 1]),
  Setting([3, 3], as: "transposed") { [$0[0].transposed()] },
  Setting([1, 3, 3], as: "expanded") { [$0[0].broadcast(to: [2, 3, 3])] },
  Setting([3, 3, 2], as: "permuted") { [$0[0].transposed([2, 0, 1])] },
]

private let triples: [Setting] = [
  Setting([2, 3], [3, 4], [2, 5]), Setting([1, 1], [1, 1], [1, 1]),
  Setting([3, 3], [3, 3], [3, 3]),
  Setting([0, 3], [3, 2], [0, 2]), Setting([2, 0], [0, 3], [2, 1]),
  Setting([2, 3], [3, 0], [2, 2]),
  Setting([1, 3], [3, 2], [1, 4]), Setting([4, 1], [1, 2], [4, 3]),
  Setting([2, 2], [2, 1], [2, 1]),
  Setting([5, 2], [2, 3], [5, 1]), Setting([2, 5], [5, 2], [2, 2]),
  Setting([3, 3], as: "the same thrice") { [$0[0], $0[0], $0[0]] },
  Setting([3, 2], [3, 4], [2, 5], as: "transposed") { [$0[0].transposed(), $0[1], $0[2]] },
  Setting([1, 3], [3, 2], [4, 2], as: "expanded") { [$0[0].broadcast(to: [4, 3]), $0[1], $0[2]] },
]
