// Axes of size 1 taken out and put in, and axes moved: views, composed of reshapes and transposes.

extension Tensor {
  /// The tensor without axes of size 1: those named, or all of them.
  ///
  /// Traps if a named axis has another size.
  public func squeezed(
    along axes: [Int]? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let named = normalizedAxes(axes, rank: rank, "squeeze", file: file, line: line)
    for axis in named where axes != nil {
      check(
        shape[axis] == 1,
        Diagnostic(
          "squeeze", "the axis does not have size 1", expected: "size 1 at axis \(axis)",
          got: "\(shape[axis]), shape \(shape.text)", fix: "name an axis of size 1, or none"),
        file: file, line: line)
    }
    let gone = named.filter { shape[$0] == 1 }
    return reshaped(to: shape.removing(gone, keepingDimensions: false), file: file, line: line)
  }

  /// The tensor without one axis of size 1.
  public func squeezed(
    along axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    squeezed(along: [axis], file: file, line: line)
  }

  /// The tensor with new axes of size 1.
  ///
  /// - Parameter axes: Where the new axes stand in the result; negative ones count from its end. Traps
  ///   if one is out of range or named twice.
  public func expandingDimensions(
    at axes: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let axes = normalizedAxes(
      axes, rank: rank + axes.count, "expandDimensions", file: file, line: line)
    var expanded = shape
    for axis in axes { expanded.insert(1, at: axis) }
    return reshaped(to: expanded, file: file, line: line)
  }

  /// The tensor with a new axis of size 1.
  public func expandingDimensions(
    at axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    expandingDimensions(at: [axis], file: file, line: line)
  }

  /// The tensor with two axes exchanged.
  public func swappingAxes(
    _ first: Int, _ second: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(
      normalizedAxis(first, rank: rank, "swapAxes", file: file, line: line),
      normalizedAxis(second, rank: rank, "swapAxes", file: file, line: line))
    return transposed(order, file: file, line: line)
  }

  /// The tensor with axes moved to other places; the others keep their order.
  ///
  /// - Parameters:
  ///   - sources: The axes to move.
  ///   - destinations: Where they stand in the result, one for each. Traps if the numbers differ, or
  ///     an axis is named twice.
  public func movingAxes(
    _ sources: [Int], to destinations: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    func axes(_ list: [Int]) -> [Int] {
      _ = normalizedAxes(list, rank: rank, "moveAxes", file: file, line: line)
      return list.map { $0 < 0 ? $0 + rank : $0 }
    }
    let (from, to) = (axes(sources), axes(destinations))
    check(
      from.count == to.count,
      Diagnostic(
        "moveAxes", "the lists of axes differ in length", expected: "\(from.count) destinations",
        got: "\(to.count)"),
      file: file, line: line)
    var order = (0..<rank).filter { !from.contains($0) }
    for (place, axis) in zip(to, from).sorted(by: { $0.0 < $1.0 }) { order.insert(axis, at: place) }
    return transposed(order, file: file, line: line)
  }

  /// The tensor with one axis moved to another place; the others keep their order.
  public func movingAxis(
    _ source: Int, to destination: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    movingAxes([source], to: [destination], file: file, line: line)
  }
}
