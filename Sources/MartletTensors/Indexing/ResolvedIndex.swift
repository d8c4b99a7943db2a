/// What the elements between the brackets mean for a tensor of one shape: which part is taken, where
/// axes are added, and where index tensors choose.
struct ResolvedIndex {
  /// The part that positions, ranges and strides take; axes with index tensors are taken whole.
  var region: SliceRegion
  /// The shape of that part with the new axes.
  var shape: Shape = []
  /// Index tensors and masks, each with the first axis of `shape` that it chooses from.
  var choices: [(axis: Int, tensor: Tensor)] = []
}

extension Tensor {
  /// Works out what index elements mean for this tensor; traps with the caller's line if they do not
  /// fit it.
  func resolve(
    _ indices: [any TensorIndexing], file: StaticString, line: UInt
  ) -> ResolvedIndex {
    var used = 0
    var ellipses = 0
    for index in indices {
      let kind = index.tensorIndex.kind
      used += kind.axisCount
      if case .ellipsis = kind { ellipses += 1 }
    }
    check(
      used <= rank && ellipses <= 1,
      Diagnostic(
        "subscript", ellipses > 1 ? "there are two ellipses" : "there are too many indices",
        expected: ellipses > 1 ? "one at most" : "at most \(rank), one for each axis",
        got: ellipses > 1 ? "\(ellipses)" : "\(used), for shape \(shape.text)"),
      file: file, line: line)

    var result = ResolvedIndex(
      region: SliceRegion(
        starts: [Int](repeating: 0, count: rank), steps: [Int](repeating: 1, count: rank),
        sizes: shape, dropped: [Bool](repeating: false, count: rank)))
    result.shape.reserveCapacity(rank + indices.count)
    var axis = 0
    func takeWhole(_ count: Int) {
      result.shape += shape[axis..<(axis + count)]
      axis += count
    }
    for index in indices {
      let index = index.tensorIndex
      let part: (start: Int, step: Int, size: Int)?  // nil if it is out of range
      switch index.kind {
      case .ellipsis:
        takeWhole(rank - used)
        continue
      case .newAxis:
        result.shape.append(1)
        continue
      case .tensor(let tensor):
        checkChoice(tensor, axis, file: file, line: line)
        result.choices.append((result.shape.count, tensor))
        takeWhole(index.kind.axisCount)
        continue
      case .position(let position):
        let place = position < 0 ? position + shape[axis] : position
        part = place >= 0 && place < shape[axis] ? (place, 1, 1) : nil
        result.region.dropped[axis] = true
      case .range(let lower, let upper, let step):
        part = shape[axis].positions(in: lower, upper, step: step)
      case .stride(let start, let end, let step):
        part = shape[axis].positions(from: start, to: end, step: step)
      }
      guard let part else { refuse(index, axis, file: file, line: line) }
      result.region.starts[axis] = part.start
      result.region.steps[axis] = part.step
      result.region.sizes[axis] = part.size
      if !result.region.dropped[axis] { result.shape.append(part.size) }
      axis += 1
    }
    takeWhole(rank - axis)
    return result
  }

  private func checkChoice(_ tensor: Tensor, _ axis: Int, file: StaticString, line: UInt) {
    check(
      tensor.dtype == .int32 || tensor.dtype == .int64 || tensor.dtype == .bool,
      Diagnostic(
        "subscript", "a tensor of this element type is no index",
        expected: "int32 or int64 positions, or a bool mask", got: "\(tensor.dtype)",
        fix: "use cast(to: .int32)"),
      file: file, line: line)
    guard tensor.dtype == .bool else { return }
    let end = axis + tensor.rank
    check(
      tensor.rank > 0 && end <= rank && Array(shape[axis..<end]) == tensor.shape,
      Diagnostic(
        "subscript", "the mask does not cover the axes it stands for",
        expected: "the sizes of axes from \(axis) on, of shape \(shape.text)",
        got: "a mask of shape \(tensor.shape.text)"),
      file: file, line: line)
  }

  @inline(never)
  private func refuse(
    _ index: TensorIndex, _ axis: Int, file: StaticString, line: UInt
  ) -> Never {
    let size = shape[axis]
    let got = "\(index) along axis \(axis) of shape \(shape.text)"
    switch index.kind {
    case .position:
      trap(
        Diagnostic(
          "subscript", "the position is out of range",
          expected: size == 0 ? "no position: the axis is empty" : "one in \(-size) ..< \(size)",
          got: got), file: file, line: line)
    case .range(_, _, 0), .stride(_, _, 0):
      trap(
        Diagnostic(
          "subscript", "the step is 0", expected: "a positive or negative step", got: got),
        file: file, line: line)
    case .range(let lower?, 0?, _) where lower < 0:
      trap(
        Diagnostic(
          "subscript", "the range ends before it starts", expected: "bounds in order",
          got: got, fix: "write (\(lower))... for all positions up to the end"),
        file: file, line: line)
    default:
      trap(
        Diagnostic(
          "subscript", "the range reaches past the axis",
          expected: "bounds in \(-size) ... \(size), in order", got: got),
        file: file, line: line)
    }
  }
}

extension TensorIndex.Kind {
  /// How many axes of the tensor the element stands for.
  fileprivate var axisCount: Int {
    switch self {
    case .ellipsis, .newAxis: 0
    case .tensor(let tensor): tensor.dtype == .bool ? tensor.rank : 1
    default: 1
    }
  }
}

// Of an axis of this size.
extension Int {
  /// The positions of a range, every `step`-th; nil where the range does not lie on the axis.
  fileprivate func positions(
    in lower: Int?, _ upper: Int?, step: Int
  ) -> (start: Int, step: Int, size: Int)? {
    guard let first = bound(lower ?? 0), let end = bound(upper ?? self), first <= end, step != 0
    else { return nil }
    let size = first == end ? 0 : (end - first - 1) / step.magnitudeClamped + 1
    return (step > 0 || size == 0 ? first : end - 1, step, size)
  }

  /// The positions from one before another; nil where the first is not on the axis or the step
  /// leads away from the end.
  fileprivate func positions(
    from start: Int?, to end: Int?, step: Int
  ) -> (start: Int, step: Int, size: Int)? {
    if step == 0 { return nil }
    if step > 0 { return positions(in: start, end, step: step) }
    // Positions in (end, start], downwards; start may be the size of an empty axis less one.
    let first = start.map { $0 < 0 ? $0 + self : $0 } ?? self - 1
    let last = end.map { $0 < 0 ? $0 + self : $0 } ?? -1
    guard first >= -1, first < self, last >= -1, last <= first else { return nil }
    let size = first == last ? 0 : (first - last - 1) / step.magnitudeClamped + 1
    return (Swift.max(first, 0), step, size)
  }

  /// A bound between positions, counted from the front; nil where it is past the axis.
  private func bound(_ value: Int) -> Int? {
    let place = value < 0 ? value &+ self : value
    return place >= 0 && place <= self ? place : nil
  }

  private var magnitudeClamped: Int { Int(clamping: magnitude) }
}
