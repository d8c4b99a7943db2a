// Index tensors and masks between the brackets. Legend: the axes that index tensors choose from are
// brought next to each other and seen as one axis of `places` places; `chosen` is the common shape of
// the index tensors.

extension Tensor {
  /// The elements at the places that index tensors and masks name, each beginning at its axis.
  func chosen(by choices: [(axis: Int, tensor: Tensor)]) -> Tensor {
    if choices.count == 1, choices[0].tensor.dtype != .bool {
      return taking(choices[0].tensor, along: choices[0].axis)
    }
    let chooser = Chooser(choices, shape: shape)
    let lined = chooser.linedUp(self)
    return lined.taking(chooser.flatPlaces(), along: chooser.place)
  }

  /// The tensor with other elements at the places that index tensors and masks name.
  func replacing(
    _ choices: [(axis: Int, tensor: Tensor)], with value: Tensor,
    _ file: StaticString, _ line: UInt
  ) -> Tensor {
    if let result = replacingUniformly(choices, with: value, file, line) { return result }
    let chooser = Chooser(choices, shape: shape)
    let lined = chooser.linedUp(self)
    let chosen = chooser.flatPlaces(checkedAt: file, line)
    let before = Array(lined.shape[..<chooser.place])
    let after = Array(lined.shape[(chooser.place + 1)...])
    let values = value.stretched(to: before + chosen.shape + after, file, line)
      .reshaped(to: before + [chosen.count] + after)

    // For each place, which value goes there: the last that names it.
    let places = lined.shape[chooser.place]
    var writer = [Int32](repeating: -1, count: places)
    for (index, place) in chosen.scalars(of: Int.self).enumerated() { writer[place] = Int32(index) }
    let source = Tensor(writer.map { Swift.max($0, 0) })
    let column = [places] + [Int](repeating: 1, count: after.count)
    let isWritten = Tensor(writer.map { $0 >= 0 }).reshaped(to: column)
    if chosen.count == 0 { return self }
    return chooser.restored(
      .select(isWritten, values.taking(source, along: chooser.place), lined), shape: shape)
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

  init(_ choices: [(axis: Int, tensor: Tensor)], shape: Shape) {
    self.shape = shape
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
    let areTogether = axes.last! - axes[0] == axes.count - 1
    place = areTogether ? axes[0] : 0
    let others = shape.indices.filter { !axes.contains($0) }
    order = others[..<place] + axes + others[place...]
  }

  private var axes: [Int] { positions.map(\.axis) }

  /// The tensor with the axes chosen from made one, at `place`.
  func linedUp(_ x: Tensor) -> Tensor {
    let moved = x.transposed(order)
    let end = place + positions.count
    return moved.reshaped(
      to: moved.shape[..<place] + [moved.shape[place..<end].reduce(1, *)] + moved.shape[end...])
  }

  /// Undoes `linedUp`.
  func restored(_ x: Tensor, shape: Shape) -> Tensor {
    var inverse = order
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return x.reshaped(to: order.map { shape[$0] }).transposed(inverse)
  }

  /// The places chosen as numbers along the one axis. Positions that are read later are checked when
  /// they are; with a caller's line they are read, and checked, now.
  func flatPlaces(checkedAt file: StaticString? = nil, _ line: UInt = 0) -> Tensor {
    var sum: Tensor?
    var stride = 1
    for (axis, tensor, isInRange) in positions.reversed() {
      let size = shape[axis]
      var share: Tensor
      if isInRange {
        share = tensor * stride
      } else if let file {
        share = Tensor(
          tensor.scalars(of: Int.self).map { position in
            let found = position < 0 ? position + size : position
            check(
              found >= 0 && found < size,
              Diagnostic(
                "subscript", "an index is out of range", expected: "one in \(-size) ..< \(size)",
                got: "\(position), along axis \(axis) of shape \(shape.text)"),
              file: file, line: line)
            return found * stride
          }, shape: tensor.shape, dtype: .int64)
      } else {
        // A table of the places looks negative positions up and refuses those out of range.
        share = Tensor.arange(from: 0, to: size * stride, by: stride, dtype: .int64)
          .taking(tensor, along: 0)
      }
      sum = sum.map { share + $0 } ?? share
      stride *= size
    }
    return sum!
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
