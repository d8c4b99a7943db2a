import CKernels

/// A product of matrices, batched over leading axes that broadcast.
///
///     y = a b        da = dy bᵀ        db = aᵀ dy
struct MatMul: EpilogueHost {
  let name = "matmul"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if index == 0 { return at.dy.matmul(at.b.swappingLastAxes()) }
    if at.b.rank == 2 && at.a.rank > 2 {
      // All rows of the batch in one product, instead of a product each and their sum.
      let (inner, columns) = (at.b.shape[0], at.b.shape[1])
      let rows = at.a.shape.dropLast().reduce(1, *)
      return at.a.reshaped(to: [rows, inner]).transposed()
        .matmul(at.dy.reshaped(to: [rows, columns]))
    }
    return at.a.swappingLastAxes().matmul(at.dy)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let a = planner.location(step.inputs[0])
    let b = planner.location(step.inputs[1])
    let target = planner.output(step)
    var shape = step.type.shape
    var aLayout = a.layout
    if b.layout.shape.count == 2,
      let rows = aLayout.reshaped(to: [shape.dropLast().reduce(1, *), aLayout.shape.last ?? 0])
    {
      // One matrix for the whole batch: its rows are those of one tall matrix.
      aLayout = rows
      shape = [rows.shape[0], shape[shape.count - 1]]
    }
    let batch = Array(shape.dropLast(2))
    let (m, n) = (shape[shape.count - 2], shape[shape.count - 1])
    let (rows, columns) = (aLayout.shape.suffix(2), b.layout.shape.suffix(2))
    matrixBackend.emit(
      MatrixProduct(
        a: Planner.Location(
          buffer: a.buffer, dtype: a.dtype, layout: aLayout.broadcast(to: batch + rows)),
        b: Planner.Location(
          buffer: b.buffer, dtype: b.dtype, layout: b.layout.broadcast(to: batch + columns)),
        c: target, batch: batch, m: m, n: n, k: columns.first ?? 0,
        epilogue: planner.epilogue(step)),
      step, planner)
  }
}

extension Tensor {
  /// The matrix product with another tensor, batched over leading axes.
  ///
  ///     y[…, i, j] = Σₖ a[…, i, k] · b[…, k, j]
  ///
  /// - Parameter other: `[…, inner, columns]`; this tensor is `[…, rows, inner]`, and leading axes
  ///   broadcast. A vector stands for one row on the left, for one column on the right, and its axis
  ///   is not in the result.
  /// - Returns: `[…, rows, columns]`.
  public func matmul(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if rank == 1 && other.rank >= 1 {
      let product = reshaped(to: [1, shape[0]]).matmul(other, file: file, line: line)
      let axis = other.rank == 1 ? product.rank - 1 : product.rank - 2
      return product.reshaped(to: product.shape.removing([axis], keepingDimensions: false))
    }
    if other.rank == 1 && rank >= 2 {
      let product = matmul(other.reshaped(to: [other.shape[0], 1]), file: file, line: line)
      return product.reshaped(to: product.shape.dropLast())
    }
    let inner = shape.last ?? 0
    guard rank >= 2, other.rank >= 2, inner == other.shape[other.rank - 2] else {
      trap(
        Diagnostic(
          "matmul", "the inner axes differ",
          expected: "[…, rows, inner] × […, inner, columns]",
          got: "\(shape.text) × \(other.shape.text)",
          fix: "transpose one operand, or check the width of the layer before"),
        file: file, line: line)
    }
    check(
      dtype == other.dtype && dtype.isFloating,
      Diagnostic(
        "matmul", "the element types do not fit", expected: "float32 or float64, both the same",
        got: "\(dtype) × \(other.dtype)", fix: "use cast(to:)"),
      file: file, line: line)
    guard
      let batch = broadcastShape(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
    else {
      trap(
        Diagnostic(
          "matmul", "the leading axes do not broadcast",
          expected: "equal sizes, or 1, before the last two axes",
          got: "\(shape.text) × \(other.shape.text)"),
        file: file, line: line)
    }
    return Recorder.current.record(
      MatMul(), [node, other.node],
      TensorType(
        batch + [shape[rank - 2], other.shape[other.rank - 1]], dtype, file: file, line: line))
  }

  /// The tensor with its last two axes exchanged.
  func swappingLastAxes() -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(rank - 1, rank - 2)
    return transposed(order)
  }
}
