/// The reduced singular value decomposition A = U diag(s) Vᵀ: U, s and V, packed in this order.
///
/// With F[i, j] = 1 / (s[j]² − s[i]²), 0 where that is infinite, and ∘ the product by elements:
///
///     dA = U (F ∘ (Uᵀ dU − dUᵀ U) diag(s) + diag(s) F ∘ (Vᵀ dV − dVᵀ V) + diag(ds)) Vᵀ
///        + (I − U Uᵀ) dU diag(s)⁻¹ Vᵀ + U diag(s)⁻¹ dVᵀ (I − V Vᵀ)
///
/// Source: Townsend, Differentiating the singular value decomposition, 2016.
struct SVD: Operation {
  let name = "svd"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let shapes = SVD.shapes(at.x.shape)
    let (results, slopes) = (at.y.unpacked(shapes), at.dy.unpacked(shapes))
    let (u, s, v) = (results[0], results[1], results[2])
    let (du, ds, dv) = (slopes[0], slopes[1], slopes[2])
    let rank = at.x.rank
    let (rows, columns) = (at.x.shape[rank - 2], at.x.shape[rank - 1])
    let column = s.reshaped(to: s.shape + [1])
    let row = column.swappingLastAxes()
    let difference = (row - column) * (row + column)
    let isEqual = difference .== 0
    let f = Tensor.select(
      isEqual, s.zero, Tensor.select(isEqual, .constant(1, s.dtype), difference).reciprocal())
    func turning(_ basis: Tensor, _ slope: Tensor) -> Tensor {
      let product = basis.swappingLastAxes().matmul(slope)
      return f * (product - product.swappingLastAxes())
    }
    let transposed = v.swappingLastAxes()
    var da = u.matmul(turning(u, du) * row + column * turning(v, dv) + ds.diagonalMatrix())
      .matmul(transposed)
    /// What of `slope` is outside of the span of `basis`, divided by the singular values.
    func outside(_ basis: Tensor, _ slope: Tensor) -> Tensor {
      let scaled = slope / row
      return scaled - basis.matmul(basis.swappingLastAxes().matmul(scaled))
    }
    if rows > columns { da = da + outside(u, du).matmul(transposed) }
    if columns > rows { da = da + u.matmul(outside(v, dv).swappingLastAxes()) }
    return da
  }

  /// The shapes of one matrix's U, s and V.
  static func shapes(_ shape: Shape) -> [Shape] {
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let rank = min(rows, columns)
    return [[rows, rank], [rank], [columns, rank]]
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let shape = planner.type(of: step.inputs[0]).shape
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let rank = min(rows, columns)
    planner.emitMatrices(step) { inputs, result in
      let (u, s) = (result, result + rows * rank)
      let v = s + rank
      if rows >= columns {
        decompose(inputs[0], rows, columns, u, s, v)
      } else {
        let a = Elements.allocate(capacity: rows * columns)
        for i in 0..<rows {
          for j in 0..<columns { a[j * rows + i] = inputs[0][i * columns + j] }
        }
        decompose(a, columns, rows, v, s, u)
        a.deallocate()
      }
      settleSigns(u, rows, v, columns, rank)
    }
  }
}

/// Decomposes A [m, n], m ≥ n, which is destroyed: U [m, n], s [n], V [n, n].
///
/// A = Q R first; then Jacobi's rotations make the columns of Rᵀ orthogonal (one-sided Jacobi, which
/// finds small singular values to as many digits as large ones, and fast on a transposed triangle):
/// Rᵀ W = V diag(s), so A = (Q W) diag(s) Vᵀ.
/// Source: Drmač and Veselić, New fast and accurate Jacobi SVD algorithm, 2008.
private func decompose(
  _ a: Elements, _ m: Int, _ n: Int, _ u: Elements, _ s: Elements, _ v: Elements
) {
  var largest = 0.0
  for i in 0..<m * n { largest = a[i].isNaN ? .nan : max(largest, abs(a[i])) }
  if !largest.isFinite {
    u.update(repeating: .nan, count: m * n)
    s.update(repeating: .nan, count: n)
    v.update(repeating: .nan, count: n * n)
    return
  }
  // A power of two keeps squares of elements in range and changes no digit.
  let scale = largest == 0 ? 1 : Double(sign: .plus, exponent: largest.exponent, significand: 1)
  for i in 0..<m * n { a[i] /= scale }
  let reflections = Reflections(a, rows: m, columns: n)

  // Rows of `columns` are the columns of Rᵀ, rows of `turns` those of W.
  let columns = Elements.allocate(capacity: n * n)
  let turns = Elements.allocate(capacity: n * n)
  defer {
    columns.deallocate()
    turns.deallocate()
  }
  for i in 0..<n {
    for j in 0..<n {
      columns[i * n + j] = j < i ? 0 : a[i * n + j]
      turns[i * n + j] = i == j ? 1 : 0
    }
  }
  var squares = orthogonalize(columns, turns, n)
  for i in 0..<n { squares[i] = dot(columns + i * n, columns + i * n, n) }
  let order = (0..<n).sorted { squares[$0] > squares[$1] || squares[$0] == squares[$1] && $0 < $1 }
  var found: [Elements] = []
  for (place, index) in order.enumerated() {
    let length = squares[index].squareRoot()
    s[place] = length * scale
    let column = columns + index * n
    if length > 0 {
      for j in 0..<n { column[j] /= length }
    } else {
      complete(column, found, n)
    }
    found.append(column)
    for j in 0..<n {
      v[j * n + place] = column[j]
      u[j * n + place] = turns[index * n + j]
    }
  }
  (u + n * n).update(repeating: 0, count: (m - n) * n)
  reflections.apply(to: u, columns: n)
}

