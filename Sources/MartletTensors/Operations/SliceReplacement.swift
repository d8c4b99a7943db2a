/// A part of a tensor: of each axis the positions start, start + step, …, as many as its size.
struct SliceRegion: Sendable, Equatable {
  var starts: [Int] = []
  /// Never 0; negative ones go backwards.
  var steps: [Int] = []
  var sizes: Shape = []

  /// Whether all of a tensor is taken, in order.
  func isWhole(of shape: Shape) -> Bool {
    sizes == shape && steps.indices.allSatisfy { steps[$0] == 1 || sizes[$0] <= 1 }
  }
}

/// A tensor with a part replaced; the inputs are the tensor and the elements of the part.
///
///     dx = dy, with 0 where the part was        dpart = the part of dy
struct SliceReplacement: Operation {
  let name = "sliceReplacement"
  let region: SliceRegion

  // The sizes are the shape of an input.
  func encode(into key: inout PlanKey) {
    key.add(region.starts)
    key.add(region.steps)
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index == 0
      ? at.dy.replacing(region, with: at.dy.zero.broadcast(to: region.sizes))
      : at.dy.slice(region)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let target = planner.output(step)
    planner.emitCopy(from: planner.location(step.inputs[0]), to: target)
    var part = target
    let places = Slice(starts: region.starts, steps: region.steps)
    guard let view = places.view(of: target.layout, as: region.sizes) else {
      internalError("dense memory has no such view")
    }
    part.layout = view
    planner.emitCopy(from: planner.location(step.inputs[1]), to: part)
  }
}

extension Tensor {
  /// The elements of a part.
  func slice(_ region: SliceRegion) -> Tensor {
    region.isWhole(of: shape)
      ? self : slice(starts: region.starts, sizes: region.sizes, steps: region.steps)
  }

  /// The tensor with other elements in a part, given in the part's shape.
  func replacing(_ region: SliceRegion, with part: Tensor) -> Tensor {
    if region.isWhole(of: shape) { return part }
    if region.sizes.contains(0) { return self }
    return Recorder.current.record(SliceReplacement(region: region), [node, part.node], type)
  }
}
