// Index tensors and masks between the brackets. Legend: the axes that index tensors choose from are
// brought next to each other and seen as one axis of `places` places; `chosen` is the common shape of
// the index tensors.

extension Tensor {
  /// The elements at the places that index tensors and masks name, each beginning at its axis.
  func chosen(
    by choices: [(axis: Int, tensor: Tensor)], _ file: StaticString, _ line: UInt
  ) -> Tensor {
    if choices.count == 1, choices[0].tensor.dtype != .bool {
      return gathered(choices[0].tensor, along: choices[0].axis, file, line)
    }
    let chooser = Chooser(choices, shape: shape, file, line)
    return chooser.linedUp(self)
      .gathered(chooser.flatPlaces(readingNow: false), along: chooser.place, file, line)
  }

  /// `taking(_:along:)` under the subscript's name.
  fileprivate func gathered(
    _ positions: Tensor, along axis: Int, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    .record(
      Indexing(kind: .gather, axis: axis, site: .init("subscript", file, line)),
      [self, positions],
      shape: Array(shape[..<axis]) + positions.shape + Array(shape[(axis + 1)...]), dtype: dtype,
      file: file, line: line)
  }

  /// The tensor with other elements at the places that index tensors and masks name.
  func replacing(
    _ choices: [(axis: Int, tensor: Tensor)], with value: Tensor,
    _ file: StaticString, _ line: UInt
  ) -> Tensor {
    if let result = replacingUniformly(choices, with: value, file, line) { return result }
    let chooser = Chooser(choices, shape: shape, file, line)
    let lined = chooser.linedUp(self)
    let chosen = chooser.flatPlaces(readingNow: true)
    let before = Array(lined.shape[..<chooser.place])
    let after = Array(lined.shape[(chooser.place + 1)...])
    let values = value.stretched(to: before + chosen.shape + after, file, line)
      .reshaped(to: before + [chosen.count] + after)

    if chosen.count == 0 { return self }

    // For each place, which value goes there: the last that names it.
    let places = lined.shape[chooser.place]
    var writer = [Int32](repeating: -1, count: places)
    for (index, place) in chosen.scalars(of: Int.self).enumerated() { writer[place] = Int32(index) }
    let source = Tensor(writer.map { Swift.max($0, 0) })
    let column = [places] + [Int](repeating: 1, count: after.count)
    let isWritten = Tensor(writer.map { $0 >= 0 }).reshaped(to: column)
    return chooser.restored(
      .select(isWritten, values.gathered(source, along: chooser.place, file, line), lined))
  }

  /// The tensor with a value that is the same at all places of a mask; nil if the choice is another,
  /// or the value differs from place to place.
  private func replacingUniformly(
    _ choices: [(axis: Int, tensor: Tensor)], with value: Tensor,
    _ file: StaticString, _ line: UInt
  ) -> Tensor? {
    guard choices.count == 1, choices[0].tensor.dtype == .bool else { return nil }
    let (axis, mask) = choices[0]
    let after = rank - axis - mask.rank
    guard value.rank <= after || value.shape[value.rank - after - 1] == 1 else { return nil }
    let kept = value.stretched(
      to: Array(shape[..<axis]) + [1] + Array(shape[(axis + mask.rank)...]), file, line)
    let ones = [Int](repeating: 1, count: mask.rank)
    return .select(
      mask.reshaped(to: mask.shape + [Int](repeating: 1, count: after)),
      kept.reshaped(to: Array(shape[..<axis]) + ones + Array(shape[(axis + mask.rank)...])), self)
  }
}

/// Brings the axes that several index tensors choose from together, and their places to one number.
private struct Chooser {
  /// The positions along each axis chosen from, not yet broadcast together, and whether each is
  /// known to be in range.
  private var positions: [(axis: Int, tensor: Tensor, isInRange: Bool)] = []
  private let shape: Shape
  /// Where the one axis stands.
  let place: Int
  /// The order that brings the axes together.
  private let order: [Int]
  private let file: StaticString
  private let line: UInt

  init(
    _ choices: [(axis: Int, tensor: Tensor)], shape: Shape, _ file: StaticString, _ line: UInt
  ) {
    self.shape = shape
    self.file = file
    self.line = line
    for (axis, tensor) in choices {
      guard tensor.dtype == .bool else {
        positions.append((axis, tensor, false))
        continue
      }
      for (offset, tensor) in tensor.positionsOfTrue().enumerated() {
        positions.append((axis + offset, tensor, true))
      }
    }
    let axes = positions.map(\.axis)
    let areTogether = zip(axes, axes.dropFirst()).allSatisfy { $1 == $0 + 1 }
    place = areTogether ? axes[0] : 0
    let others = shape.indices.filter { !axes.contains($0) }
    order = others[..<place] + axes + others[place...]
    let shapes = positions.map(\.tensor.shape)
    let common = shapes.dropFirst().reduce(shapes[0] as Shape?) { common, shape in
      common.flatMap { broadcastShape($0, shape) }
    }
    check(
      common != nil,
      Diagnostic(
        "subscript", "the index tensors do not broadcast to a common shape",
        expected: "equal sizes, or 1, axis by axis from the last",
        got: shapes.map(\.text).joined(separator: " and ")),
      file: file, line: line)
  }

  /// The tensor with the axes chosen from made one, at `place`.
  func linedUp(_ x: Tensor) -> Tensor {
    let moved = x.transposed(order)
    let end = place + positions.count
    return moved.reshaped(
      to: moved.shape[..<place] + [moved.shape[place..<end].reduce(1, *)] + moved.shape[end...])
  }

  /// Undoes `linedUp`.
  func restored(_ x: Tensor) -> Tensor {
    var inverse = order
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return x.reshaped(to: order.map { shape[$0] }).transposed(inverse)
  }

  /// The places chosen, as numbers along the one axis.
  ///
  /// Positions are read, and checked, now or when the result is.
  func flatPlaces(readingNow: Bool) -> Tensor {
    var shares: [Tensor] = []
    var stride = 1
    for (axis, tensor, isInRange) in positions.reversed() {
      let size = shape[axis]
      if isInRange {
        shares.append(tensor * Double(stride))
      } else if readingNow {
        shares.append(
          Tensor(
            tensor.scalars(of: Int.self).map { checked($0, axis) * stride }, shape: tensor.shape,
            dtype: .int64))
      } else {
        // A table of the places looks negative positions up and refuses those out of range.
        shares.append(
          Tensor.arange(size, dtype: .int64).gathered(tensor, along: 0, file, line) * Double(stride)
        )
      }
      stride *= size
    }
    return shares.dropFirst().reduce(shares[0]) { $1 + $0 }
  }

  /// A position counted from the front.
  private func checked(_ position: Int, _ axis: Int) -> Int {
    let size = shape[axis]
    let found = position < 0 ? position + size : position
    check(
      found >= 0 && found < size,
      Diagnostic(
        "subscript", "an index is out of range",
        expected: size == 0 ? "none: the axis is empty" : "one in \(-size) ..< \(size)",
        got: "\(position), along axis \(axis) of shape \(shape.text)"),
      file: file, line: line)
    return found
  }
}

extension Tensor {
  /// For each axis of a mask, the positions along it where the mask holds, in row-major order, as
  /// vectors of `int64`; evaluates the mask.
  func positionsOfTrue() -> [Tensor] {
    let strides = shape.denseStrides
    let flat = withElements(of: Bool.self) { mask in mask.indices.filter { mask[$0] } }
    return shape.indices.map { axis in
      Tensor(flat.map { $0 / strides[axis] % shape[axis] }, dtype: .int64)
    }
  }
}
