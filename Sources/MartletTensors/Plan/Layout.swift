/// Where the elements of a view lie in a buffer: element (i₀, i₁, …) at offset + Σ iₖ · strideₖ.
struct Layout: Sendable, Equatable, Hashable {
  /// In elements, from the start of the buffer.
  var offset: Int
  var shape: Shape
  /// In elements; 0 where the axis is broadcast, negative where it is flipped.
  var strides: [Int]

  init(offset: Int, shape: Shape, strides: [Int]) {
    self.offset = offset
    self.shape = shape
    self.strides = strides
  }

  /// A dense layout in row-major order.
  init(dense shape: Shape) {
    self.init(offset: 0, shape: shape, strides: shape.denseStrides)
  }

  /// Whether the elements follow each other in row-major order; axes of size 1 do not matter.
  var isDense: Bool {
    var expected = 1
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if shape[axis] == 0 { return true }
      if strides[axis] != expected { return false }
      expected *= shape[axis]
    }
    return true
  }

  /// The layout with axes in another order.
  func permuted(_ order: [Int]) -> Layout {
    Layout(offset: offset, shape: order.map { shape[$0] }, strides: order.map { strides[$0] })
  }

  /// The layout stretched to a shape that it broadcasts to, aligned at the last axis.
  func broadcast(to target: Shape) -> Layout {
    let missing = target.count - shape.count
    var result = [Int](repeating: 0, count: target.count)
    for axis in shape.indices where shape[axis] != 1 || target[axis + missing] == 1 {
      result[axis + missing] = strides[axis]
    }
    return Layout(offset: offset, shape: target, strides: result)
  }

  /// The same elements in the same order under another shape, where strides can express it.
  func reshaped(to target: Shape) -> Layout? {
    if isDense { return Layout(offset: offset, shape: target, strides: target.denseStrides) }
    // Runs of axes that follow each other like a dense block can be cut anew; sizes of 1 are free.
    let old = shape.indices.filter { shape[$0] != 1 }
    var result = target.denseStrides
    var from = 0
    var to = 0
    while from < old.count {
      while to < target.count, target[to] == 1 { to += 1 }
      guard to < target.count else { return nil }
      var oldCount = shape[old[from]]
      var newCount = target[to]
      let firstNew = to
      var last = from
      while oldCount != newCount {
        if oldCount < newCount {
          guard last + 1 < old.count else { return nil }
          let (a, b) = (old[last], old[last + 1])
          guard strides[a] == strides[b] * shape[b] else { return nil }
          last += 1
          oldCount *= shape[old[last]]
        } else {
          to += 1
          guard to < target.count else { return nil }
          newCount *= target[to]
        }
      }
      var stride = strides[old[last]]
      for axis in (firstNew...to).reversed() {
        result[axis] = stride
        stride *= target[axis]
      }
      from = last + 1
      to += 1
    }
    return Layout(offset: offset, shape: target, strides: result)
  }
}
