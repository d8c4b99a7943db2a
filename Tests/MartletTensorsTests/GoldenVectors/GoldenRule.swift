@testable import MartletTensors

/// How close a result must be; the table of rules is in Goldens/README.md.
struct GoldenRule: Sendable {
  enum Kind: String, Decodable { case exact, elementwise, sum, linalg }

  let kind: Kind
  /// The roundings on the way to an element, and the absolute values summed on it: of `sum`.
  var k = 0.0
  var absum: Tensor?
  /// Of `elementwise`, where the row says otherwise than the default.
  var absolute: Double?
  var hasSignedZeros = false
  /// Whether an input is of float64.
  var isDouble = false

  /// One rounding, relative.
  var unit: Double { isDouble ? 0x1p-52 : 0x1p-24 }

  /// What is wrong with a result: its shape, its element type or its first wrong element.
  func failure(_ result: Tensor, expected: Tensor) -> String? {
    if result.shape != expected.shape {
      return "the shape is \(result.shape.text), expected \(expected.shape.text)"
    }
    if !accepts(result.dtype, expected: expected.dtype) {
      return "the element type is \(result.dtype), expected \(expected.dtype)"
    }
    // Evaluated by itself first: a conversion would become part of the same program.
    result.evaluated()
    let found = result.scalars(of: Double.self)
    let references = expected.scalars(of: Double.self)
    let sums = absum?.scalars(of: Double.self)
    for (index, (y, r)) in zip(found, references).enumerated() {
      let allowed = tolerance(r, absum: sums?[index] ?? .nan)
      if accepts(y, r, within: allowed) { continue }
      let place = place(index, in: result.shape)
      return "element \(place) is \(text(y)), expected \(text(r)): \(abs(y - r)) away, "
        + "allowed \(allowed)"
    }
    return nil
  }

  /// Only the values of indices and integer sums count, not their integer type.
  private func accepts(_ found: DType, expected: DType) -> Bool {
    if expected.isInteger { return found.isInteger }
    if expected.isFloating && kind != .exact { return found == (isDouble ? .float64 : .float32) }
    return found == expected
  }

  private func tolerance(_ r: Double, absum: Double) -> Double {
    switch kind {
    case .exact: 0
    case .elementwise:
      (absolute ?? (isDouble ? 1e-14 : 1e-6)) + (isDouble ? 1e-14 : 1.3e-6) * abs(r)
    case .sum: k * (unit * absum + 0x1p-149)
    case .linalg: .nan
    }
  }

  private func accepts(_ y: Double, _ r: Double, within allowed: Double) -> Bool {
    if r.isNaN { return y.isNaN }
    if r.isInfinite { return y == r }
    if hasSignedZeros && r == 0 && y == 0 && y.sign != r.sign { return false }
    return abs(y - r) <= allowed
  }

  private func place(_ index: Int, in shape: Shape) -> [Int] {
    var rest = index
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }

  /// A float32 has no more digits than this; a zero shows its sign.
  private func text(_ value: Double) -> String {
    isDouble || Double(Float(value)) != value ? "\(value)" : "\(Float(value))"
  }
}
