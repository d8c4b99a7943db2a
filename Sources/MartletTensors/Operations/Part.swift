/// One of several results that an operation lays out behind each other in one node, its first input.
///
/// Such an operation is asked for its gradients once, with what arrived at each part
/// (`Backward.parts`): nothing is padded to the size of the whole.
struct Part: ViewOperation {
  let name = "part"
  /// Which of the results it is.
  let index: Int
  /// Where it begins, in elements.
  let offset: Int
  var piece: Piece? { .part(index) }

  func encode(into key: inout PlanKey) {
    key.add(index)
    key.add(offset)
  }

  func view(of layout: Layout, as shape: Shape) -> Layout? {
    guard layout.isDense else { return nil }
    return Layout(offset: layout.offset + offset, shape: shape, strides: shape.denseStrides)
  }
}

extension Tensor {
  /// Records a name for the part of a node of several results that begins at `offset`.
  func part(_ index: Int, at offset: Int, shape: Shape) -> Tensor {
    .record(Part(index: index, offset: offset), [self], shape: shape, dtype: dtype)
  }
}
