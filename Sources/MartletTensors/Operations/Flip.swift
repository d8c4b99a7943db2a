/// The elements in reverse order along axes.
struct Flip: ViewOperation {
  let name = "flip"
  let axes: [Int]

  func encode(into key: inout PlanKey) { key.add(axes) }

  func view(of layout: Layout, as shape: Shape) -> Layout? {
    var view = layout
    for axis in axes where shape[axis] > 1 {
      view.offset += (shape[axis] - 1) * layout.strides[axis]
      view.strides[axis] = -layout.strides[axis]
    }
    return view
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? { at.dy.flipped(along: axes) }
}

extension Tensor {
  /// The tensor with its elements in reverse order along axes; along all of them where none is named.
  ///
  /// No element moves: the next operation reads backwards.
  ///
  /// - Parameter axes: The axes to reverse; negative ones count from the end. Traps if one is out of
  ///   range or named twice.
  public func flipped(
    along axes: [Int]? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let axes = normalizedAxes(axes, rank: rank, "flip", file: file, line: line)
      .filter { shape[$0] > 1 }
    if axes.isEmpty { return self }
    return Recorder.current.record(Flip(axes: axes), [node], type)
  }

  /// The tensor with its elements in reverse order along one axis.
  public func flipped(
    along axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    flipped(along: [axis], file: file, line: line)
  }
}
