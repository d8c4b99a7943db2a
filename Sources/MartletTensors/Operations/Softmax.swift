import CKernels

/// Softmax and its relatives over the rows of the last axis.
///
///     softmax      y = eˣ / Σ eˣ          dx = y (dy − Σ dy y)
///     logSoftmax   y = x − log Σ eˣ       dx = dy − eʸ Σ dy
///     logSumExp    y = log Σ eˣ           dx = dy · softmax(x)
enum Softmax: Int, Operation {
  case softmax, logSoftmax, logSumExp

  func encode(into key: inout PlanKey) { key.add(rawValue) }

  var name: String {
    switch self {
    case .softmax: "softmax"
    case .logSoftmax: "logSoftmax"
    case .logSumExp: "logSumExp"
    }
  }

  private var kernel: mk_run {
    switch self {
    case .softmax: mk_softmax
    case .logSoftmax: mk_log_softmax
    case .logSumExp: mk_log_sum_exp
    }
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let dy = at.dy
    switch self {
    case .softmax: return at.y * (dy - (dy * at.y).sum(along: -1, keepingDimensions: true))
    case .logSoftmax: return dy - at.y.exp() * dy.sum(along: -1, keepingDimensions: true)
    case .logSumExp: return dy.reshaped(to: dy.shape + [1]) * at.x.softmax()
    }
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.output(step)
    let shape = x.layout.shape
    var arguments = mk_rows_args()
    arguments.rows = UInt64(shape.dropLast().reduce(1, *))
    arguments.columns = UInt64(shape[shape.count - 1])
    arguments.dtype = x.dtype.kernelType
    planner.emit(
      name, shape.text, kernel, arguments, [(\.x, x), (\.y, y)],
      parts: planner.parts(forWork: 16 * shape.elementCount))
  }
}

extension Tensor {
  /// eˣ / Σ eˣ along an axis: positive numbers whose sum is 1.
  ///
  /// Elements are taken relative to the largest, so that none overflows. A row whose largest element
  /// is infinite, or that holds a NaN, is NaN throughout.
  public func softmax(
    along axis: Int = -1, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    softmaxed(.softmax, along: axis, file: file, line: line)
  }

  /// log(eˣ / Σ eˣ) along an axis, without the digits that the logarithm of `softmax` would lose.
  public func logSoftmax(
    along axis: Int = -1, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    softmaxed(.logSoftmax, along: axis, file: file, line: line)
  }

  /// log Σ eˣ along axes, finite wherever the result is; -∞ over none.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func logSumExp(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkFloating("logSumExp", file: file, line: line)
    let axes = normalizedAxes(axes, rank: rank, "logSumExp", file: file, line: line)
    let (rows, kept) = rows(along: axes)
    return Tensor.record(Softmax.logSumExp, [rows], shape: kept, dtype: dtype)
      .reshaped(to: shape.removing(axes, keepingDimensions: keepingDimensions))
  }

  /// log Σ eˣ along one axis.
  public func logSumExp(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    logSumExp(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }

  private func softmaxed(
    _ operation: Softmax, along axis: Int, file: StaticString, line: UInt
  ) -> Tensor {
    checkFloating(operation.name, file: file, line: line)
    let axis = normalizedAxis(axis, rank: rank, operation.name, file: file, line: line)
    // The kernels run along the last axis; exchanging two axes undoes itself.
    var order = Array(0..<rank)
    order.swapAt(axis, rank - 1)
    let rows = transposed(order)
    return Tensor.record(operation, [rows], shape: rows.shape, dtype: dtype).transposed(order)
  }
}
