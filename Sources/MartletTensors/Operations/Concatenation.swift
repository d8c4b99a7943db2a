/// Tensors one behind the other along an axis: each is copied to its strided place of the one output.
struct Concatenation: Operation {
  let name = "concatenate"
  let axis: Int

  func encode(into key: inout PlanKey) { key.add(axis) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let start = at.inputs[..<index].reduce(0) { $0 + $1.type.shape[axis] }
    return at.dy.slice(start..<(start + at[index].shape[axis]), along: axis)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let y = planner.output(step)
    var start = 0
    for input in step.inputs {
      let x = planner.location(input)
      var place = y
      place.layout.shape = x.layout.shape
      place.layout.offset += start * y.layout.strides[axis]
      planner.emitCopy(from: x, to: place)
      start += x.layout.shape[axis]
    }
  }
}

extension Tensor {
  /// Tensors put one behind the other along an axis that they have.
  ///
  /// - Parameters:
  ///   - tensors: At least one, of one element type, with equal sizes along all other axes.
  ///   - axis: The axis whose sizes add up; a negative one counts from the end.
  public static func concatenate(
    _ tensors: [Tensor], along axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let first = tensorsAlike(tensors, "concatenate", file: file, line: line)
    check(
      first.rank > 0,
      Diagnostic(
        "concatenate", "scalars have no axis", expected: "tensors of rank 1 or more",
        got: "rank 0", fix: "use stack(_:along:)"),
      file: file, line: line)
    let axis = normalizedAxis(axis, rank: first.rank, "concatenate", file: file, line: line)
    for (index, tensor) in tensors.enumerated() {
      let fits =
        tensor.rank == first.rank
        && tensor.shape.indices.allSatisfy {
          $0 == axis || tensor.shape[$0] == first.shape[$0]
        }
      check(
        fits,
        Diagnostic(
          "concatenate", "a tensor does not fit the first",
          expected: "the sizes of \(first.shape.text) at all axes but \(axis)",
          got: "\(tensor.shape.text) at index \(index)"),
        file: file, line: line)
    }
    if tensors.count == 1 { return first }
    let size = tensors.map { $0.shape[axis] }.clampedSum
    return .record(
      Concatenation(axis: axis), tensors, shape: first.shape.replacing(axis: axis, with: size),
      dtype: first.dtype, file: file, line: line)
  }

  /// Tensors of one shape put side by side along a new axis.
  ///
  /// - Parameters:
  ///   - tensors: At least one, of one shape and element type.
  ///   - axis: Where the new axis stands in the result; a negative one counts from its end.
  public static func stack(
    _ tensors: [Tensor], along axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let first = tensorsAlike(tensors, "stack", file: file, line: line)
    let axis = normalizedAxis(axis, rank: first.rank + 1, "stack", file: file, line: line)
    if let index = tensors.firstIndex(where: { $0.shape != first.shape }) {
      trap(
        Diagnostic(
          "stack", "a tensor does not fit the first", expected: "shape \(first.shape.text)",
          got: "\(tensors[index].shape.text) at index \(index)"),
        file: file, line: line)
    }
    return concatenate(
      tensors.map { $0.expandingDimensions(at: axis, file: file, line: line) }, along: axis,
      file: file, line: line)
  }

  /// The first of some tensors; traps if there is none, or if element types differ.
  private static func tensorsAlike(
    _ tensors: [Tensor], _ who: String, file: StaticString, line: UInt
  ) -> Tensor {
    guard let first = tensors.first else {
      trap(
        Diagnostic(
          who, "there is nothing to put together", expected: "at least one tensor",
          got: "an empty array"),
        file: file, line: line)
    }
    if let index = tensors.firstIndex(where: { $0.dtype != first.dtype }) {
      trap(
        Diagnostic(
          who, "the element types differ", expected: "\(first.dtype), as of the first",
          got: "\(tensors[index].dtype) at index \(index)", fix: "use cast(to:)"),
        file: file, line: line)
    }
    return first
  }

  /// The tensor cut into equal parts along an axis: views, no element moves.
  ///
  /// Traps if the size of the axis is no multiple of `count`.
  public func split(
    into count: Int, along axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    let axis = normalizedAxis(axis, rank: rank, "split", file: file, line: line)
    check(
      count > 0 && shape[axis] % count == 0,
      Diagnostic(
        "split", "the axis does not divide into equal parts",
        expected: "a number of parts that divides \(shape[axis])",
        got: "\(count), axis \(axis) of \(shape.text)", fix: "name the sizes: split(sizes:along:)"),
      file: file, line: line)
    return split(
      sizes: [Int](repeating: shape[axis] / count, count: count), along: axis, file: file,
      line: line)
  }

  /// The tensor cut into parts of given sizes along an axis: views, no element moves.
  ///
  /// Traps if the sizes do not add up to that of the axis.
  public func split(
    sizes: [Int], along axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    let axis = normalizedAxis(axis, rank: rank, "split", file: file, line: line)
    check(
      sizes.allSatisfy { $0 >= 0 && $0 <= shape[axis] } && sizes.clampedSum == shape[axis],
      Diagnostic(
        "split", "the sizes do not add up to that of the axis",
        expected: "sizes of 0 or more, \(shape[axis]) in all",
        got: "\(sizes), axis \(axis) of \(shape.text)"),
      file: file, line: line)
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(start..<(start + size), along: axis)
    }
  }
}
