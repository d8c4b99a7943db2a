/// How far a random factor may stray: one number f for the range −|f| … |f|, or the range itself.
///
///     RandomRotation(0.1)            // −0.1 … 0.1
///     RandomZoom(-0.3...(-0.2))      // that range
public protocol FactorRange: Sendable {
  /// The lowest and the highest factor.
  var factorBounds: ClosedRange<Double> { get }
}

extension Double: FactorRange {
  public var factorBounds: ClosedRange<Double> { -magnitude...magnitude }
}

extension Int: FactorRange {
  public var factorBounds: ClosedRange<Double> { Double(self).factorBounds }
}

extension ClosedRange: FactorRange where Bound == Double {
  public var factorBounds: ClosedRange<Double> { self }
}
