// Where elements are not zero. The size of the result depends on values: these evaluate.

extension Tensor {
  /// The places of the elements that are not zero (masks: that hold), in row-major order.
  ///
  /// Evaluates the tensor, since the result's size depends on its values; NumPy's `argwhere`.
  ///
  /// - Returns: `[count, rank]`, of `int32`: one row of indices for each such element.
  public func argwhere() -> Tensor {
    let axes = places()
    let count = axes.first?.count ?? (isAnyNonzero ? 1 : 0)
    var rows = [Int32](repeating: 0, count: count * axes.count)
    for (axis, column) in axes.enumerated() {
      for (row, index) in column.enumerated() { rows[row * axes.count + axis] = index }
    }
    return Tensor(rows, shape: [count, axes.count])
  }

  /// The indices of the elements that are not zero (masks: that hold), axis by axis, in row-major
  /// order.
  ///
  /// Evaluates the tensor, since the result's size depends on its values; NumPy's `nonzero`, and
  /// `where` of a condition alone.
  ///
  /// - Returns: One `[count]` of `int32` for each axis.
  public func nonzero() -> [Tensor] {
    places().map { Tensor($0, shape: [$0.count]) }
  }

  private var isAnyNonzero: Bool { scalars(of: Bool.self).contains(true) }

  /// For each axis, the indices of the elements that are not zero.
  private func places() -> [[Int32]] {
    if let axis = shape.firstIndex(where: { $0 > Int(Int32.max) }) {
      trap(
        Diagnostic(
          "nonzero", "an axis is too long", expected: "at most \(Int32.max) elements",
          got: "\(shape[axis]), axis \(axis) of \(shape.text)"),
        file: #fileID, line: #line)
    }
    var result = [[Int32]](repeating: [], count: rank)
    let strides = shape.denseStrides
    cast(to: .bool).withElements(of: Bool.self) { mask in
      for (place, holds) in mask.enumerated() where holds {
        var rest = place
        for axis in strides.indices {
          result[axis].append(Int32(truncatingIfNeeded: rest / strides[axis]))
          rest %= strides[axis]
        }
      }
    }
    return result
  }
}
