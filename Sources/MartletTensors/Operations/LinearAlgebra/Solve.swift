/// The solution X of A X = B, by elimination with partial pivoting.
///
///     dB = A⁻ᵀ dX        dA = −dB Xᵀ
struct Solve: Operation {
  let name = "solve"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let db = at.a.swappingLastAxes().solve(at.dy)
    return index == 1 ? db : -db.matmul(at.y.swappingLastAxes())
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let (n, columns) = (step.type.shape[step.type.rank - 2], step.type.shape[step.type.rank - 1])
    planner.emitMatrices(step) { inputs, x in
      let (a, b) = (inputs[0], inputs[1])
      _ = eliminate(a, n, alongside: b, columns: columns)
      substituteBack(a, n, b, columns: columns)
      x.update(from: b, count: n * columns)
    }
  }
}

/// The solution X of T X = B for a triangle T; what stands in its other half is not read.
///
///     dB = T⁻ᵀ dX        dT = the triangle of −dB Xᵀ
struct TriangularSolve: Operation {
  let name = "triangularSolve"
  let isUpper: Bool

  func encode(into key: inout PlanKey) { key.add(isUpper ? 1 : 0) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let db = at.a.swappingLastAxes().triangularSolve(at.dy, upper: !isUpper)
    if index == 1 { return db }
    let full = -db.matmul(at.y.swappingLastAxes())
    return isUpper ? full.upperTriangle() : full.lowerTriangle()
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let (n, columns) = (step.type.shape[step.type.rank - 2], step.type.shape[step.type.rank - 1])
    let isUpper = isUpper
    planner.emitMatrices(step) { inputs, x in
      let (t, b) = (inputs[0], inputs[1])
      if isUpper {
        substituteBack(t, n, b, columns: columns)
      } else {
        for i in 0..<n {
          for j in 0..<i {
            add(-t[i * n + j], b + j * columns, to: b + i * columns, columns)
          }
          for c in 0..<columns { b[i * columns + c] /= t[i * n + i] }
        }
      }
      x.update(from: b, count: n * columns)
    }
  }
}

/// The determinant, the signed product of the pivots of an elimination.
///
///     dA = dy · y · A⁻ᵀ
struct Determinant: Operation {
  let name = "determinant"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let weight = (at.dy * at.y).reshaped(to: at.y.shape + [1, 1])
    return weight * at.x.inverse().swappingLastAxes()
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let shape = planner.type(of: step.inputs[0]).shape
    let n = shape[shape.count - 1]
    planner.emitMatrices(step) { inputs, y in
      let a = inputs[0]
      y[0] = eliminate(a, n, alongside: a, columns: 0)
      for i in 0..<n { y[0] *= a[i * n + i] }
    }
  }
}

/// Turns A [n, n] into an upper triangle by subtracting rows, and does the same to B [n, columns];
/// returns the sign of the exchanges.
private func eliminate(_ a: Elements, _ n: Int, alongside b: Elements, columns: Int) -> Double {
  var sign = 1.0
  for k in 0..<n {
    var pivot = k
    for i in k + 1..<max(n, k + 1) where abs(a[i * n + k]) > abs(a[pivot * n + k]) { pivot = i }
    if pivot != k {
      for j in 0..<n { swap(&a[k * n + j], &a[pivot * n + j]) }
      for c in 0..<columns { swap(&b[k * columns + c], &b[pivot * columns + c]) }
      sign = -sign
    }
    for i in k + 1..<max(n, k + 1) where a[i * n + k] != 0 {
      let factor = a[i * n + k] / a[k * n + k]
      add(-factor, a + k * n + k + 1, to: a + i * n + k + 1, n - k - 1)
      add(-factor, b + k * columns, to: b + i * columns, columns)
    }
  }
  return sign
}

/// B = T⁻¹ B for the upper triangle T [n, n], B [n, columns].
private func substituteBack(_ t: Elements, _ n: Int, _ b: Elements, columns: Int) {
  for i in (0..<n).reversed() {
    for j in i + 1..<max(n, i + 1) {
      add(-t[i * n + j], b + j * columns, to: b + i * columns, columns)
    }
    for c in 0..<columns { b[i * columns + c] /= t[i * n + i] }
  }
}

extension Tensor {
  /// The solution x of A x = b, this tensor being A; leading axes are batches and broadcast.
  ///
  /// By elimination with partial pivoting; float32 is computed in float64. A singular matrix gives
  /// infinities or NaN, as division by its zero pivot does.
  ///
  /// - Parameter right: One right side `[n]`, or as many as it has columns, `[…, n, columns]`.
  /// - Returns: `[…, n]` or `[…, n, columns]`.
  public func solve(
    _ right: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    solved("solve", right, Solve(), file: file, line: line)
  }

  /// The solution x of T x = b, this tensor being the triangle T; otherwise as `solve`.
  ///
  /// - Parameters:
  ///   - right: One right side `[n]`, or as many as it has columns, `[…, n, columns]`.
  ///   - upper: Whether T is an upper triangle; what stands in the other half is not read.
  public func triangularSolve(
    _ right: Tensor, upper: Bool, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    solved("triangularSolve", right, TriangularSolve(isUpper: upper), file: file, line: line)
  }

  /// The inverse of a square matrix, batched over leading axes: `solve` with the identity.
  ///
  /// To apply an inverse, `solve` is more accurate and does less.
  public func inverse(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    checkMatrix(square: true, "inverse", file: file, line: line)
    return solve(.identity(shape[rank - 1], dtype: dtype))
  }

  /// The determinant of a square matrix, batched over leading axes.
  ///
  /// The gradient is NaN where the matrix is singular.
  public func determinant(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    checkMatrix(square: true, "determinant", file: file, line: line)
    return Tensor.record(Determinant(), [self], shape: shape.dropLast(2), dtype: dtype)
  }

  private func solved(
    _ who: String, _ right: Tensor, _ operation: any Operation, file: StaticString, line: UInt
  ) -> Tensor {
    checkMatrix(square: true, who, file: file, line: line)
    let n = shape[rank - 1]
    let isVector = right.rank == 1
    check(
      right.rank >= 1 && right.shape[isVector ? 0 : right.rank - 2] == n,
      Diagnostic(
        who, "the right side does not fit the matrix", expected: "[\(n)] or […, \(n), columns]",
        got: "\(right.shape.text) for the matrix \(shape.text)"),
      file: file, line: line)
    check(
      dtype == right.dtype,
      Diagnostic(
        who, "the element types differ", expected: "two operands of the same type",
        got: "\(dtype) and \(right.dtype)", fix: "use cast(to:)"),
      file: file, line: line)
    let columns = isVector ? right.reshaped(to: [n, 1]) : right
    guard let batch = broadcastShape(shape.dropLast(2), columns.shape.dropLast(2)) else {
      trap(
        Diagnostic(
          who, "the leading axes do not broadcast",
          expected: "equal sizes, or 1, before the last two axes",
          got: "\(shape.text) and \(right.shape.text)"),
        file: file, line: line)
    }
    let result = batch + columns.shape.suffix(2)
    let x = Tensor.record(
      operation, [broadcast(to: batch + [n, n]), columns.broadcast(to: result)], shape: result,
      dtype: dtype)
    return isVector ? x.reshaped(to: batch + [n]) : x
  }
}
