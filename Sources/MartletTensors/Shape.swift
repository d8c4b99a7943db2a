/// The sizes of a tensor's axes, outermost first.
///
/// The empty shape is a scalar's.
public typealias Shape = [Int]

/// The highest rank a tensor can have.
public let highestRank = 8

extension Shape {
  /// The product of the sizes; traps where it would pass 2⁶³, through `TensorType`.
  var elementCount: Int { reduce(1, &*) }

  /// The sum of the sizes, `Int.max` where it would pass that: more than `TensorType` allows.
  var clampedSum: Int {
    reduce(0) { sum, size in
      let (next, wraps) = sum.addingReportingOverflow(size)
      return wraps ? Int.max : next
    }
  }

  /// The strides, in elements, of a dense tensor of this shape in row-major order.
  var denseStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    var stride = 1
    for axis in indices.reversed() {
      strides[axis] = stride
      stride *= Swift.max(self[axis], 1)
    }
    return strides
  }

  /// `[2, 3]`, as messages print shapes.
  var text: String { "[" + map(String.init).joined(separator: ", ") + "]" }

  /// A copy with one axis given another size.
  func replacing(axis: Int, with size: Int) -> Shape {
    var copy = self
    copy[axis] = size
    return copy
  }

  /// A copy without the axes of a set, or with size 1 in their place.
  func removing(_ axes: [Int], keepingDimensions: Bool) -> Shape {
    var result: Shape = []
    for (axis, size) in enumerated() {
      if !axes.contains(axis) {
        result.append(size)
      } else if keepingDimensions {
        result.append(1)
      }
    }
    return result
  }
}

/// The shape two operands share when sizes of 1 stretch, aligned at the last axis; nil if they
/// cannot.
func broadcastShape(_ a: Shape, _ b: Shape) -> Shape? {
  if a == b { return a }
  var result = a.count >= b.count ? a : b
  let rank = result.count
  for back in 1...Swift.max(rank, 1) where back <= rank {
    let x = back <= a.count ? a[a.count - back] : 1
    let y = back <= b.count ? b[b.count - back] : 1
    if x != y && x != 1 && y != 1 { return nil }
    result[rank - back] = x == 1 ? y : x
  }
  return result
}

/// An axis counted from the front; a negative one counts from the end.
///
/// Traps when out of range.
func normalizedAxis(
  _ axis: Int, rank: Int, _ who: String, file: StaticString, line: UInt
) -> Int {
  let result = axis < 0 ? axis + rank : axis
  check(
    result >= 0 && result < rank,
    Diagnostic(
      who, "the axis is out of range", expected: "an axis in \(-rank) ..< \(rank)",
      got: "\(axis)"),
    file: file, line: line)
  return result
}

/// Axes counted from the front, sorted, each once; nil means all.
///
/// Traps on a repeated axis.
func normalizedAxes(
  _ axes: [Int]?, rank: Int, _ who: String, file: StaticString, line: UInt
) -> [Int] {
  guard let axes else { return Array(0..<rank) }
  let result = axes.map { normalizedAxis($0, rank: rank, who, file: file, line: line) }.sorted()
  check(
    Set(result).count == result.count,
    Diagnostic(who, "an axis is named twice", expected: "different axes", got: "\(axes)"),
    file: file, line: line)
  return result
}

/// What is known of a tensor before it has a value: its shape and its element type.
struct TensorType: Sendable, Equatable {
  let shape: Shape
  let dtype: DType
  /// The number of elements.
  let count: Int

  init(_ shape: Shape, _ dtype: DType, file: StaticString = #fileID, line: UInt = #line) {
    var count = dtype.byteCount
    var overflow = shape.count > highestRank
    // A zero-size axis makes the tensor empty; the other sizes must still be representable.
    for size in shape {
      // A sum of sizes that passed `Int` comes as its largest value.
      if size < 0 || size == .max { overflow = true }
      if size > 0 {
        let (product, wraps) = count.multipliedReportingOverflow(by: size)
        if wraps { overflow = true }
        count = product
      }
    }
    if overflow { TensorType.refuse(shape, dtype, file: file, line: line) }
    self.shape = shape
    self.dtype = dtype
    self.count = shape.contains(0) ? 0 : count / dtype.byteCount
  }

  var byteCount: Int { count * dtype.byteCount }
  var rank: Int { shape.count }

  @inline(never)
  private static func refuse(
    _ shape: Shape, _ dtype: DType, file: StaticString, line: UInt
  ) -> Never {
    if shape.count > highestRank {
      trap(
        Diagnostic(
          "Tensor", "the rank is too high", expected: "at most \(highestRank) axes",
          got: "\(shape.count) axes, shape \(shape.text)"),
        file: file, line: line)
    }
    if let axis = shape.firstIndex(where: { $0 < 0 }) {
      trap(
        Diagnostic(
          "Tensor", "a size is negative", expected: "sizes of 0 or more",
          got: "\(shape[axis]) at axis \(axis), shape \(shape.text)"),
        file: file, line: line)
    }
    trap(
      Diagnostic(
        "Tensor", "the tensor is too large to address",
        expected: "fewer than 2⁶³ bytes of \(dtype)", got: "shape \(shape.text)"),
      file: file, line: line)
  }
}
