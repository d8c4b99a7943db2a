// Products that are a matrix product once axes are put in order.

extension Tensor {
  /// The sum of products over the last axis of this tensor and the last but one of the other (its
  /// only one if it is a vector), as NumPy's `dot`.
  ///
  ///     y[i…, j…, k] = Σₙ a[i…, n] · b[j…, n, k]
  ///
  /// Two vectors give their inner product. A scalar multiplies.
  public func dot(_ other: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    if rank == 0 || other.rank == 0 {
      return .binary(.multiply, self, other, file: file, line: line)
    }
    return contracted(
      "dot", other, [rank - 1], [Swift.max(other.rank - 2, 0)], file: file, line: line)
  }

  /// All products of an element of this tensor with one of the other, both seen as vectors.
  ///
  ///     y[i, j] = a[i] · b[j]
  ///
  /// - Returns: `[count, other.count]`.
  public func outer(_ other: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .binary(
      .multiply, reshaped(to: [count, 1]), other.reshaped(to: [1, other.count]), file: file,
      line: line)
  }

  /// The sum of products over the last axes of this tensor and the first of the other.
  ///
  /// - Parameter axes: How many axes to sum over; 0 gives all products.
  /// - Returns: The axes of this tensor that are left, then those of the other.
  public func tensordot(
    _ other: Tensor, axes: Int = 2, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      axes >= 0 && axes <= Swift.min(rank, other.rank),
      Diagnostic(
        "tensordot", "the number of axes does not fit",
        expected: "0 ... \(Swift.min(rank, other.rank))",
        got: "\(axes) for \(shape.text) and \(other.shape.text)"),
      file: file, line: line)
    return contracted(
      "tensordot", other, Array((rank - axes)..<rank), Array(0..<axes), file: file, line: line)
  }

  /// The sum of products over pairs of axes.
  ///
  ///     a.tensordot(b, along: [1, 0], [0, 2])    // Σ over a's axis 1 with b's 0, a's 0 with b's 2
  ///
  /// - Parameters:
  ///   - axes: Axes of this tensor; negative ones count from the end.
  ///   - otherAxes: For each, the axis of the other tensor that it goes with.
  /// - Returns: The axes of this tensor that are left, then those of the other.
  public func tensordot(
    _ other: Tensor, along axes: [Int], _ otherAxes: [Int],
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let who = "tensordot"
    _ = normalizedAxes(axes, rank: rank, who, file: file, line: line)
    _ = normalizedAxes(otherAxes, rank: other.rank, who, file: file, line: line)
    check(
      axes.count == otherAxes.count,
      Diagnostic(
        who, "the axes do not come in pairs",
        expected: "as many axes of one tensor as of the other",
        got: "\(axes) and \(otherAxes)"),
      file: file, line: line)
    return contracted(
      who, other, axes.map { $0 < 0 ? $0 + rank : $0 },
      otherAxes.map { $0 < 0 ? $0 + other.rank : $0 }, file: file, line: line)
  }

  private func contracted(
    _ who: String, _ other: Tensor, _ axes: [Int], _ otherAxes: [Int], file: StaticString,
    line: UInt
  ) -> Tensor {
    let inner = axes.map { shape[$0] }
    check(
      inner == otherAxes.map { other.shape[$0] },
      Diagnostic(
        who, "the sizes of the summed axes differ",
        expected: "equal sizes along axes \(axes) and \(otherAxes)",
        got: "\(shape.text) and \(other.shape.text)"),
      file: file, line: line)
    check(
      dtype == other.dtype && dtype.isFloating,
      Diagnostic(
        who, "the element types do not fit", expected: "float32 or float64, both the same",
        got: "\(dtype) and \(other.dtype)", fix: "use cast(to:)"),
      file: file, line: line)
    let rows = shape.indices.filter { !axes.contains($0) }
    let columns = other.shape.indices.filter { !otherAxes.contains($0) }
    let length = inner.elementCount
    let (rowShape, columnShape) = (rows.map { shape[$0] }, columns.map { other.shape[$0] })
    let product = transposed(rows + axes).reshaped(to: [rowShape.elementCount, length])
      .matmul(
        other.transposed(otherAxes + columns).reshaped(to: [length, columnShape.elementCount]))
    return product.reshaped(to: rowShape + columnShape, file: file, line: line)
  }
}
