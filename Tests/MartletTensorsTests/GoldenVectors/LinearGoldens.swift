@testable import MartletTensors

extension GoldenFamily {
  static let linear = GoldenFamily(
    "linear",
    [
      "matmul": { $0[0].matmul($0[1]) },
      "dot": { $0[0].dot($0[1]) },
      "outer": { $0[0].outer($0[1]) },
      "tensordot": {
        if let count = $0.integer("axes") { return $0[0].tensordot($0[1], axes: count) }
        let axes = $0.pairs("axes")!
        return $0[0].tensordot($0[1], along: axes[0], axes[1])
      },
      "einsum": { .einsum($0.text("equation")!, $0.inputs) },
    ])
}
