// Triangles and diagonals of matrices, and one-hot rows: composed of comparisons with the numbers of
// rows and columns, and of strided places.

extension Tensor {
  /// The matrix with zeros below a diagonal, batched over leading axes; NumPy's `triu`.
  ///
  /// - Parameter diagonal: 0 for the main one, positive numbers above it.
  public func upperTriangle(
    diagonal: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkMatrix("triu", file: file, line: line)
    // Column minus row, the number of the diagonal, is the same along each.
    return .select(Tensor.diagonals(of: shape) .>= diagonal, self, zero)
  }

  /// The matrix with zeros above a diagonal, batched over leading axes; NumPy's `tril`.
  ///
  /// - Parameter diagonal: 0 for the main one, positive numbers above it.
  public func lowerTriangle(
    diagonal: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkMatrix("tril", file: file, line: line)
    return .select(Tensor.diagonals(of: shape) .<= diagonal, self, zero)
  }

  /// The diagonal of a matrix, batched over leading axes.
  ///
  /// - Parameter offset: 0 for the main diagonal, positive numbers above it.
  /// - Returns: `[…, length]` of a `[…, rows, columns]`; empty where the matrix has no such diagonal.
  public func diagonal(
    offset: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkMatrix("diagonal", file: file, line: line)
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let length =
      offset >= 0
      ? (offset < columns ? Swift.min(rows, columns - offset) : 0)
      : (offset > -rows ? Swift.min(rows + offset, columns) : 0)
    let start = length == 0 ? 0 : offset >= 0 ? offset : -offset * columns
    // In row-major order the diagonal goes columns + 1 on at each step.
    let batch = Array(shape.dropLast(2))
    let zeros = [Int](repeating: 0, count: batch.count)
    let ones = [Int](repeating: 1, count: batch.count)
    return reshaped(to: batch + [rows * columns])
      .slice(
        starts: zeros + [start], sizes: batch + [length],
        steps: ones + [columns + 1])
  }

  /// The matrix that has a vector on a diagonal and zeros elsewhere, batched over leading axes.
  ///
  /// - Parameter offset: 0 for the main diagonal, positive numbers above it.
  /// - Returns: `[…, n, n]` of a `[…, length]`, with n = length + |offset|.
  public func diagonalMatrix(
    offset: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      rank >= 1,
      Diagnostic(
        "diagonalMatrix", "a scalar has no axis", expected: "rank 1 or more", got: "rank 0"),
      file: file, line: line)
    let batch = Array(shape.dropLast())
    let side = [shape[rank - 1], Int(clamping: offset.magnitude)].clampedSum
    let type = TensorType(batch + [side, side], dtype, file: file, line: line)
    let zeros = [Int](repeating: 0, count: batch.count)
    let ones = [Int](repeating: 1, count: batch.count)
    return placed(
      in: batch + [side * side], starts: zeros + [offset >= 0 ? offset : -offset * side],
      steps: ones + [side + 1]
    ).reshaped(to: type.shape)
  }

  /// Rows with a 1 at the place that each element names and zeros elsewhere; all zeros where it is no
  /// place.
  ///
  /// - Parameters:
  ///   - depth: The length of the rows: the number of classes.
  ///   - axis: Where the rows' axis stands in the result; the last where it is not named.
  ///   - dtype: The element type of the result.
  public func oneHot(
    depth: Int, along axis: Int = -1, dtype: DType = .float32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      self.dtype.isInteger && depth >= 0,
      Diagnostic(
        "oneHot", "it is not defined for these arguments",
        expected: "integers, and a depth of 0 or more", got: "\(self.dtype), depth \(depth)",
        fix: self.dtype.isInteger ? nil : "use cast(to: .int32)"),
      file: file, line: line)
    let axis = normalizedAxis(axis, rank: rank + 1, "oneHot", file: file, line: line)
    var target = shape
    target.insert(depth, at: axis)
    _ = TensorType(target, dtype, file: file, line: line)
    let wide = depth > Int32.max ? cast(to: .int64) : self.dtype == .uint8 ? cast(to: .int32) : self
    let places = Tensor.arange(depth, dtype: wide.dtype)
    return
      (wide.expandingDimensions(at: axis, file: file, line: line)
      .== places.reshaped(to: [depth] + [Int](repeating: 1, count: rank - axis)))
      .cast(to: dtype)
  }

  private func checkMatrix(_ who: String, file: StaticString, line: UInt) {
    check(
      rank >= 2,
      Diagnostic(
        who, "the tensor is no matrix", expected: "rank 2 or more, […, rows, columns]",
        got: "shape \(shape.text)"),
      file: file, line: line)
  }

  /// The number of the diagonal on which each element of a matrix lies: column minus row.
  private static func diagonals(of shape: Shape) -> Tensor {
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    return arange(columns, dtype: .int64) - arange(rows, dtype: .int64).reshaped(to: [rows, 1])
  }
}
