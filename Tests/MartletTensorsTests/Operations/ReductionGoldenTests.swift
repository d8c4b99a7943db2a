import Foundation
import Testing

@testable import MartletTensors

/// Reductions, products and losses against NumPy, SciPy and JAX.
@Suite struct ReductionGoldenTests {
  private func check(_ family: String, _ run: (GoldenVector) -> [Tensor]?) throws {
    var count = 0
    for golden in try GoldenVector.family(family) {
      guard let results = run(golden) else { continue }
      count += 1
      let failures = try golden.failures(results)
      #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
    #expect(count > 0)
  }

  @Test func `reductions agree with NumPy`() throws {
    try check("reductions") { golden in
      let (x, axes, keeping) = (golden.inputs[0], golden.axes, golden.keepingDimensions)
      switch golden.operation {
      case "sum": return [x.sum(along: axes, keepingDimensions: keeping)]
      case "mean": return [x.mean(along: axes, keepingDimensions: keeping)]
      case "variance": return [x.variance(along: axes, keepingDimensions: keeping)]
      case "standardDeviation":
        return [x.standardDeviation(along: axes, keepingDimensions: keeping)]
      case "max": return [x.max(along: axes, keepingDimensions: keeping)]
      case "min": return [x.min(along: axes, keepingDimensions: keeping)]
      case "prod": return [x.product(along: axes, keepingDimensions: keeping)]
      case "any": return [x.any(along: axes, keepingDimensions: keeping)]
      case "all": return [x.all(along: axes, keepingDimensions: keeping)]
      case "argmax":
        return [x.argmax(along: golden.axis.map { [$0] }, keepingDimensions: keeping)]
      case "argmin":
        return [x.argmin(along: golden.axis.map { [$0] }, keepingDimensions: keeping)]
      case "norm":
        let order = golden.attributes["order"] as? Double ?? .infinity
        return [x.norm(order, along: axes, keepingDimensions: keeping)]
      case "cumsum", "cumprod":
        let exclusive = golden.attributes["exclusive"] as? Bool ?? false
        let reverse = golden.attributes["reverse"] as? Bool ?? false
        let axis = golden.axis ?? 0
        return golden.operation == "cumsum"
          ? [x.cumulativeSum(along: axis, exclusive: exclusive, reverse: reverse)]
          : [x.cumulativeProduct(along: axis, exclusive: exclusive, reverse: reverse)]
      default:
        Issue.record("no reduction is named \(golden.operation)")
        return nil
      }
    }
  }

  @Test func `softmax and its relatives agree with JAX`() throws {
    try check("activations") { golden in
      let x = golden.inputs[0]
      switch golden.operation {
      case "softmax": return [x.softmax(along: golden.axis ?? -1)]
      case "logSoftmax": return [x.logSoftmax(along: golden.axis ?? -1)]
      case "logSumExp":
        return [x.logSumExp(along: golden.axes, keepingDimensions: golden.keepingDimensions)]
      default: return nil
      }
    }
  }

  @Test func `cross-entropies agree with SciPy`() throws {
    try check("losses") { golden in
      golden.operation == "binaryCrossEntropyWithLogits"
        ? [.binaryCrossEntropy(logits: golden.inputs[0], labels: golden.inputs[1])]
        : [.crossEntropy(logits: golden.inputs[0], labels: golden.inputs[1])]
    }
  }

  @Test func `products agree with NumPy`() throws {
    try check("linear") { golden in
      let (a, b) = (golden.inputs[0], golden.inputs.last ?? golden.inputs[0])
      switch golden.operation {
      case "matmul": return [a.matmul(b)]
      case "dot": return [a.dot(b)]
      case "outer": return [a.outer(b)]
      case "tensordot":
        if let pairs = golden.attributes["axes"] as? [[Int]] {
          return [a.tensordot(b, along: pairs[0], pairs[1])]
        }
        return [a.tensordot(b, axes: golden.attributes["axes"] as? Int ?? 2)]
      case "einsum":
        return [.einsum(golden.attributes["equation"] as? String ?? "", golden.inputs)]
      default:
        Issue.record("no product is named \(golden.operation)")
        return nil
      }
    }
  }

  @Test func `singular values and solutions agree with NumPy`() throws {
    try check("linear-algebra") { golden in
      golden.operation == "singularValues" ? [golden.inputs[0].singularValues()] : nil
    }
  }

  @Test func `decompositions leave small residuals and orthonormal factors`() throws {
    for golden in try GoldenVector.family("linear-algebra") {
      let a = golden.inputs[0].cast(to: .float64)
      if a.count == 0 { continue }
      let n = Double(a.shape[a.rank - 1] + a.shape[a.rank - 2])
      let bound = 8 * n * golden.unit
      let size = norms(a)
      func wide(_ x: Tensor) -> Tensor { x.cast(to: .float64) }
      func expectSmall(_ residual: Tensor, _ bounds: [Double]) {
        for (found, bound) in zip(norms(residual), bounds) {
          #expect(found <= bound, "\(golden.name) \(golden.operation)")
        }
      }
      func expectOrthonormal(_ q: Tensor) {
        let rank = q.shape[q.rank - 1]
        expectSmall(
          q.swappingLastAxes().matmul(q) - .identity(rank, dtype: .float64),
          size.map { _ in bound })
      }
      switch golden.operation {
      case "qr":
        let found = golden.inputs[0].qr()
        let (q, r) = (wide(found.q), wide(found.r))
        expectSmall(a - q.matmul(r), size.map { bound * $0 })
        expectOrthonormal(q)
        expectSmall(r.lowerTriangle(diagonal: -1), size.map { _ in 0 })
      case "svd":
        let found = golden.inputs[0].svd()
        let (u, s, v) = (wide(found.u), wide(found.s), wide(found.v))
        expectSmall(
          a - u.matmul(s.diagonalMatrix()).matmul(v.swappingLastAxes()), size.map { bound * $0 })
        expectOrthonormal(u)
        expectOrthonormal(v)
        let values = s.scalars(of: Double.self)
        let rank = s.shape[s.rank - 1]
        for i in values.indices {
          #expect(values[i] >= 0 && (i % rank == 0 || values[i] <= values[i - 1]))
        }
      case "cholesky":
        let l = wide(golden.inputs[0].cholesky())
        expectSmall(a - l.matmul(l.swappingLastAxes()), size.map { bound * $0 })
        expectSmall(l.upperTriangle(diagonal: 1), size.map { _ in 0 })
      case "solve":
        var x = wide(golden.inputs[0].solve(golden.inputs[1]))
        var b = wide(golden.inputs[1])
        if b.rank == 1 { (x, b) = (x.reshaped(to: [-1, 1]), b.reshaped(to: [-1, 1])) }
        expectSmall(
          a.matmul(x) - b,
          zip(size, zip(norms(x), norms(b))).map { bound * ($0 * $1.0 + $1.1) })
      default: continue
      }
    }
  }

  /// The Frobenius norm of each matrix of a batch.
  private func norms(_ x: Tensor) -> [Double] { x.norm(along: [-2, -1]).scalars(of: Double.self) }
}
