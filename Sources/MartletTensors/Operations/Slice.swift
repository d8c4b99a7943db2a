import CKernels

/// The elements at regular places of a tensor: axis `i` has those at start, start + step, ….
struct Slice: ViewOperation {
  let name = "slice"
  let starts: [Int]
  /// Never 0; negative ones go backwards.
  let steps: [Int]

  func encode(into key: inout PlanKey) {
    key.add(starts)
    key.add(steps)
  }

  func view(of layout: Layout, as shape: Shape) -> Layout? {
    var view = Layout(offset: layout.offset, shape: shape, strides: layout.strides)
    // An empty view may start past the end.
    if shape.contains(0) { return Layout(dense: shape) }
    for axis in shape.indices {
      view.offset += starts[axis] * layout.strides[axis]
      view.strides[axis] *= steps[axis]
    }
    return view
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    at.dy.placed(in: at.x.shape, starts: starts, steps: steps)
  }
}

/// The elements put at regular places of a larger tensor that a scalar fills: what a slice of the
/// same places reads back.
///
/// Its inputs are the elements and the scalar, which has no gradient.
struct Placement: Operation {
  let name = "place"
  let starts: [Int]
  let steps: [Int]

  func encode(into key: inout PlanKey) {
    key.add(starts)
    key.add(steps)
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index == 0 ? at.dy.slice(starts: starts, sizes: at.x.shape, steps: steps) : nil
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.location(step.inputs[0])
    let y = planner.output(step)
    let shape = x.layout.shape
    if shape.elementCount < step.type.count {
      planner.emitFill(of: planner.location(step.inputs[1]), to: y)
    }
    if shape.elementCount == 0 { return }
    let places = Slice(starts: starts, steps: steps)
    guard let view = places.view(of: y.layout, as: shape) else {
      internalError("dense memory has no such view")
    }
    planner.emitCopy(
      from: x, to: Buffers.Location(buffer: y.buffer, dtype: y.dtype, layout: view))
  }
}

extension Planner {
  /// Fills a dense place with the one element of another.
  func emitFill(of value: Location, to target: Location) {
    var arguments = mk_fill_args()
    arguments.count = UInt64(target.layout.shape.elementCount)
    arguments.bytes = UInt8(target.dtype.byteCount)
    emit(
      "fill", target.layout.shape.text, mk_fill, arguments, [(\.x, value), (\.y, target)],
      parts: parts(forWork: target.layout.shape.elementCount))
  }
}

extension Tensor {
  /// The elements at regular places; the places have been checked.
  func slice(starts: [Int], sizes: Shape, steps: [Int]) -> Tensor {
    if sizes == shape && steps.allSatisfy({ $0 == 1 }) { return self }
    return Recorder.current.record(
      Slice(starts: starts, steps: steps), [node], TensorType(sizes, dtype))
  }

  /// The part of the tensor in a range of one axis, which has been checked.
  func slice(_ range: Range<Int>, along axis: Int) -> Tensor {
    var starts = [Int](repeating: 0, count: rank)
    starts[axis] = range.lowerBound
    return slice(
      starts: starts, sizes: shape.replacing(axis: axis, with: range.count),
      steps: [Int](repeating: 1, count: rank))
  }

  /// The elements at regular places of a tensor that is `value` elsewhere; the places have been
  /// checked.
  func placed(in shape: Shape, starts: [Int], steps: [Int], value: Double = 0) -> Tensor {
    if shape == self.shape && steps.allSatisfy({ $0 == 1 }) { return self }
    return Recorder.current.record(
      Placement(starts: starts, steps: steps), [node, Tensor.constant(value, dtype).node],
      TensorType(shape, dtype))
  }
}
