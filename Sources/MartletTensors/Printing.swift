#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// Text of tensors in NumPy's format: columns aligned, eight digits behind the point at most, the
// inside of large tensors left out.

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements, as NumPy prints an array; evaluates the tensor.
  ///
  ///     [[1.  2.5]
  ///      [3.  4. ]]
  ///
  /// Of more than 1,000 elements, three are shown at each end of an axis. A tensor without elements
  /// prints its shape and type.
  public var description: String {
    if count == 0 { return debugDescription }
    return TensorText(self, separator: " ", indent: 1, width: 75).text
  }

  /// The elements as a Swift expression, with the element type where it is not `float32` and the
  /// shape where the elements do not show it; evaluates the tensor.
  ///
  ///     Tensor([[1, 2],
  ///             [3, 4]], dtype: int32)
  public var debugDescription: String {
    let name = "Tensor("
    let body =
      name
      + (count == 0
        ? "[]" : TensorText(self, separator: ", ", indent: name.count + 1, width: 74).text)
    var extras: [String] = []
    if count == 0 && shape != [0] || count > TensorText.threshold {
      extras.append("shape: \(shape.text)")
    }
    if dtype != .float32 { extras.append("dtype: \(dtype)") }
    if extras.isEmpty { return body + ")" }
    let extra = extras.joined(separator: ", ") + ")"
    let lastLine = body.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
    let fits = lastLine + extra.utf8.count + 1 <= 75
    return body + (fits ? ", " : ",\n" + String(repeating: " ", count: name.count)) + extra
  }
}

/// The text of a tensor's elements.
private struct TensorText {
  /// Above this many elements the inside is left out.
  static let threshold = 1000
  /// How many elements are shown at each end of an axis then.
  static let edge = 3

  private let shape: Shape
  private let strides: [Int]
  private let separator: String
  private let indent: Int
  private let width: Int
  private var elements: [Int: String] = [:]

  init(_ tensor: Tensor, separator: String, indent: Int, width: Int) {
    shape = tensor.shape
    strides = tensor.shape.denseStrides
    self.separator = separator
    self.indent = indent
    self.width = width
    var shown = [0]
    for axis in shape.indices {
      let steps = positions(of: axis).compactMap { $0.map { $0 * strides[axis] } }
      shown = shown.flatMap { start in steps.map { start + $0 } }
    }
    let texts: [String]
    switch tensor.dtype {
    case .float32: texts = tensor.texts(of: Float.self, shown)
    case .float64: texts = tensor.texts(of: Double.self, shown)
    case .bool:
      texts = tensor.withElements(of: Bool.self) { elements in
        shown.map { elements[$0] ? (tensor.rank == 0 ? "true" : " true") : "false" }
      }
    case .int32, .int64, .uint8:
      let integers = tensor.cast(to: .int64).withElements(of: Int.self) { elements in
        shown.map { "\(elements[$0])" }
      }
      texts = aligned(integers)
    }
    elements = Dictionary(zip(shown, texts)) { first, _ in first }
  }

  var text: String { text(0, 0, String(repeating: " ", count: indent), width) }

  /// The positions of an axis that are shown; nil for those left out.
  private func positions(of axis: Int) -> [Int?] {
    let size = shape[axis]
    guard shape.elementCount > TensorText.threshold, size > 2 * TensorText.edge else {
      return Array(0..<size)
    }
    let ends = Array(0..<TensorText.edge).map { ($0, size - TensorText.edge + $0) }
    return ends.map(\.0) + [nil] + ends.map(\.1)
  }

  private func text(_ axis: Int, _ start: Int, _ indent: String, _ width: Int) -> String {
    if axis == shape.count { return elements[start] ?? "" }
    let parts = positions(of: axis).map { position in
      position.map { text(axis + 1, start + $0 * strides[axis], indent + " ", width - 1) } ?? "..."
    }
    let bare = separator == " " ? "" : ","
    if axis < shape.count - 1 {
      let between = bare + String(repeating: "\n", count: shape.count - 1 - axis) + indent
      return "[" + parts.joined(separator: between) + "]"
    }
    // Elements fill lines.
    var lines: [String] = []
    var line = ""
    for (index, part) in parts.enumerated() {
      let end = indent.utf8.count + line.utf8.count + part.utf8.count
      if !line.isEmpty && end > width - 1 {
        lines.append(line.trimmedAtEnd)
        line = ""
      }
      line += part + (index < parts.count - 1 ? separator : "")
    }
    return "[" + (lines + [line]).joined(separator: "\n" + indent) + "]"
  }
}

/// Texts brought to one length with leading spaces.
private func aligned(_ texts: [String]) -> [String] {
  let width = texts.map(\.utf8.count).max() ?? 0
  return texts.map { String(repeating: " ", count: width - $0.utf8.count) + $0 }
}

extension String {
  fileprivate var trimmedAtEnd: String {
    var copy = self
    while copy.last == " " { copy.removeLast() }
    return copy
  }

