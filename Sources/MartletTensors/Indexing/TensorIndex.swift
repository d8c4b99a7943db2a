/// What stands between the brackets of a tensor: one position, a range, a stride, an index tensor, a
/// mask, `.all`, `.ellipsis` or `.newAxis`.
///
/// Positions and bounds that are negative count from the end of their axis: `x[-1]` is the last
/// row, `x[..<(-1)]` all but the last.
public protocol TensorIndexing {
  /// The element as the subscripts of a tensor read it.
  var tensorIndex: TensorIndex { get }
}

/// One element of an index, in the form that all others are turned into.
public struct TensorIndex: TensorIndexing, Sendable {
  enum Kind: Sendable {
    /// One position; the axis leaves the shape.
    case position(Int)
    /// Positions of a range, every `step`-th; backwards from its last one if the step is negative.
    case range(lower: Int?, upper: Int?, step: Int)
    /// Positions from one towards another that is left out.
    case stride(from: Int?, to: Int?, by: Int)
    /// As many whole axes as are left.
    case ellipsis
    /// An axis of size 1.
    case newAxis
    /// Positions, or a mask.
    case tensor(Tensor)
  }

  let kind: Kind
  init(_ kind: Kind) { self.kind = kind }

  public var tensorIndex: TensorIndex { self }
}

extension TensorIndexing where Self == TensorIndex {
  /// A whole axis.
  public static var all: TensorIndex { TensorIndex(.range(lower: nil, upper: nil, step: 1)) }

  /// As many whole axes as the other elements leave; `...` means the same.
  public static var ellipsis: TensorIndex { TensorIndex(.ellipsis) }

  /// A new axis of size 1.
  public static var newAxis: TensorIndex { TensorIndex(.newAxis) }

  /// Every `step`-th position of an axis from the first, or from the last backwards if `step` is
  /// negative: `x[.every(2)]`, `x[.every(-1)]`.
  public static func every(_ step: Int) -> TensorIndex {
    TensorIndex(.range(lower: nil, upper: nil, step: step))
  }

  /// Every `step`-th position of a range from its first, or from its last backwards if `step` is
  /// negative: `x[.every(2, of: 1..<9)]` takes 1, 3, 5, 7 and `x[.every(-2, of: 1..<9)]` 8, 6, 4, 2.
  public static func every(_ step: Int, of range: some TensorIndexRange) -> TensorIndex {
    guard case .range(let lower, let upper, _) = range.tensorIndex.kind else {
      internalError("a range of positions is none")
    }
    return TensorIndex(.range(lower: lower, upper: upper, step: step))
  }

  /// The positions `start`, `start + step`, … before `end`, as Swift's own `stride` has them; nil
  /// stands for the end of the axis on that side.
  public static func stride(from start: Int?, to end: Int?, by step: Int = 1) -> TensorIndex {
    TensorIndex(.stride(from: start, to: end, by: step))
  }
}

/// A range of positions along an axis.
public protocol TensorIndexRange: TensorIndexing {}

extension Int: TensorIndexing {
  public var tensorIndex: TensorIndex { TensorIndex(.position(self)) }
}
extension Range: TensorIndexing, TensorIndexRange where Bound == Int {
  public var tensorIndex: TensorIndex {
    TensorIndex(.range(lower: lowerBound, upper: upperBound, step: 1))
  }
}
extension ClosedRange: TensorIndexing, TensorIndexRange where Bound == Int {
  public var tensorIndex: TensorIndex {
    TensorIndex(.range(lower: lowerBound, upper: .pastPosition(upperBound), step: 1))
  }
}
extension PartialRangeFrom: TensorIndexing, TensorIndexRange where Bound == Int {
  public var tensorIndex: TensorIndex {
    TensorIndex(.range(lower: lowerBound, upper: nil, step: 1))
  }
}
extension PartialRangeUpTo: TensorIndexing, TensorIndexRange where Bound == Int {
  public var tensorIndex: TensorIndex {
    TensorIndex(.range(lower: nil, upper: upperBound, step: 1))
  }
}
extension PartialRangeThrough: TensorIndexing, TensorIndexRange where Bound == Int {
  public var tensorIndex: TensorIndex {
    TensorIndex(.range(lower: nil, upper: .pastPosition(upperBound), step: 1))
  }
}
extension Tensor: TensorIndexing {
  public var tensorIndex: TensorIndex { TensorIndex(.tensor(self)) }
}

extension Int? {
  /// The bound behind a position; nil, the end, behind the last.
  fileprivate static func pastPosition(_ position: Int) -> Int? {
    position == -1 ? nil : position &+ 1
  }
}

extension TensorIndex: CustomStringConvertible {
  public var description: String {
    func text(_ bound: Int?) -> String { bound.map(String.init) ?? "" }
    switch kind {
    case .position(let position): return "\(position)"
    case .range(nil, nil, 1): return ".all"
    case .range(nil, nil, let step): return ".every(\(step))"
    case .range(let lower, nil, let step): return TensorIndex.every(step, "\(text(lower))...")
    case .range(let lower, let upper, let step):
      return TensorIndex.every(step, "\(text(lower))..<\(text(upper))")
    case .stride(let start, let end, let step):
      return ".stride(from: \(start.map(String.init) ?? "nil"), "
        + "to: \(end.map(String.init) ?? "nil"), by: \(step))"
    case .ellipsis: return "..."
    case .newAxis: return ".newAxis"
    case .tensor(let tensor): return "\(tensor.dtype) tensor \(tensor.shape.text)"
    }
  }

  private static func every(_ step: Int, _ range: String) -> String {
    step == 1 ? range : ".every(\(step), of: \(range))"
  }
}
