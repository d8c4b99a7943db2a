@testable import MartletTensors

extension GoldenFamily {
  static let linearAlgebra = GoldenFamily(
    "linear-algebra",
    [
      "singularValues": { $0[0].singularValues() },
      "cholesky": { $0[0].cholesky() },
      "solve": { $0[0].solve($0[1]) },
      "triangularSolve": { $0[0].triangularSolve($0[1], upper: $0.flag("upper")!) },
      "inverse": { $0[0].inverse() },
      "determinant": { $0[0].determinant() },
    ],
    several: [
      "qr": {
        let (q, r) = $0[0].qr()
        return [q, r]
      },
      "svd": {
        let (u, s, v) = $0[0].svd()
        return [u, s, v]
      },
    ],
    residuals: [
      "qr": { golden, results in
        var check = ResidualCheck(golden)
        let (q, r) = (results[0].wide, results[1].wide)
        check.expectShape("Q", q, [check.rows, check.rank])
        check.expectShape("R", r, [check.rank, check.columns])
        check.expectSmall("A − QR", check.a - q.matmul(r), check.sizes)
        check.expectOrthonormal("Q", q)
        check.expectZero("R below its diagonal", r.lowerTriangle(diagonal: -1))
        return check.failures
      },
      "svd": { golden, results in
        var check = ResidualCheck(golden)
        let (u, s, v) = (results[0].wide, results[1].wide, results[2].wide)
        check.expectShape("U", u, [check.rows, check.rank])
        check.expectShape("Σ", s, [check.rank])
        check.expectShape("V", v, [check.columns, check.rank])
        let product = (u * s.expandingDimensions(at: -2)).matmul(v.matrixTransposed)
        check.expectSmall("A − UΣVᵀ", check.a - product, check.sizes)
        check.expectOrthonormal("U", u)
        check.expectOrthonormal("V", v)
        check.expectDescending("Σ", s.scalars(of: Double.self))
        return check.failures
      },
      "cholesky": { golden, results in
        var check = ResidualCheck(golden)
        let l = results[0].wide
        check.expectShape("L", l, [check.rows, check.columns])
        check.expectSmall("A − LLᵀ", check.a - l.matmul(l.matrixTransposed), check.sizes)
        check.expectZero("L above its diagonal", l.upperTriangle(diagonal: 1))
        return check.failures
      },
      "solve": { golden, results in
        var check = ResidualCheck(golden)
        var (x, b) = (results[0].wide, golden[1].wide)
        if x.shape != b.shape { return ["x has shape \(x.shape), b \(b.shape)"] }
        // One vector is the matrix of one column.
        if b.rank == 1 { (x, b) = (x.expandingDimensions(at: 1), b.expandingDimensions(at: 1)) }
        let bounds = zip(check.sizes, zip(x.matrixNorms, b.matrixNorms)).map { $0 * $1.0 + $1.1 }
        check.expectSmall("Ax − b", check.a.matmul(x) - b, bounds)
        return check.failures
      },
    ])
}

/// Collects where results leave residuals that are too large; sums are in float64.
private struct ResidualCheck {
  // [batch…, rows, columns]
  let a: Tensor
  let rows, columns: Int
  /// ‖A‖ of each matrix of the batch.
  let sizes: [Double]
  // 8nu
  let bound: Double
  var failures: [String] = []

  var rank: Int { min(rows, columns) }

  init(_ golden: GoldenCase) {
    a = golden[0].wide
    (rows, columns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    sizes = a.matrixNorms
    bound = 8 * Double(rows + columns) * golden.rule.unit
  }

  mutating func expectShape(_ what: String, _ found: Tensor, _ sizes: [Int]) {
    let expected = Array(a.shape.dropLast(2)) + sizes
    if found.shape != expected {
      failures.append("\(what) has shape \(found.shape), not \(expected)")
    }
  }

  /// Expects norms within 8nu times the given ones.
  mutating func expectSmall(_ what: String, _ residual: Tensor, _ norms: [Double]) {
    for (matrix, (found, norm)) in zip(residual.matrixNorms, norms).enumerated()
    where !(found <= bound * norm) {
      failures.append("matrix \(matrix): ‖\(what)‖ is \(found), allowed \(bound * norm)")
    }
  }

  mutating func expectZero(_ what: String, _ part: Tensor) {
    expectSmall(what, part, sizes.map { _ in 0 })
  }

  mutating func expectOrthonormal(_ what: String, _ q: Tensor) {
    let product = q.matrixTransposed.matmul(q)
    expectSmall("\(what)ᵀ\(what) − I", product - .eye(rank, dtype: .float64), sizes.map { _ in 1 })
  }

  mutating func expectDescending(_ what: String, _ values: [Double]) {
    for index in values.indices {
      let isFirst = index % rank == 0
      if !(values[index] >= 0 && (isFirst || values[index] <= values[index - 1])) {
        failures.append("\(what) does not descend to 0: \(values)")
        return
      }
    }
  }
}

extension Tensor {
  fileprivate var wide: Tensor { evaluated().cast(to: .float64) }
  fileprivate var matrixTransposed: Tensor { swappingAxes(-1, -2) }
  /// The Frobenius norm of each matrix of a batch.
  fileprivate var matrixNorms: [Double] {
    square().sum(along: [-2, -1]).sqrt().scalars(of: Double.self)
  }
}
