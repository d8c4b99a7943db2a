import CKernels

/// The order of the elements along an axis: the indices that sort them.
struct Argsort: Operation {
  let name = "argsort"
  let axis: Int
  let isDescending: Bool

  func encode(into key: inout PlanKey) {
    key.add(axis)
    key.add(isDescending)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.output(step)
    let shape = step.type.shape
    if step.type.count == 0 { return }
    var arguments = mk_sort_args()
    arguments.outer = UInt64(shape[..<axis].reduce(1, *))
    arguments.axis = UInt64(shape[axis])
    arguments.inner = UInt64(shape[(axis + 1)...].reduce(1, *))
    arguments.dtype = x.dtype.kernelType
    arguments.descending = isDescending ? 1 : 0
    arguments.has_indices = 1
    let depth = Int.bitWidth - shape[axis].leadingZeroBitCount
    planner.emit(
      name, "\(shape.text) along \(axis)", mk_sort, arguments, [(\.x, x), (\.indices, y)],
      parts: planner.parts(forWork: 4 * depth * step.type.count),
      scratch: withUnsafePointer(to: arguments, mk_sort_scratch))
  }
}

extension Tensor {
  /// The indices that sort the elements along an axis, of `int32`.
  ///
  /// Equal elements keep their order. NaN counts as the largest: it comes last, or first where the
  /// order is descending.
  public func argsort(
    along axis: Int = -1, descending: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    let axis = normalizedAxis(axis, rank: rank, "argsort", file: file, line: line)
    check(
      shape[axis] <= Int(Int32.max),
      Diagnostic(
        "argsort", "the axis is too long", expected: "at most \(Int32.max) elements",
        got: "\(shape[axis]), axis \(axis) of \(shape.text)"),
      file: file, line: line)
    return .record(
      Argsort(axis: axis, isDescending: descending), [self], shape: shape, dtype: .int32)
  }

  /// The elements in order along an axis.
  ///
  /// NaN counts as the largest. Gradients go back to where the elements came from.
  ///
  /// - Parameters:
  ///   - axis: The axis to sort; a negative one counts from the end.
  ///   - descending: Whether the largest comes first.
  public func sorted(
    along axis: Int = -1, descending: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    let axis = normalizedAxis(axis, rank: rank, "sort", file: file, line: line)
    return takingAlong(
      axis, at: argsort(along: axis, descending: descending, file: file, line: line))
  }

  /// The largest elements along an axis, largest first, and their indices, of `int32`.
  ///
  /// Of equal elements the first comes first; NaN counts as the largest.
  ///
  /// - Parameters:
  ///   - count: How many; traps if there are fewer.
  ///   - axis: The axis to look along; a negative one counts from the end.
  public func topK(
    _ count: Int, along axis: Int = -1, file: StaticString = #fileID, line: UInt = #line
  ) -> (values: Tensor, indices: Tensor) {
    let axis = normalizedAxis(axis, rank: rank, "topK", file: file, line: line)
    check(
      count >= 0 && count <= shape[axis],
      Diagnostic(
        "topK", "there are not so many elements",
        expected: "0 to \(shape[axis]), axis \(axis) of \(shape.text)", got: "\(count)"),
      file: file, line: line)
    let indices = argsort(along: axis, descending: true, file: file, line: line)
      .slice(0..<count, along: axis)
    return (takingAlong(axis, at: indices, file: file, line: line), indices)
  }
}
