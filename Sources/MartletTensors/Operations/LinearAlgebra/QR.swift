/// The reduced QR decomposition by Householder's reflections: Q and R, packed in this order.
///
/// With k = min(rows, columns), M = R dRᵀ − dQᵀ Q, and copyltu(M) the symmetric matrix that has M's
/// lower triangle:
///
///     dA = (dQ + Q copyltu(M)) R⁻ᵀ
///
/// Of a wide matrix [X | Y], X = Q U is decomposed and V = Qᵀ Y follows; R = [U | V].
/// Source: Walter and Lehmann, 2010; Seeger et al., 2017.
struct QR: Operation {
  let name = "qr"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let shapes = QR.shapes(at.x.shape)
    let (results, slopes) = (at.y.unpacked(shapes), at.dy.unpacked(shapes))
    let (q, r, dq, dr) = (results[0], results[1], slopes[0], slopes[1])
    let (rows, columns) = (at.x.shape[at.x.rank - 2], at.x.shape[at.x.rank - 1])
    if rows >= columns { return QR.gradient(q, r, dq, dr) }
    let last = at.x.rank - 1
    let (y, dv) = (at.x.slice(rows..<columns, along: last), dr.slice(rows..<columns, along: last))
    let dx = QR.gradient(
      q, r.slice(0..<rows, along: last), dq + y.matmul(dv.swappingLastAxes()),
      dr.slice(0..<rows, along: last))
    return .concatenate([dx, q.matmul(dv)], along: last)
  }

  /// The gradient of a matrix that is not wide.
  private static func gradient(_ q: Tensor, _ r: Tensor, _ dq: Tensor, _ dr: Tensor) -> Tensor {
    let m = r.matmul(dr.swappingLastAxes()) - dq.swappingLastAxes().matmul(q)
    let symmetric = m.lowerTriangle() + m.lowerTriangle(diagonal: -1).swappingLastAxes()
    let right = dq + q.matmul(symmetric)
    // X = right R⁻ᵀ solves R Xᵀ = rightᵀ.
    return r.triangularSolve(right.swappingLastAxes(), upper: true).swappingLastAxes()
  }

  /// The shapes of one matrix's Q and R.
  static func shapes(_ shape: Shape) -> [Shape] {
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let rank = min(rows, columns)
    return [[rows, rank], [rank, columns]]
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let shape = planner.type(of: step.inputs[0]).shape
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let rank = min(rows, columns)
    planner.emitMatrices(step) { inputs, result in
      let reflections = Reflections(inputs[0], rows: rows, columns: columns)
      let (q, r) = (result, result + rows * rank)
      for i in 0..<rows {
        for j in 0..<rank { q[i * rank + j] = i == j ? 1 : 0 }
      }
      reflections.apply(to: q, columns: rank)
      for i in 0..<rank {
        for j in 0..<columns { r[i * columns + j] = j < i ? 0 : inputs[0][i * columns + j] }
      }
    }
  }
}

/// Householder's reflections I − τ v vᵀ that turn a matrix into an upper triangle, in place: v stands
/// below the diagonal, its first element, 1, is left out.
struct Reflections {
  private let a: Elements
  private let rows, columns: Int
  private var scales: [Double]

  init(_ a: Elements, rows: Int, columns: Int) {
    self.a = a
    self.rows = rows
    self.columns = columns
    scales = [Double](repeating: 0, count: min(rows, columns))
    var sums = [Double](repeating: 0, count: max(columns, 1))
    for j in scales.indices {
      let below = Reflections.norm((j + 1..<rows).lazy.map { a[$0 * columns + j] })
      if below == 0 { continue }
      let head = a[j * columns + j]
      let length = Reflections.norm(CollectionOfOne(head) + [below])
      let diagonal = head < 0 ? length : -length
      scales[j] = (diagonal - head) / diagonal
      for i in j + 1..<rows { a[i * columns + j] /= head - diagonal }
      a[j * columns + j] = diagonal
      sums.withUnsafeMutableBufferPointer {
        reflect(j, a + j + 1, width: columns - j - 1, stride: columns, $0.baseAddress!)
      }
    }
  }

  /// c = Q c, c [rows, columns].
  func apply(to c: Elements, columns: Int) {
    var sums = [Double](repeating: 0, count: max(columns, 1))
    for j in scales.indices.reversed() where scales[j] != 0 {
      sums.withUnsafeMutableBufferPointer {
        reflect(j, c, width: columns, stride: columns, $0.baseAddress!)
      }
    }
  }

  /// c −= τ v (vᵀ c) for reflection j; `sums` holds vᵀ c.
  private func reflect(
    _ j: Int, _ c: Elements, width: Int, stride: Int, _ sums: Elements
  ) {
    if width == 0 { return }
    sums.update(from: c + j * stride, count: width)
    for i in j + 1..<rows { add(a[i * columns + j], c + i * stride, to: sums, width) }
    add(-scales[j], sums, to: c + j * stride, width)
    for i in j + 1..<rows {
      add(-scales[j] * a[i * columns + j], sums, to: c + i * stride, width)
    }
  }

  /// √ Σ x², without overflow on the way.
  private static func norm(_ x: some Sequence<Double>) -> Double {
    var largest = 0.0
    for value in x { largest = largest.isNaN || value.isNaN ? .nan : max(largest, abs(value)) }
    if largest == 0 || !largest.isFinite { return largest }
    var sum = 0.0
    for value in x { sum += (value / largest) * (value / largest) }
    return largest * sum.squareRoot()
  }
}

extension Tensor {
  /// The reduced QR decomposition, batched over leading axes: A = Q R, the columns of Q orthonormal,
  /// R an upper triangle.
  ///
  /// By Householder's reflections, with LAPACK's signs; float32 is computed in float64. The gradient
  /// is defined where the first min(rows, columns) columns are linearly independent.
  ///
  /// - Returns: With k = min(rows, columns), Q `[…, rows, k]` and R `[…, k, columns]`.
  public func qr(
    file: StaticString = #fileID, line: UInt = #line
  ) -> (q: Tensor, r: Tensor) {
    checkMatrix(square: false, "qr", file: file, line: line)
    let shapes = QR.shapes(shape)
    let packed = Tensor.record(
      QR(), [self], shape: shape.dropLast(2) + [shapes.map(\.elementCount).reduce(0, +)],
      dtype: dtype)
    let results = packed.unpacked(shapes)
    return (results[0], results[1])
  }
}
