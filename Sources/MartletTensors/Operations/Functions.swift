// Functions of one element, and those composed of them. Each is one row of the table in
// Elementwise.swift; here stand the names by which users call them.

extension Tensor {
  /// The absolute value of each element.
  public func abs(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.abs, self, file: file, line: line)
  }

  /// -1, 0 or 1 by the sign of each element; ±0 and NaN stay as they are.
  public func sign(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.sign, self, file: file, line: line)
  }

  /// The square of each element.
  public func square(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.square, self, file: file, line: line)
  }

  /// The square root of each element, correctly rounded.
  public func sqrt(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.sqrt, self, file: file, line: line)
  }

  /// 1 / √x of each element.
  public func rsqrt(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.rsqrt, self, file: file, line: line)
  }

  /// 1 / x of each element.
  public func reciprocal(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.reciprocal, self, file: file, line: line)
  }

  /// eˣ of each element, to 2 ulp.
  public func exp(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.exp, self, file: file, line: line)
  }

  /// eˣ − 1 of each element, exact near 0.
  public func expm1(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.expm1, self, file: file, line: line)
  }

  /// The natural logarithm of each element, to 2 ulp.
  public func log(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.log, self, file: file, line: line)
  }

  /// The natural logarithm of 1 + x, exact near 0.
  public func log1p(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.log1p, self, file: file, line: line)
  }

  /// The logarithm to base 2 of each element.
  public func log2(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.log2, self, file: file, line: line)
  }

  /// The sine of each element, in radians.
  public func sin(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.sin, self, file: file, line: line)
  }

  /// The cosine of each element, in radians.
  public func cos(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.cos, self, file: file, line: line)
  }

  /// The tangent of each element, in radians.
  public func tan(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.tan, self, file: file, line: line)
  }

  /// The arc sine of each element, in radians; NaN outside [-1, 1].
  public func asin(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.asin, self, file: file, line: line)
  }

  /// The arc cosine of each element, in radians; NaN outside [-1, 1].
  public func acos(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.acos, self, file: file, line: line)
  }

  /// The arc tangent of each element, in radians.
  public func atan(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.atan, self, file: file, line: line)
  }

  /// The hyperbolic sine of each element.
  public func sinh(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.sinh, self, file: file, line: line)
  }

  /// The hyperbolic cosine of each element.
  public func cosh(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.cosh, self, file: file, line: line)
  }

  /// The hyperbolic tangent of each element, to 4 ulp.
  public func tanh(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.tanh, self, file: file, line: line)
  }

  /// 1 / (1 + e⁻ˣ) of each element, to 4 ulp.
  public func sigmoid(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.sigmoid, self, file: file, line: line)
  }

  /// log(1 + eˣ) of each element, finite for large x.
  public func softplus(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.softplus, self, file: file, line: line)
  }

  /// The error function of each element, to 4 ulp.
  public func erf(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.erf, self, file: file, line: line)
  }

  /// The largest whole number not above each element.
  ///
  /// Its gradient is 0.
  public func floor(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.floor, self, file: file, line: line)
  }

  /// The smallest whole number not below each element.
  ///
  /// Its gradient is 0.
  public func ceil(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.ceil, self, file: file, line: line)
  }

  /// The nearest whole number, ties to even, as NumPy's.
  ///
  /// Its gradient is 0.
  public func round(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.round, self, file: file, line: line)
  }

  /// max(x, 0) of each element; NaN stays NaN.
  ///
  /// Its gradient at 0 is 0.
  public func relu(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.relu, self, file: file, line: line)
  }

  /// x · sigmoid(x) of each element, also called swish.
  public func silu(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.silu, self, file: file, line: line)
  }

  /// x · tanh(softplus(x)) of each element.
  public func mish(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.mish, self, file: file, line: line)
  }

  /// Where elements are not a number.
  public func isNaN(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.isNaN, self, to: .bool, file: file, line: line)
  }

  /// Where elements are infinite.
  public func isInfinite(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.isInfinite, self, to: .bool, file: file, line: line)
  }

  /// Where elements are neither infinite nor NaN.
  public func isFinite(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    .unary(.isFinite, self, to: .bool, file: file, line: line)
  }

  /// Each element to the power of another.
  public func pow(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.pow, self, other, file: file, line: line)
  }

  /// Each element to the power of another.
  public func pow(
    _ other: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.pow, self, .constant(other, dtype), file: file, line: line)
  }

  /// The angle of the point (x, self), in radians, in (-π, π].
  public func atan2(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.atan2, self, other, file: file, line: line)
  }

  /// The angle of the point (x, self), in radians, in (-π, π].
  public func atan2(
    _ other: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.atan2, self, .constant(other, dtype), file: file, line: line)
  }

  /// The smaller of two elements; NaN where either is NaN.
  ///
  /// Ties share the gradient.
  public func minimum(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.minimum, self, other, file: file, line: line)
  }

  /// The smaller of two elements; NaN where either is NaN.
  ///
  /// Ties share the gradient.
  public func minimum(
    _ other: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.minimum, self, .constant(other, dtype), file: file, line: line)
  }

  /// The larger of two elements; NaN where either is NaN.
  ///
  /// Ties share the gradient.
  public func maximum(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.maximum, self, other, file: file, line: line)
  }

  /// The larger of two elements; NaN where either is NaN.
  ///
  /// Ties share the gradient.
  public func maximum(
    _ other: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.maximum, self, .constant(other, dtype), file: file, line: line)
  }

  /// The quotient rounded towards minus infinity; for integers, 0 where the divisor is 0.
  public func floorDivide(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.floorDivide, self, other, file: file, line: line)
  }

  /// The quotient rounded towards minus infinity; for integers, 0 where the divisor is 0.
  public func floorDivide(
    _ other: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.floorDivide, self, .constant(other, dtype), file: file, line: line)
  }

  /// What `floorDivide` leaves, with the sign of the divisor.
  public func remainder(
    _ other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.remainder, self, other, file: file, line: line)
  }

  /// What `floorDivide` leaves, with the sign of the divisor.
  public func remainder(
    _ other: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .binary(.remainder, self, .constant(other, dtype), file: file, line: line)
  }

  /// The Gaussian error linear unit, x · Φ(x), to 4 ulp.
  ///
  /// - Parameter approximate: Whether to use x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) instead.
  /// - Source: Hendrycks and Gimpel, 2016.
  public func gelu(
    approximate: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .unary(approximate ? .geluTanh : .gelu, self, file: file, line: line)
  }

  /// Each element held between two bounds; NaN stays NaN.
  ///
  /// The gradient is 1 inside, bounds included.
  public func clipped(to low: Double, _ high: Double) -> Tensor {
    let (low, high) = (Tensor.constant(low, dtype), Tensor.constant(high, dtype))
    return .select(self .< low, low, .select(self .> high, high, self))
  }

  /// x where it is positive, `negativeSlope` · x elsewhere.
  public func leakyRelu(negativeSlope: Double = 0.2) -> Tensor {
    .select(self .> 0, self, self * negativeSlope)
  }

  /// x where it is positive, α (eˣ − 1) elsewhere.
  ///
  /// - Source: Clevert, Unterthiner and Hochreiter, 2016.
  public func elu(alpha: Double = 1) -> Tensor {
    // Bounded before expm1, so that large x give no infinite branch to differentiate.
    let below = Tensor.select(self .> 0, zero, self)
    return .select(self .> 0, self, below.expm1() * alpha)
  }

  /// The self-normalizing unit: 1.0507 · elu(x, α = 1.6733).
  ///
  /// - Source: Klambauer et al., 2017.
  public func selu() -> Tensor {
    elu(alpha: 1.6732632423543772) * 1.0507009873554805
  }

  /// x / (1 + |x|) of each element.
  public func softsign() -> Tensor { self / (abs() + 1) }

  /// x / 6 + ½ held between 0 and 1, as Keras has it.
  public func hardSigmoid() -> Tensor { (self / 6 + 0.5).clipped(to: 0, 1) }

  /// Elements of this tensor where the condition holds, of `other` elsewhere, broadcast together.
  public func replacing(
    with other: Tensor, where condition: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    .select(condition, other, self, file: file, line: line)
  }

  /// Elements of `a` where the condition holds, of `b` elsewhere, broadcast together.
  public static func `where`(
    _ condition: Tensor, _ a: Tensor, _ b: Tensor,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    select(condition, a, b, file: file, line: line)
  }
}