/// Rotates pairs of rows of `columns` [n, n], and of `turns`, until all are orthogonal; returns the
/// rows' squared lengths.
private func orthogonalize(_ columns: Elements, _ turns: Elements, _ n: Int) -> [Double] {
  var squares = (0..<n).map { dot(columns + $0 * n, columns + $0 * n, n) }
  let tolerance = Double.ulpOfOne * Double(max(n, 1)).squareRoot()
  // Ten sweeps are many; the bound is for what rounding keeps turning.
  for _ in 0..<40 {
    var hasTurned = false
    for p in 0..<n {
      for q in p + 1..<max(n, p + 1) {
        let (x, y) = (columns + p * n, columns + q * n)
        let product = dot(x, y, n)
        guard abs(product) > tolerance * (squares[p] * squares[q]).squareRoot() else { continue }
        hasTurned = true
        let ratio = (squares[q] - squares[p]) / (2 * product)
        let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
        let cosine = 1 / (1 + tangent * tangent).squareRoot()
        rotate(x, y, cosine, cosine * tangent, n)
        rotate(turns + p * n, turns + q * n, cosine, cosine * tangent, n)
        squares[p] = dot(x, x, n)
        squares[q] = dot(y, y, n)
      }
    }
    if !hasTurned { break }
  }
  return squares
}

/// Writes a unit vector that is orthogonal to all of `found`.
private func complete(_ vector: Elements, _ found: [Elements], _ n: Int) {
  for axis in 0..<n {
    vector.update(repeating: 0, count: n)
    vector[axis] = 1
    // Twice is enough.
    for _ in 0..<2 {
      for other in found { add(-dot(vector, other, n), other, to: vector, n) }
    }
    let length = dot(vector, vector, n).squareRoot()
    // Some axis is at least this far from a space that misses a dimension.
    if length > 0.5 / Double(n).squareRoot() {
      for j in 0..<n { vector[j] /= length }
      return
    }
  }
}

/// Makes the largest element of each column of U positive, so that the signs are settled.
private func settleSigns(_ u: Elements, _ m: Int, _ v: Elements, _ n: Int, _ rank: Int) {
  for column in 0..<rank {
    var largest = 0.0
    for i in 0..<m where abs(u[i * rank + column]) > abs(largest) { largest = u[i * rank + column] }
    if largest < 0 {
      for i in 0..<m { u[i * rank + column] = -u[i * rank + column] }
      for i in 0..<n { v[i * rank + column] = -v[i * rank + column] }
    }
  }
}

extension Tensor {
  /// The reduced singular value decomposition, batched over leading axes: A = U diag(s) Vᵀ, the
  /// columns of U and V orthonormal, s descending and not negative.
  ///
  /// By one-sided Jacobi rotations, to full accuracy; float32 is computed in float64. The element of
  /// largest size in each column of U is positive. An infinity or NaN makes the whole result NaN.
  ///
  /// The gradient by way of U and V is defined where the singular values are all different, and not
  /// 0 unless the matrix is square; that by way of s is defined everywhere but where one is 0.
  ///
  /// - Returns: With k = min(rows, columns), U `[…, rows, k]`, s `[…, k]` and V `[…, columns, k]`.
  public func svd(
    file: StaticString = #fileID, line: UInt = #line
  ) -> (u: Tensor, s: Tensor, v: Tensor) {
    checkMatrix(square: false, "svd", file: file, line: line)
    let shapes = SVD.shapes(shape)
    let packed = Tensor.record(
      SVD(), [self], shape: shape.dropLast(2) + [shapes.map(\.elementCount).reduce(0, +)],
      dtype: dtype)
    let results = packed.unpacked(shapes)
    return (results[0], results[1], results[2])
  }

  /// The singular values of a matrix, descending, batched over leading axes; as in `svd`.
  ///
  /// - Returns: `[…, min(rows, columns)]`.
  public func singularValues(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    svd(file: file, line: line).s
  }
}
