import CKernels

/// Elements of a tensor, picked along an axis by an index tensor, or added to those that it picks.
///
/// Shapes, with o the axes before `axis` and i those behind it, j the axes of the indices:
///
///     gather          y[o, j, i] = x[o, index[j], i]
///     gather along    y[o, j, i] = x[o, index[o, j, i], i]            j one axis
///     scatter         y = 0,  y[o, index[j], i] += x[o, j, i]
///     scatter along   y = 0,  y[o, index[o, j, i], i] += x[o, j, i]   j one axis
///
/// Each gather is the adjoint of its scatter. The inputs are x and the indices.
struct Indexing: Operation {
  /// What is done with the elements.
  enum Kind: Int, Sendable {
    case gather, gatherAlong, scatterAdd, scatterAddAlong
  }

  let kind: Kind
  let axis: Int
  /// Who asked for it, and where.
  let site: Site

  final class Site: Sendable {
    let who: String
    let file: StaticString
    let line: UInt

    init(_ who: String, _ file: StaticString, _ line: UInt) {
      self.who = who
      self.file = file
      self.line = line
    }
  }

  var name: String {
    switch kind {
    case .gather: "gather"
    case .gatherAlong: "gatherAlong"
    case .scatterAdd: "scatterAdd"
    case .scatterAddAlong: "scatterAddAlong"
    }
  }

  func encode(into key: inout PlanKey) {
    key.add(kind.rawValue)
    key.add(axis)
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if index != 0 { return nil }
    let adjoint: Kind =
      switch kind {
      case .gather: .scatterAdd
      case .gatherAlong: .scatterAddAlong
      case .scatterAdd: .gather
      case .scatterAddAlong: .gatherAlong
      }
    return .record(
      Indexing(kind: adjoint, axis: axis, site: site), [at.dy, at.b], shape: at.a.shape,
      dtype: at.dy.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let index = planner.dense(step.inputs[1])
    let y = planner.output(step)
    let shape = x.layout.shape
    let indexShape = index.layout.shape
    let isAlong = kind == .gatherAlong || kind == .scatterAddAlong
    let whole = kind == .gather || kind == .gatherAlong ? shape : step.type.shape
    let outer = UInt64(whole[..<axis].reduce(1, *))
    let inner = UInt64(whole[(axis + 1)...].reduce(1, *))
    let count = UInt64(isAlong ? indexShape[axis] : indexShape.elementCount)
    let detail = "\(shape.text) by \(indexShape.text) along \(axis)"
    // Whether an index is right does not depend on whether there is something to move.
    let error = planner.errorSlot(step)
    let work = 2 * max(shape.elementCount, step.type.count)
    let type = index.dtype.kernelType
    switch kind {
    case .gather, .gatherAlong:
      var arguments = mk_gather_args()
      (arguments.outer, arguments.axis) = (outer, UInt64(whole[axis]))
      (arguments.inner, arguments.count) = (inner, count)
      arguments.index_dtype = type
      arguments.bytes = UInt8(x.dtype.byteCount)
      planner.emit(
        name, detail, isAlong ? mk_gather_along : mk_gather, arguments,
        [(\.x, x), (\.index, index), (\.y, y), (\.error, error)],
        parts: planner.parts(forWork: work))
    case .scatterAdd, .scatterAddAlong:
      var arguments = mk_scatter_args()
      (arguments.outer, arguments.axis) = (outer, UInt64(whole[axis]))
      (arguments.inner, arguments.count) = (inner, count)
      arguments.index_dtype = type
      arguments.dtype = x.dtype.kernelType
      planner.emit(
        name, detail, isAlong ? mk_scatter_add_along : mk_scatter_add, arguments,
        [(\.x, x), (\.index, index), (\.y, y), (\.error, error)],
        parts: planner.parts(forWork: work))
    }
  }

  func fail(_ code: Int64, _ value: Int64, _ node: Node) -> Never {
    let (x, indices) = graphLock.withLock { (node.inputs[0].type, node.inputs[1].type) }
    let whole = kind == .gather || kind == .gatherAlong ? x.shape : node.type.shape
    let size = whole[axis]
    var rest = Int(code) - 1
    var position: [Int] = []
    for stride in indices.shape.denseStrides {
      position.append(rest / stride)
      rest %= stride
    }
    trap(
      Diagnostic(
        site.who, "an index is out of range",
        expected: size == 0
          ? "no index, axis \(axis) of \(whole.text) is empty"
          : "indices in \(-size) ..< \(size), axis \(axis) of \(whole.text)",
        got: "\(value) at \(position) of the indices, shape \(indices.shape.text)",
        fix: "check the indices, or hold them in the range with clipped(to:_:)"),
      file: site.file, line: site.line)
  }
}

extension Tensor {
  /// An index tensor as kernels take it; traps unless its elements are integers.
  fileprivate func asIndices(
    _ who: String, file: StaticString, line: UInt
  ) -> Tensor {
    check(
      dtype.isInteger,
      Diagnostic(
        who, "the indices are no integers", expected: "int32, int64 or uint8", got: "\(dtype)",
        fix: dtype == .bool ? "use argwhere() or nonzero()" : "use cast(to: .int32)"),
      file: file, line: line)
    return dtype == .uint8 ? cast(to: .int32) : self
  }

