/// Part of a tensor, axis by axis: the positions start, start + step, … of each axis, and which
/// axes leave the shape.
struct SliceRegion: Sendable, Hashable {
  var starts: [Int]
  var steps: [Int]
  /// How many positions are taken.
  var sizes: [Int]
  /// Axes of which one position is taken, and which the result does not have.
  var dropped: [Bool]

  /// The shape of the part.
  var shape: Shape { zip(sizes, dropped).compactMap { $1 ? nil : $0 } }

  /// Whether all of a tensor is taken, in order.
  func isWhole(of shape: Shape) -> Bool {
    self.shape == shape && steps.indices.allSatisfy { steps[$0] == 1 || sizes[$0] <= 1 }
  }

  func encode(into key: inout PlanKey) {
    key.add(starts)
    key.add(steps)
    key.add(sizes)
    key.add(dropped.enumerated().reduce(0) { $1.element ? $0 | 1 << $1.offset : $0 })
  }

  /// The view of the part in a tensor that is laid out as `layout`, with the dropped axes or
  /// without.
  func view(of layout: Layout, keepingDimensions: Bool) -> Layout {
    var result = Layout(offset: layout.offset, shape: [], strides: [])
    // Of an empty part no element is addressed, wherever it would start.
    let isEmpty = sizes.contains(0)
    for axis in starts.indices {
      if !isEmpty { result.offset += starts[axis] * layout.strides[axis] }
      if dropped[axis] && !keepingDimensions { continue }
      result.shape.append(sizes[axis])
      result.strides.append(steps[axis] * layout.strides[axis])
    }
    return result
  }
}

/// The elements of a part of a tensor.
///
///     dx = 0, with dy written where the part was
struct Slice: ViewOperation {
  let name = "slice"
  let region: SliceRegion
  var piece: Piece? { .region(region) }

  func encode(into key: inout PlanKey) { region.encode(into: &key) }
  func view(of layout: Layout, as shape: Shape) -> Layout? {
    region.view(of: layout, keepingDimensions: false)
  }
}

/// A tensor with a part replaced; the inputs are the tensor and the elements of the part.
///
///     dx = dy, with 0 where the part was        dpart = the part of dy
struct SliceReplacement: Operation {
  let name = "sliceReplacement"
  let region: SliceRegion

  func encode(into key: inout PlanKey) { region.encode(into: &key) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index == 0
      ? at.dy.replacing(region, with: at.dy.zero.broadcast(to: region.shape))
      : at.dy.slice(region)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let target = planner.output(step)
    planner.emitCopy(from: planner.location(step.inputs[0]), to: target)
    var part = target
    part.layout = region.view(of: target.layout, keepingDimensions: false)
    planner.emitCopy(from: planner.location(step.inputs[1]), to: part)
  }
}

extension Tensor {
  /// Records the reading of a part; its positions have been checked.
  func slice(_ region: SliceRegion) -> Tensor {
    if region.isWhole(of: shape) { return self }
    return Recorder.current.record(
      Slice(region: region), [node], TensorType(region.shape, dtype))
  }

  /// Records the replacement of a part, whose positions have been checked, by elements of its shape.
  func replacing(_ region: SliceRegion, with part: Tensor) -> Tensor {
    if region.isWhole(of: shape) { return part }
    return Recorder.current.record(SliceReplacement(region: region), [node, part.node], type)
  }
}
