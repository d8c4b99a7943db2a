/// What stands in the margin that padding adds.
public enum PaddingMode: Sendable, Equatable {
  /// One number.
  case constant(Double)
  /// The mirror image without the edge: `c b | a b c | b a`.
  case reflect
  /// The edge, repeated: `a a | a b c | c c`.
  case edge
  /// The mirror image with the edge: `b a | a b c | c b`.
  case symmetric

  /// The mode's name in messages.
  fileprivate var name: String {
    switch self {
    case .constant: "constant"
    case .reflect: "reflect"
    case .edge: "edge"
    case .symmetric: "symmetric"
    }
  }
}

extension Tensor {
  /// The tensor with margins along its axes.
  ///
  /// Mirror images wider than the tensor are mirrored again, as in NumPy.
  ///
  /// - Parameters:
  ///   - widths: For each axis, how many elements to add before and after.
  ///   - mode: What they are; zeros where it is not named.
  public func padded(
    _ widths: [(before: Int, after: Int)], mode: PaddingMode = .constant(0),
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      widths.count == rank && widths.allSatisfy { $0.before >= 0 && $0.after >= 0 },
      Diagnostic(
        "pad", "the widths do not fit the tensor",
        expected: "\(rank) pairs of widths of 0 or more, one for each axis of \(shape.text)",
        got: "\(widths.map { [$0.before, $0.after] })"),
      file: file, line: line)
    var target = shape
    for (axis, width) in widths.enumerated() {
      target[axis] = [shape[axis], width.before, width.after].clampedSum
    }
    let type = TensorType(target, dtype, file: file, line: line)
    if case .constant(let value) = mode {
      return placed(
        in: type.shape, starts: widths.map(\.before), steps: [Int](repeating: 1, count: rank),
        value: value)
    }
    var result = self
    for (axis, width) in widths.enumerated() where width.before + width.after > 0 {
      check(
        shape[axis] > 0,
        Diagnostic(
          "pad", "an empty axis has nothing to repeat", expected: "size 1 or more at axis \(axis)",
          got: "shape \(shape.text), mode \(mode.name)", fix: "pad with .constant"),
        file: file, line: line)
      result = result.padded(width, along: axis, mode)
    }
    return result
  }

  /// The tensor with the same margin before and after each axis.
  public func padded(
    _ width: Int, mode: PaddingMode = .constant(0), file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    padded(
      [(before: Int, after: Int)](repeating: (width, width), count: rank), mode: mode, file: file,
      line: line)
  }

  /// Pads one axis, which is not empty, with pieces of the tensor: stretches read forwards and
  /// backwards by turns.
  private func padded(
    _ width: (before: Int, after: Int), along axis: Int, _ mode: PaddingMode
  ) -> Tensor {
    let size = shape[axis]
    if mode == .edge || size == 1 {
      func margin(_ width: Int, _ edge: Int) -> Tensor {
        slice(edge..<(edge + 1), along: axis)
          .broadcast(to: shape.replacing(axis: axis, with: width))
      }
      return .concatenate(
        [margin(width.before, 0), self, margin(width.after, size - 1)], along: axis)
    }
    // Which element stands at a position, in one period of the image and its mirror image.
    let skip = mode == .reflect ? 1 : 0
    let period = 2 * (size - skip)
    var pieces: [Tensor] = []
    var position = -width.before
    while position < size + width.after {
      let phase = ((position % period) + period) % period
      if phase < size {
        let count = Swift.min(size - phase, size + width.after - position)
        pieces.append(slice(phase..<(phase + count), along: axis))
        position += count
      } else {
        let count = Swift.min(period - phase, size + width.after - position)
        // Positions size, size + 1, … hold elements size - 1 - skip, size - 2 - skip, ….
        let last = 2 * size - 1 - skip - phase
        pieces.append(
          slice((last - count + 1)..<(last + 1), along: axis).flipped(along: axis))
        position += count
      }
    }
    return .concatenate(pieces, along: axis)
  }
}
