import MartletTensors

/// How close a result must be; Generator/README.md has the table and the reasons.
public struct KerasRule: Sendable {
  public enum Kind: String, Sendable {
    /// 1e-5 of the largest absolute value of the array, or of the floor if that is larger.
    case scale
    /// 1e-5 of each value, and 1e-6.
    case elementwise
    case exact

    static func named(_ name: String) throws -> Kind {
      guard let kind = Kind(rawValue: name) else { throw KerasFileError(what: "no rule \(name)") }
      return kind
    }
  }

  public let kind: Kind
  /// The least scale of `scale`.
  public let floor: Double

  public init(kind: Kind, floor: Double = 0.01) {
    self.kind = kind
    self.floor = floor
  }

  /// What is wrong with a result: its shape, its kind of elements or its worst element; nil if it
  /// is right.
  public func failure(_ result: Tensor, expected: Tensor) -> String? {
    if result.shape != expected.shape {
      return "the shape is \(result.shape), expected \(expected.shape)"
    }
    if expected.dtype.isFloating != result.dtype.isFloating {
      return "the element type is \(result.dtype), expected \(expected.dtype)"
    }
    // Evaluated by itself first: a conversion would become part of the same program.
    let found = result.evaluated().scalars(of: Double.self)
    let references = expected.scalars(of: Double.self)
    let scale = references.lazy.filter(\.isFinite).map(abs).max() ?? 0
    var worst: (excess: Double, text: String)?
    for (index, (y, r)) in zip(found, references).enumerated() {
      let allowed = expected.dtype.isFloating ? tolerance(r, scale: scale) : 0
      if r.isNaN ? y.isNaN : r.isInfinite ? y == r : abs(y - r) <= allowed { continue }
      let excess = (y - r).isNaN ? .infinity : abs(y - r)
      if let worst, worst.excess >= excess { continue }
      worst = (
        excess,
        "element \(place(index, in: result.shape)) is \(y), expected \(r): "
          + "\(abs(y - r)) away, allowed \(allowed)"
      )
    }
    return worst?.text
  }

  private func tolerance(_ r: Double, scale: Double) -> Double {
    switch kind {
    case .scale: max(1e-5 * max(scale, floor), 0x1p-126)
    case .elementwise: 1e-5 * abs(r) + 1e-6
    case .exact: 0
    }
  }

  private func place(_ index: Int, in shape: Shape) -> [Int] {
    var rest = index
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }
}
