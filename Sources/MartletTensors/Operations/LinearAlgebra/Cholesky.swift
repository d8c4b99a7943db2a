/// The lower triangle L of a symmetric, positive definite matrix A = L Lᵀ.
///
/// With Φ the lower triangle, its diagonal halved:
///
///     S = L⁻ᵀ Φ(Lᵀ dL) L⁻¹        dA = (S + Sᵀ) / 2
///
/// Source: Murray, Differentiation of the Cholesky decomposition, 2016.
struct Cholesky: Operation {
  let name = "cholesky"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let l = at.y
    let transposed = l.swappingLastAxes()
    let product = transposed.matmul(at.dy.lowerTriangle())
    let half = (product.lowerTriangle() + product.lowerTriangle(diagonal: -1)) * 0.5
    // X L⁻¹ is the transpose of L⁻ᵀ Xᵀ.
    let left = transposed.triangularSolve(half, upper: true)
    let s = transposed.triangularSolve(left.swappingLastAxes(), upper: true)
    return (s + s.swappingLastAxes()) * 0.5
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let n = step.type.shape[step.type.rank - 1]
    planner.emitMatrices(step) { inputs, l in
      let a = inputs[0]
      l.update(repeating: 0, count: n * n)
      for i in 0..<n {
        for j in 0...i {
          let rest = a[i * n + j] - dot(l + i * n, l + j * n, j)
          l[i * n + j] = i == j ? rest.squareRoot() : rest / l[j * n + j]
        }
        if !(l[i * n + i] > 0) {
          l.update(repeating: .nan, count: n * n)
          return
        }
      }
    }
  }
}

extension Tensor {
  /// The Cholesky decomposition, batched over leading axes: the lower triangle L with A = L Lᵀ.
  ///
  /// Reads the lower triangle of A only, which is taken to be symmetric; float32 is computed in
  /// float64. A matrix that is not positive definite gives NaN. The gradient is that of a symmetric
  /// A: half of each pair's on either side of the diagonal.
  ///
  /// - Returns: `[…, n, n]`, zeros above the diagonal.
  public func cholesky(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    checkMatrix(square: true, "cholesky", file: file, line: line)
    return Tensor.record(Cholesky(), [self], shape: shape, dtype: dtype)
  }
}
