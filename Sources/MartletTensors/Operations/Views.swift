/// The same elements in the same order under another shape.
struct Reshape: ViewOperation {
  let name = "reshape"
  func view(of layout: Layout, as shape: Shape) -> Layout? { layout.reshaped(to: shape) }
  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    at.dy.reshaped(to: at.inputs[0].type.shape)
  }
}

/// The same elements with the axes in another order.
struct Transpose: ViewOperation {
  let name = "transpose"
  let order: [Int]

  func encode(into key: inout PlanKey) { key.add(order) }
  func view(of layout: Layout, as shape: Shape) -> Layout? { layout.permuted(order) }
  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    var inverse = order
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return at.dy.transposed(inverse)
  }
}

/// The elements repeated along axes of size 1 and along new leading axes.
struct Broadcast: ViewOperation {
  let name = "broadcast"
  func view(of layout: Layout, as shape: Shape) -> Layout? { layout.broadcast(to: shape) }
  // The backward pass sums over what was broadcast.
  func gradient(_ index: Int, _ at: Backward) -> Tensor? { at.dy }
}

extension Tensor {
  /// The same elements in the same order under another shape; one size may be -1, and is then worked
  /// out.
  ///
  /// Traps if the number of elements differs.
  public func reshaped(
    to shape: Shape, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if shape == self.shape { return self }
    var target = shape
    if let open = shape.firstIndex(of: -1) {
      let others = shape.enumerated().reduce(1) { $1.offset == open ? $0 : $0 &* $1.element }
      check(
        !shape[(open + 1)...].contains(-1) && others > 0 && count % others == 0,
        Diagnostic(
          "reshape", "the size of one axis cannot be worked out",
          expected: "at most one -1, and sizes whose product divides \(count)",
          got: "\(self.shape.text) to \(shape.text)"),
        file: file, line: line)
      target[open] = count / others
    }
    let type = TensorType(target, dtype, file: file, line: line)
    check(
      type.count == count,
      Diagnostic(
        "reshape", "the number of elements differs", expected: "\(count) elements",
        got: "\(self.shape.text) to \(target.text), which has \(type.count)"),
      file: file, line: line)
    return Recorder.current.record(Reshape(), [node], type)
  }

  /// The tensor with its axes in another order: axis `i` of the result is axis `order[i]` of this.
  public func transposed(
    _ order: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let axes = order.map {
      normalizedAxis($0, rank: rank, "transpose", file: file, line: line)
    }
    check(
      axes.sorted() == Array(0..<rank),
      Diagnostic(
        "transpose", "the order does not name every axis once",
        expected: "a permutation of 0 ..< \(rank)", got: "\(order)"),
      file: file, line: line)
    if axes == Array(0..<rank) { return self }
    return Recorder.current.record(
      Transpose(order: axes), [node], TensorType(axes.map { shape[$0] }, dtype))
  }

  /// The tensor with its axes reversed; for a matrix, its transpose.
  public func transposed() -> Tensor { transposed(Array((0..<rank).reversed())) }

  /// The tensor repeated to a shape that it broadcasts to: sizes of 1 stretch, new axes lead.
  public func broadcast(
    to shape: Shape, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if shape == self.shape { return self }
    check(
      broadcastShape(self.shape, shape) == shape,
      Diagnostic(
        "broadcast", "the shape does not stretch to the other",
        expected: "sizes equal to those of \(shape.text), or 1, from the last axis",
        got: self.shape.text),
      file: file, line: line)
    return Recorder.current.record(
      Broadcast(), [node], TensorType(shape, dtype, file: file, line: line))
  }
}
