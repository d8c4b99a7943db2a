import CKernels

/// Where the extreme elements along one axis are.
struct ArgExtreme: Operation {
  var name: String { isMinimum ? "argmin" : "argmax" }
  let axis: Int
  let isMinimum: Bool

  func encode(into key: inout PlanKey) {
    key.add(axis)
    key.add(isMinimum ? 1 : 0)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let shape = x.layout.shape
    let y = planner.output(step)
    var arguments = mk_arg_args()
    arguments.outer = UInt64(shape[..<axis].reduce(1, *))
    arguments.reduced = UInt64(shape[axis])
    arguments.inner = UInt64(shape[(axis + 1)...].reduce(1, *))
    arguments.dtype = x.dtype.kernelType
    arguments.minimum = isMinimum ? 1 : 0
    planner.emit(
      name, "\(shape.text) along \(axis)", mk_arg_extreme, arguments, [(\.x, x), (\.y, y)],
      parts: planner.parts(forWork: shape.elementCount))
  }
}

extension Tensor {
  /// The index of the largest element along axes: the first of those that tie.
  ///
  /// A NaN counts as the largest, as in NumPy. Along several axes, the index counts their elements in row-major order.
  ///
  /// - Parameters:
  ///   - axes: The axes to search; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  /// - Returns: Indices of `int32`. Traps if there is no element to choose, or more than 2³¹ − 1.
  public func argmax(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    extremes(
      along: axes, minimum: false, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The index of the largest element along one axis.
  public func argmax(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    argmax(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The index of the smallest element along axes: the first of those that tie.
  ///
  /// A NaN counts as the smallest, as in NumPy; all else is as in `argmax`.
  public func argmin(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    extremes(
      along: axes, minimum: true, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The index of the smallest element along one axis.
  public func argmin(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    argmin(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }

  private func extremes(
    along axes: [Int]?, minimum: Bool, keepingDimensions: Bool, file: StaticString, line: UInt
  ) -> Tensor {
    let who = minimum ? "argmin" : "argmax"
    let axes = normalizedAxes(axes, rank: rank, who, file: file, line: line)
    let result = shape.removing(axes, keepingDimensions: keepingDimensions)
    let length = length(along: axes)
    check(
      length <= Int32.max && (length > 0 || result.elementCount == 0),
      Diagnostic(
        who, length == 0 ? "there is no element to choose" : "the index does not fit int32",
        expected: "1 ... 2147483647 elements along the axes",
        got: "\(length), shape \(shape.text) along \(axes)"),
      file: file, line: line)
    var (x, axis) = (self, axes.first ?? 0)
    if axes.count != 1 {
      x = rows(along: axes).rows
      axis = x.rank - 1
    }
    let found = Tensor.record(
      ArgExtreme(axis: axis, isMinimum: minimum), [x],
      shape: x.shape.removing([axis], keepingDimensions: false), dtype: .int32)
    return found.reshaped(to: result)
  }
}