  /// Slices of the tensor along an axis, picked by indices.
  ///
  ///     y[o…, j…, i…] = x[o…, indices[j…], i…]
  ///
  /// NumPy's `take`, also called gather. Its gradient adds up what an index has picked twice.
  ///
  /// - Parameters:
  ///   - indices: Integers of any shape; negative ones count from the end. The evaluation traps if
  ///     one is out of range.
  ///   - axis: The axis to pick along; a negative one counts from the end.
  /// - Returns: A tensor in whose shape that of the indices stands in place of the axis.
  public func taking(
    _ indices: Tensor, along axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let indices = indices.asIndices("take", file: file, line: line)
    let axis = normalizedAxis(axis, rank: rank, "take", file: file, line: line)
    return .record(
      Indexing(kind: .gather, axis: axis, site: .init("take", file, line)), [self, indices],
      shape: Array(shape[..<axis]) + indices.shape + Array(shape[(axis + 1)...]), dtype: dtype,
      file: file, line: line)
  }

  /// Elements of the tensor, picked by their place in row-major order; of the indices' shape.
  public func taking(
    _ indices: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reshaped(to: [count]).taking(indices, along: 0, file: file, line: line)
  }

  /// Elements of the tensor, picked along an axis by an index for each element of the result.
  ///
  ///     y[o…, j, i…] = x[o…, indices[o…, j, i…], i…]
  ///
  /// NumPy's `take_along_axis`: what turns the result of `argsort` into sorted elements.
  ///
  /// - Parameters:
  ///   - indices: Integers, of the tensor's sizes at all axes but one; negative ones count from the
  ///     end. The evaluation traps if one is out of range.
  ///   - axis: The axis to pick along; a negative one counts from the end.
  public func takingAlong(
    _ axis: Int, at indices: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let indices = indices.asIndices("takeAlong", file: file, line: line)
    let axis = normalizedAxis(axis, rank: rank, "takeAlong", file: file, line: line)
    checkAlong(indices, shape, axis, "takeAlong", file: file, line: line)
    return .record(
      Indexing(kind: .gatherAlong, axis: axis, site: .init("takeAlong", file, line)),
      [self, indices], shape: indices.shape, dtype: dtype)
  }

  /// The tensor with slices added to those that indices pick along an axis, in their order; the
  /// adjoint of `taking(_:along:)`.
  ///
  ///     y = x,  y[o…, indices[j…], i…] += updates[o…, j…, i…]
  ///
  /// - Parameters:
  ///   - updates: What to add: the shape of the indices stands in place of the axis.
  ///   - indices: Integers of any shape, which may repeat; negative ones count from the end. The
  ///     evaluation traps if one is out of range.
  ///   - axis: The axis to pick along; a negative one counts from the end.
  public func addingScattered(
    _ updates: Tensor, at indices: Tensor, along axis: Int = 0,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let indices = indices.asIndices("scatterAdd", file: file, line: line)
    let axis = normalizedAxis(axis, rank: rank, "scatterAdd", file: file, line: line)
    let expected = Array(shape[..<axis]) + indices.shape + Array(shape[(axis + 1)...])
    checkScattered(updates, expected, "scatterAdd", file: file, line: line)
    return self
      + .record(
        Indexing(kind: .scatterAdd, axis: axis, site: .init("scatterAdd", file, line)),
        [updates, indices], shape: shape, dtype: dtype)
  }

  /// The tensor with elements added to those that an index each picks along an axis, in their order;
  /// the adjoint of `takingAlong(_:at:)`.
  ///
  ///     y = x,  y[o…, indices[o…, j, i…], i…] += updates[o…, j, i…]
  ///
  /// - Parameters:
  ///   - updates: What to add, of the indices' shape.
  ///   - axis: The axis to pick along; a negative one counts from the end.
  ///   - indices: Integers, of the tensor's sizes at all axes but one; they may repeat, and negative
  ///     ones count from the end. The evaluation traps if one is out of range.
  public func addingScattered(
    _ updates: Tensor, along axis: Int, atEach indices: Tensor,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let indices = indices.asIndices("scatterAddAlong", file: file, line: line)
    let axis = normalizedAxis(axis, rank: rank, "scatterAddAlong", file: file, line: line)
    checkAlong(indices, shape, axis, "scatterAddAlong", file: file, line: line)
    checkScattered(updates, indices.shape, "scatterAddAlong", file: file, line: line)
    return self
      + .record(
        Indexing(kind: .scatterAddAlong, axis: axis, site: .init("scatterAddAlong", file, line)),
        [updates, indices], shape: shape, dtype: dtype)
  }

  private func checkAlong(
    _ indices: Tensor, _ shape: Shape, _ axis: Int, _ who: String, file: StaticString, line: UInt
  ) {
    let fits =
      indices.rank == shape.count
      && shape.indices.allSatisfy { $0 == axis || shape[$0] == indices.shape[$0] }
    check(
      fits,
      Diagnostic(
        who, "the indices do not fit the tensor",
        expected: "the sizes of \(shape.text) at all axes but \(axis)",
        got: "indices of shape \(indices.shape.text)", fix: "broadcast the indices"),
      file: file, line: line)
  }

  private func checkScattered(
    _ updates: Tensor, _ expected: Shape, _ who: String, file: StaticString, line: UInt
  ) {
    check(
      dtype != .bool && updates.dtype == dtype,
      Diagnostic(
        who, "the element types do not fit", expected: "numbers, both of one type",
        got: "\(dtype) and updates of \(updates.dtype)", fix: "use cast(to:)"),
      file: file, line: line)
    check(
      updates.shape == expected,
      Diagnostic(
        who, "the updates do not fit tensor and indices", expected: "shape \(expected.text)",
        got: updates.shape.text),
      file: file, line: line)
  }
}
