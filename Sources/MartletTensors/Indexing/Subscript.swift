// The subscripts. What each element means is worked out in ResolvedIndex.swift; parts are slices
// (views, which move no element), index tensors and masks are in IndexTensors.swift.

extension Tensor {
  /// A part of the tensor.
  ///
  ///     x[1]                     one row; its axis leaves the shape
  ///     x[1..<3, .all]           rows 1 and 2; .all for a whole axis
  ///     x[2...], x[..<(-1)]      negative bounds count from the end
  ///     x[.every(2)]             every second row; .every(-1) turns them round
  ///     x[..., 0]                the last axis at 0, all others whole; also .ellipsis
  ///     x[.newAxis]              an axis of size 1 in front
  ///     x[positions]             rows by an int32 or int64 tensor
  ///     x[rows, columns]         elements by index tensors that broadcast together
  ///     x[mask]                  elements where a bool tensor holds
  ///
  /// Axes that no element stands for are taken whole. Positions and bounds outside of the axis trap,
  /// with the caller's line.
  ///
  /// Several index tensors broadcast together, and their common shape stands in the result where the
  /// first of them stood, or in front if other axes separate them, as in NumPy; a plain number
  /// beside them only drops its axis. A mask stands for as many axes as it has, and reading through
  /// it evaluates it, since the result's size depends on its values.
  ///
  /// Assigning gives the name a new tensor; no other name for the old one sees it. The value
  /// broadcasts to the part, and a scalar takes the tensor's element type. Index tensors of an
  /// assignment are evaluated; of positions named twice the last value stays. Both directions pass
  /// gradients, to the tensor and to the value.
  public subscript(
    indices: any TensorIndexing..., file file: StaticString = #fileID, line line: UInt = #line
  ) -> Tensor {
    get { part(resolve(indices, file: file, line: line), file, line) }
    set { assign(newValue, at: resolve(indices, file: file, line: line), file, line) }
  }

  /// A part of the tensor, whose index begins with `...`: all axes that the others leave.
  public subscript(
    _: UnboundedRange, last: any TensorIndexing...,
    file file: StaticString = #fileID, line line: UInt = #line
  ) -> Tensor {
    get { part(resolve([.ellipsis] + last, file: file, line: line), file, line) }
    set { assign(newValue, at: resolve([.ellipsis] + last, file: file, line: line), file, line) }
  }

  /// A part of the tensor, with `...` behind one index.
  public subscript(
    first: any TensorIndexing, _: UnboundedRange, last: any TensorIndexing...,
    file file: StaticString = #fileID, line line: UInt = #line
  ) -> Tensor {
    get { part(resolve([first, .ellipsis] + last, file: file, line: line), file, line) }
    set {
      assign(newValue, at: resolve([first, .ellipsis] + last, file: file, line: line), file, line)
    }
  }

  /// A part of the tensor, with `...` behind two indices.
  public subscript(
    first: any TensorIndexing, second: any TensorIndexing, _: UnboundedRange,
    last: any TensorIndexing..., file file: StaticString = #fileID, line line: UInt = #line
  ) -> Tensor {
    get { part(resolve([first, second, .ellipsis] + last, file: file, line: line), file, line) }
    set {
      let index = resolve([first, second, .ellipsis] + last, file: file, line: line)
      assign(newValue, at: index, file, line)
    }
  }

  /// A part of the tensor by a list of index elements: what the brackets are for a list that is
  /// made at run time.
  public subscript(
    at indices: [any TensorIndexing],
    file file: StaticString = #fileID, line line: UInt = #line
  ) -> Tensor {
    get { part(resolve(indices, file: file, line: line), file, line) }
    set { assign(newValue, at: resolve(indices, file: file, line: line), file, line) }
  }

  private func part(
    _ index: ResolvedIndex, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    let part = slice(index.region).reshaped(to: index.shape, file: file, line: line)
    return index.choices.isEmpty ? part : part.chosen(by: index.choices, file, line)
  }

  /// Replaces a part by a value that broadcasts to it.
  private mutating func assign(
    _ value: Tensor, at index: ResolvedIndex, _ file: StaticString, _ line: UInt
  ) {
    let value = adopted(value, file, line)
    var part: Tensor
    if index.choices.isEmpty {
      part = value.stretched(to: index.shape, file, line)
    } else {
      part = slice(index.region).reshaped(to: index.shape)
        .replacing(index.choices, with: value, file, line)
    }
    self = replacing(index.region, with: part.reshaped(to: index.region.shape))
  }

  /// A value to be stored in this tensor: of its element type, or a scalar that takes it.
  private func adopted(_ value: Tensor, _ file: StaticString, _ line: UInt) -> Tensor {
    if value.dtype == dtype { return value }
    let isExact =
      dtype.isFloating && value.dtype != .bool
      || value.dtype.isInteger && dtype.isInteger
      || value.node.isKnown && dtype.isInteger && value.dtype.isFloating && value.rank == 0
        && value.item() == value.item().rounded()
    check(
      value.rank == 0 && isExact,
      Diagnostic(
        "subscript", "a value of another element type was assigned",
        expected: "\(dtype), or a scalar that it can hold",
        got: "\(value.dtype) \(value.shape.text)", fix: "use cast(to: .\(dtype))"),
      file: file, line: line)
    return value.cast(to: dtype)
  }

  /// The tensor broadcast to the shape of what it is assigned to.
  func stretched(to shape: Shape, _ file: StaticString, _ line: UInt) -> Tensor {
    check(
      broadcastShape(self.shape, shape) == shape,
      Diagnostic(
        "subscript", "the value does not fit what it is assigned to",
        expected: "a shape that broadcasts to \(shape.text)", got: self.shape.text),
      file: file, line: line)
    return broadcast(to: shape)
  }
}
