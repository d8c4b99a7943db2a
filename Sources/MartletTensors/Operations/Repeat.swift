// Elements repeated and rotated: composed of broadcasts, reshapes, slices and concatenations.

extension Tensor {
  /// The tensor as a block, repeated along its axes.
  ///
  /// - Parameter repeats: How often along each axis, aligned at the last; the shorter of `repeats` and
  ///   the shape is filled with leading ones.
  public func tiled(
    _ repeats: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      repeats.allSatisfy { $0 >= 0 },
      Diagnostic(
        "tile", "a number of repeats is negative", expected: "0 or more", got: "\(repeats)"),
      file: file, line: line)
    let rank = Swift.max(rank, repeats.count)
    let sizes = [Int](repeating: 1, count: rank - shape.count) + shape
    let counts = [Int](repeating: 1, count: rank - repeats.count) + repeats
    let target = zip(sizes, counts).map { size, count in
      let (product, wraps) = size.multipliedReportingOverflow(by: count)
      return wraps ? Int.max : product
    }
    _ = TensorType(target, dtype, file: file, line: line)
    var result = reshaped(to: sizes)
    // Axes in front of which the whole rest is repeated: one axis more each time.
    for axis in sizes.indices.reversed() where counts[axis] != 1 {
      let outer = sizes[..<axis].reduce(1, *)
      let inner = target[(axis + 1)...].reduce(sizes[axis], *)
      result = result.reshaped(to: [outer, 1, inner])
        .broadcast(to: [outer, counts[axis], inner])
        .reshaped(to: [outer * counts[axis] * inner])
    }
    return result.reshaped(to: target)
  }

  /// The tensor as a block, repeated along its last axis.
  public func tiled(
    _ repeats: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    tiled([repeats], file: file, line: line)
  }

  /// The tensor with each element of an axis repeated so many times.
  ///
  /// - Parameters:
  ///   - count: How often.
  ///   - axis: The axis; where it is not named, the elements in row-major order.
  public func repeated(
    _ count: Int, along axis: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      count >= 0,
      Diagnostic(
        "repeat", "the number of repeats is negative", expected: "0 or more", got: "\(count)"),
      file: file, line: line)
    guard let axis else {
      return reshaped(to: [self.count]).repeated(count, along: 0, file: file, line: line)
    }
    let position = normalizedAxis(axis, rank: rank, "repeat", file: file, line: line)
    let (size, wraps) = shape[position].multipliedReportingOverflow(by: count)
    let target = shape.replacing(axis: position, with: wraps ? Int.max : size)
    _ = TensorType(target, dtype, file: file, line: line)
    let outer = shape[...position].reduce(1, *)
    let inner = shape[(position + 1)...].reduce(1, *)
    return reshaped(to: [outer, 1, inner]).broadcast(to: [outer, count, inner])
      .reshaped(to: target)
  }

  /// The tensor with element `i` of an axis repeated `counts[i]` times.
  ///
  /// - Parameters:
  ///   - counts: One number for each element of the axis.
  ///   - axis: The axis; where it is not named, the elements in row-major order.
  public func repeated(
    _ counts: [Int], along axis: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    guard let axis else {
      return reshaped(to: [count]).repeated(counts, along: 0, file: file, line: line)
    }
    let position = normalizedAxis(axis, rank: rank, "repeat", file: file, line: line)
    check(
      counts.count == shape[position] && counts.allSatisfy { $0 >= 0 },
      Diagnostic(
        "repeat", "the numbers of repeats do not fit the axis",
        expected: "\(shape[position]) numbers of 0 or more, axis \(position) of \(shape.text)",
        got: "\(counts)"),
      file: file, line: line)
    let indices = counts.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) }
    return taking(
      Tensor(indices, shape: [indices.count]), along: position, file: file, line: line)
  }

  /// The tensor with its elements moved on along axes; what passes the end comes in at the start.
  ///
  /// - Parameters:
  ///   - shifts: How far along each axis; negative ones move towards the start.
  ///   - axes: The axes, one for each shift; one named twice moves by the sum.
  public func rolled(
    by shifts: [Int], along axes: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      shifts.count == axes.count,
      Diagnostic(
        "roll", "the numbers of shifts and axes differ", expected: "\(axes.count) shifts",
        got: "\(shifts.count)"),
      file: file, line: line)
    var result = self
    for (shift, axis) in zip(shifts, axes) {
      let axis = normalizedAxis(axis, rank: rank, "roll", file: file, line: line)
      let size = shape[axis]
      if size == 0 { continue }
      let cut = (size - shift % size) % size
      if cut == 0 { continue }
      result = .concatenate(
        [result.slice(cut..<size, along: axis), result.slice(0..<cut, along: axis)], along: axis)
    }
    return result
  }

  /// The tensor with its elements moved on along one axis.
  public func rolled(
    by shift: Int, along axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    rolled(by: [shift], along: [axis], file: file, line: line)
  }

  /// The tensor with its elements, in row-major order, moved on.
  public func rolled(by shift: Int) -> Tensor {
    reshaped(to: [count]).rolled(by: [shift], along: [0]).reshaped(to: shape)
  }
}