  fileprivate func padded(to count: Int, with character: Character) -> String {
    self + String(repeating: character, count: Swift.max(count - utf8.count, 0))
  }
}

extension Tensor {
  /// The texts of some elements of a floating point tensor.
  fileprivate func texts<Scalar: TensorScalar & BinaryFloatingPoint & LosslessStringConvertible>(
    of scalar: Scalar.Type, _ shown: [Int]
  ) -> [String] {
    let numbers = withElements(of: Scalar.self) { elements in shown.map { elements[$0] } }
    if rank == 0 { return [Digits(numbers[0]).alone] }
    let sizes = numbers.filter { $0.isFinite && $0 != 0 }.map(\.magnitude)
    let (low, high) = (sizes.min() ?? 1, sizes.max() ?? 1)
    let limit: Scalar = Scalar.self == Float.self ? 1e6 : 1e8
    let isScientific = high >= limit || low < 0.0001 || high / low > 1000
    let parts = numbers.map { number in
      number.isFinite
        ? isScientific ? Digits(number).scientific : Digits(number).positional : nil
    }
    let fraction = parts.map { $0?.fraction.utf8.count ?? 0 }.max() ?? 0
    let exponent = parts.map { $0?.exponent.utf8.count ?? 0 }.max() ?? 0
    return aligned(
      zip(numbers, parts).map { number, part in
        guard let part else { return Digits(number).alone }
        if !isScientific {
          return part.whole + "." + part.fraction.padded(to: fraction, with: " ")
        }
        let exact = Digits.rounded(Double(number), "%.\(fraction)e")
        let zeros = String(repeating: "0", count: exponent - exact.exponent.utf8.count)
        return exact.whole + "." + exact.fraction + exact.exponent.prefix(2) + zeros
          + exact.exponent.dropFirst(2)
      })
  }
}

/// The shortest decimal digits that tell a number from its neighbours, cut at eight behind the point.
private struct Digits {
  /// The digits before the point, with the sign; those behind it; and `e+05` or nothing.
  typealias Parts = (whole: String, fraction: String, exponent: String)

  private let value: Double
  private let sign: String
  /// The digits without zeros at either end; none for 0.
  private var digits: String
  /// Where the point stands: the number is 0.digits · 10^point.
  private var point: Int
  /// From where on a scalar has an exponent.
  private let limit: Double

  init<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ number: Number) {
    value = Double(number)
    limit = Number.self == Float.self ? 1e6 : 1e16
    sign = number.sign == .minus ? "-" : ""
    digits = ""
    point = 0
    guard number.isFinite else { return }
    let text = number.magnitude.description.split(separator: "e")
    let parts = text[0].split(separator: ".", omittingEmptySubsequences: false)
    digits = parts.joined()
    point = parts[0].utf8.count + (text.count > 1 ? Int(text[1]) ?? 0 : 0)
    let zeros = digits.utf8.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(zeros)
    point = digits.isEmpty ? 0 : point - zeros
    while digits.last == "0" { digits.removeLast() }
  }

  var positional: Parts {
    if digits.utf8.count - point > 8 { return Digits.trimmed(Digits.rounded(value, "%.8f")) }
    let zeros = String(repeating: "0", count: max(-point, 0))
    let whole = digits.prefix(max(point, 0)).description
    let fraction = digits.isEmpty ? "" : zeros + digits.dropFirst(max(point, 0))
    return (sign + (whole.isEmpty ? "0" : whole.padded(to: point, with: "0")), fraction, "")
  }

  var scientific: Parts {
    Digits.trimmed(Digits.rounded(value, "%.\(min(max(digits.utf8.count - 1, 0), 8))e"))
  }

  /// The text of a scalar: all its digits, at least one behind the point.
  var alone: String {
    if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    if value != 0 && (value.magnitude < 1e-4 || value.magnitude >= limit) {
      let parts = Digits.rounded(value, "%.\(digits.utf8.count - 1)e")
      return parts.whole + (parts.fraction.isEmpty ? "" : "." + parts.fraction) + parts.exponent
    }
    let zeros = String(repeating: "0", count: max(-point, 0))
    let whole = digits.prefix(max(point, 0)).description.padded(to: point, with: "0")
    let fraction = zeros + digits.dropFirst(max(point, 0))
    return sign + (whole.isEmpty ? "0" : whole) + "." + (fraction.isEmpty ? "0" : fraction)
  }

  /// The number as C prints it.
  static func rounded(_ value: Double, _ format: String) -> Parts {
    var buffer = [CChar](repeating: 0, count: 400)
    let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
    let bytes = buffer.prefix(Int(count)).map(UInt8.init(bitPattern:))
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: "e")
    let sides = parts[0].split(separator: ".")
    return (
      String(sides[0]), sides.count > 1 ? String(sides[1]) : "",
      parts.count > 1 ? "e" + parts[1] : ""
    )
  }

  private static func trimmed(_ parts: Parts) -> Parts {
    var fraction = parts.fraction
    while fraction.last == "0" { fraction.removeLast() }
    return (parts.whole, fraction, parts.exponent)
  }
}
