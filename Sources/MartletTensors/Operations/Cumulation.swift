import CKernels

/// Running sums and products along an axis.
struct Cumulation: Operation {
  var name: String { isProduct ? "cumulativeProduct" : "cumulativeSum" }
  let axis: Int
  let isProduct: Bool
  let isExclusive: Bool
  let isReversed: Bool

  func encode(into key: inout PlanKey) {
    key.add(axis)
    key.add((isProduct ? 1 : 0) | (isExclusive ? 2 : 0) | (isReversed ? 4 : 0))
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if !isProduct {
      return at.dy.cumulativeSum(along: axis, exclusive: isExclusive, reverse: !isReversed)
    }
    // dx[j] = Π x before j · Σ over i behind j of dy[i] · Π x between j and i
    return at.x.cumulativeProduct(along: axis, exclusive: true, reverse: isReversed)
      * Tensor.carried(at.dy, at.x, along: axis, exclusive: isExclusive, reverse: isReversed)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.output(step)
    let shape = step.type.shape
    var arguments = mk_cumulate_args()
    arguments.outer = UInt64(shape[..<axis].reduce(1, *))
    arguments.reduced = UInt64(shape[axis])
    arguments.inner = UInt64(shape[(axis + 1)...].reduce(1, *))
    arguments.dtype = step.type.dtype.kernelType
    arguments.product = isProduct ? 1 : 0
    arguments.exclusive = isExclusive ? 1 : 0
    arguments.reverse = isReversed ? 1 : 0
    planner.emit(
      name, "\(shape.text) along \(axis)", mk_cumulate, arguments, [(\.x, x), (\.y, y)],
      parts: planner.parts(forWork: 2 * step.type.count))
  }
}

extension Tensor {
  /// Sums of all elements up to each one along an axis.
  ///
  /// Integers are summed in their own type.
  ///
  /// - Parameters:
  ///   - axis: The axis to run along; a negative one counts from the end.
  ///   - exclusive: Whether each sum leaves its own element out.
  ///   - reverse: Whether sums run from the end.
  public func cumulativeSum(
    along axis: Int, exclusive: Bool = false, reverse: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    cumulated(
      along: axis, product: false, exclusive: exclusive, reverse: reverse, file: file, line: line)
  }

  /// Sums along axes, one after the other: of all elements that no axis has beyond each one.
  ///
  /// Along both axes of an image this is its summed-area table.
  public func cumulativeSum(
    along axes: [Int], exclusive: Bool = false, reverse: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    normalizedAxes(axes, rank: rank, "cumulativeSum", file: file, line: line).reduce(self) {
      $0.cumulativeSum(along: $1, exclusive: exclusive, reverse: reverse, file: file, line: line)
    }
  }

  /// Products along axes, one after the other; parameters as in `cumulativeSum`.
  public func cumulativeProduct(
    along axes: [Int], exclusive: Bool = false, reverse: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    normalizedAxes(axes, rank: rank, "cumulativeProduct", file: file, line: line).reduce(self) {
      $0.cumulativeProduct(
        along: $1, exclusive: exclusive, reverse: reverse, file: file, line: line)
    }
  }

  /// Products of all elements up to each one along an axis; parameters as in `cumulativeSum`.
  ///
  /// The gradient is right where elements are 0, and can be differentiated again.
  public func cumulativeProduct(
    along axis: Int, exclusive: Bool = false, reverse: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    cumulated(
      along: axis, product: true, exclusive: exclusive, reverse: reverse, file: file, line: line)
  }

  private func cumulated(
    along axis: Int, product: Bool, exclusive: Bool, reverse: Bool, file: StaticString, line: UInt
  ) -> Tensor {
    let operation = Cumulation(
      axis: normalizedAxis(
        axis, rank: rank, product ? "cumulativeProduct" : "cumulativeSum", file: file, line: line),
      isProduct: product, isExclusive: exclusive, isReversed: reverse)
    check(
      dtype != .bool,
      Diagnostic(
        operation.name, "it is not defined for this element type", expected: "numbers",
        got: "bool", fix: "use cast(to:)"), file: file, line: line)
    return Recorder.current.record(operation, [node], type)
  }
}
