// Slices and their adjoints, as the operations that move elements use them: the places are known to
// be right.

extension Tensor {
  /// The elements at regular places: start, start + step, … of each axis.
  func slice(starts: [Int], sizes: Shape, steps: [Int]) -> Tensor {
    slice(SliceRegion(starts: starts, steps: steps, sizes: sizes))
  }

  /// The part of the tensor in a range of one axis.
  func slice(_ range: Range<Int>, along axis: Int) -> Tensor {
    let zeros = [Int](repeating: 0, count: rank)
    return slice(
      starts: zeros.replacing(axis: axis, with: range.lowerBound),
      sizes: shape.replacing(axis: axis, with: range.count),
      steps: [Int](repeating: 1, count: rank))
  }

  /// The elements put at regular places of a tensor of one number: what a slice reads back.
  func placed(in shape: Shape, starts: [Int], steps: [Int], value: Double = 0) -> Tensor {
    Tensor.full(shape, value, dtype: dtype)
      .replacing(SliceRegion(starts: starts, steps: steps, sizes: self.shape), with: self)
  }
}

extension SliceRegion {
  /// A part that keeps all axes.
  fileprivate init(starts: [Int], steps: [Int], sizes: Shape) {
    self.init(
      starts: starts, steps: steps, sizes: sizes,
      dropped: [Bool](repeating: false, count: starts.count))
  }
}
