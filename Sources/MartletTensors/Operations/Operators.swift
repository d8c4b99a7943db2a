// Operators between tensors, and between a tensor and a number. Operands broadcast: sizes of 1
// stretch, missing leading axes are added. A number takes the tensor's element type. Literals are
// Doubles, so that float64 tensors see all their digits; the overloads for Float stand beside, since
// long expressions of literals would not type-check in reasonable time without them (and would not
// with more of them: arithmetic takes no Int variable, comparisons do).

extension Tensor {
  /// The sum, element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    binary(.add, a, b)
  }
  /// The sum, element by element.
  @_disfavoredOverload
  public static func + (a: Tensor, b: Float) -> Tensor {
    binary(.add, a, .constant(Double(b), a.dtype))
  }
  /// The sum, element by element.
  @_disfavoredOverload
  public static func + (a: Float, b: Tensor) -> Tensor {
    binary(.add, .constant(Double(a), b.dtype), b)
  }
  /// The sum, element by element.
  public static func + (a: Tensor, b: Double) -> Tensor {
    binary(.add, a, .constant(b, a.dtype))
  }
  /// The sum, element by element.
  public static func + (a: Double, b: Tensor) -> Tensor {
    binary(.add, .constant(a, b.dtype), b)
  }
}

extension Tensor {
  /// The difference, element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    binary(.subtract, a, b)
  }
  /// The difference, element by element.
  @_disfavoredOverload
  public static func - (a: Tensor, b: Float) -> Tensor {
    binary(.subtract, a, .constant(Double(b), a.dtype))
  }
  /// The difference, element by element.
  @_disfavoredOverload
  public static func - (a: Float, b: Tensor) -> Tensor {
    binary(.subtract, .constant(Double(a), b.dtype), b)
  }
  /// The difference, element by element.
  public static func - (a: Tensor, b: Double) -> Tensor {
    binary(.subtract, a, .constant(b, a.dtype))
  }
  /// The difference, element by element.
  public static func - (a: Double, b: Tensor) -> Tensor {
    binary(.subtract, .constant(a, b.dtype), b)
  }
}

extension Tensor {
  /// The product, element by element.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    binary(.multiply, a, b)
  }
  /// The product, element by element.
  @_disfavoredOverload
  public static func * (a: Tensor, b: Float) -> Tensor {
    binary(.multiply, a, .constant(Double(b), a.dtype))
  }
  /// The product, element by element.
  @_disfavoredOverload
  public static func * (a: Float, b: Tensor) -> Tensor {
    binary(.multiply, .constant(Double(a), b.dtype), b)
  }
  /// The product, element by element.
  public static func * (a: Tensor, b: Double) -> Tensor {
    binary(.multiply, a, .constant(b, a.dtype))
  }
  /// The product, element by element.
  public static func * (a: Double, b: Tensor) -> Tensor {
    binary(.multiply, .constant(a, b.dtype), b)
  }
}

extension Tensor {
  /// The quotient, element by element; floating point only.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    binary(.divide, a, b)
  }
  /// The quotient, element by element; floating point only.
  @_disfavoredOverload
  public static func / (a: Tensor, b: Float) -> Tensor {
    binary(.divide, a, .constant(Double(b), a.dtype))
  }
  /// The quotient, element by element; floating point only.
  @_disfavoredOverload
  public static func / (a: Float, b: Tensor) -> Tensor {
    binary(.divide, .constant(Double(a), b.dtype), b)
  }
  /// The quotient, element by element; floating point only.
  public static func / (a: Tensor, b: Double) -> Tensor {
    binary(.divide, a, .constant(b, a.dtype))
  }
  /// The quotient, element by element; floating point only.
  public static func / (a: Double, b: Tensor) -> Tensor {
    binary(.divide, .constant(a, b.dtype), b)
  }
}

extension Tensor {
  /// The remainder with the sign of the divisor, element by element.
  public static func % (a: Tensor, b: Tensor) -> Tensor {
    binary(.remainder, a, b)
  }
  /// The remainder with the sign of the divisor, element by element.
  @_disfavoredOverload
  public static func % (a: Tensor, b: Float) -> Tensor {
    binary(.remainder, a, .constant(Double(b), a.dtype))
  }
  /// The remainder with the sign of the divisor, element by element.
  @_disfavoredOverload
  public static func % (a: Float, b: Tensor) -> Tensor {
    binary(.remainder, .constant(Double(a), b.dtype), b)
  }
  /// The remainder with the sign of the divisor, element by element.
  public static func % (a: Tensor, b: Double) -> Tensor {
    binary(.remainder, a, .constant(b, a.dtype))
  }
  /// The remainder with the sign of the divisor, element by element.
  public static func % (a: Double, b: Tensor) -> Tensor {
    binary(.remainder, .constant(a, b.dtype), b)
  }
}

extension Tensor {
  /// Where elements are equal.
  public static func .== (a: Tensor, b: Tensor) -> Tensor {
    binary(.equal, a, b, to: .bool)
  }
  /// Where elements are equal.
  @_disfavoredOverload
  public static func .== (a: Tensor, b: Float) -> Tensor {
    binary(.equal, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are equal.
  @_disfavoredOverload
  public static func .== (a: Float, b: Tensor) -> Tensor {
    binary(.equal, .constant(Double(a), b.dtype), b, to: .bool)
  }
  /// Where elements are equal.
  public static func .== (a: Tensor, b: Double) -> Tensor {
    binary(.equal, a, .constant(b, a.dtype), to: .bool)
  }
  /// Where elements are equal.
  public static func .== (a: Double, b: Tensor) -> Tensor {
    binary(.equal, .constant(a, b.dtype), b, to: .bool)
  }
  /// Where elements are equal.
  @_disfavoredOverload
  public static func .== (a: Tensor, b: Int) -> Tensor {
    binary(.equal, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are equal.
  @_disfavoredOverload
  public static func .== (a: Int, b: Tensor) -> Tensor {
    binary(.equal, .constant(Double(a), b.dtype), b, to: .bool)
  }
}

extension Tensor {
  /// Where elements differ.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor {
    binary(.notEqual, a, b, to: .bool)
  }
  /// Where elements differ.
  @_disfavoredOverload
  public static func .!= (a: Tensor, b: Float) -> Tensor {
    binary(.notEqual, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements differ.
  @_disfavoredOverload
  public static func .!= (a: Float, b: Tensor) -> Tensor {
    binary(.notEqual, .constant(Double(a), b.dtype), b, to: .bool)
  }
  /// Where elements differ.
  public static func .!= (a: Tensor, b: Double) -> Tensor {
    binary(.notEqual, a, .constant(b, a.dtype), to: .bool)
  }
  /// Where elements differ.
  public static func .!= (a: Double, b: Tensor) -> Tensor {
    binary(.notEqual, .constant(a, b.dtype), b, to: .bool)
  }
  /// Where elements differ.
  @_disfavoredOverload
  public static func .!= (a: Tensor, b: Int) -> Tensor {
    binary(.notEqual, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements differ.
  @_disfavoredOverload
  public static func .!= (a: Int, b: Tensor) -> Tensor {
    binary(.notEqual, .constant(Double(a), b.dtype), b, to: .bool)
  }
}

extension Tensor {
  /// Where elements are smaller.
  public static func .< (a: Tensor, b: Tensor) -> Tensor {
    binary(.less, a, b, to: .bool)
  }
  /// Where elements are smaller.
  @_disfavoredOverload
  public static func .< (a: Tensor, b: Float) -> Tensor {
    binary(.less, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are smaller.
  @_disfavoredOverload
  public static func .< (a: Float, b: Tensor) -> Tensor {
    binary(.less, .constant(Double(a), b.dtype), b, to: .bool)
  }
  /// Where elements are smaller.
  public static func .< (a: Tensor, b: Double) -> Tensor {
    binary(.less, a, .constant(b, a.dtype), to: .bool)
  }
  /// Where elements are smaller.
  public static func .< (a: Double, b: Tensor) -> Tensor {
    binary(.less, .constant(a, b.dtype), b, to: .bool)
  }
  /// Where elements are smaller.
  @_disfavoredOverload
  public static func .< (a: Tensor, b: Int) -> Tensor {
    binary(.less, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are smaller.
  @_disfavoredOverload
  public static func .< (a: Int, b: Tensor) -> Tensor {
    binary(.less, .constant(Double(a), b.dtype), b, to: .bool)
  }
}

extension Tensor {
  /// Where elements are smaller or equal.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor {
    binary(.lessEqual, a, b, to: .bool)
  }
  /// Where elements are smaller or equal.
  @_disfavoredOverload
  public static func .<= (a: Tensor, b: Float) -> Tensor {
    binary(.lessEqual, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are smaller or equal.
  @_disfavoredOverload
  public static func .<= (a: Float, b: Tensor) -> Tensor {
    binary(.lessEqual, .constant(Double(a), b.dtype), b, to: .bool)
  }
  /// Where elements are smaller or equal.
  public static func .<= (a: Tensor, b: Double) -> Tensor {
    binary(.lessEqual, a, .constant(b, a.dtype), to: .bool)
  }
  /// Where elements are smaller or equal.
  public static func .<= (a: Double, b: Tensor) -> Tensor {
    binary(.lessEqual, .constant(a, b.dtype), b, to: .bool)
  }
  /// Where elements are smaller or equal.
  @_disfavoredOverload
  public static func .<= (a: Tensor, b: Int) -> Tensor {
    binary(.lessEqual, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are smaller or equal.
  @_disfavoredOverload
  public static func .<= (a: Int, b: Tensor) -> Tensor {
    binary(.lessEqual, .constant(Double(a), b.dtype), b, to: .bool)
  }
}

extension Tensor {
  /// Where elements are larger.
  public static func .> (a: Tensor, b: Tensor) -> Tensor {
    binary(.greater, a, b, to: .bool)
  }
  /// Where elements are larger.
  @_disfavoredOverload
  public static func .> (a: Tensor, b: Float) -> Tensor {
    binary(.greater, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are larger.
  @_disfavoredOverload
  public static func .> (a: Float, b: Tensor) -> Tensor {
    binary(.greater, .constant(Double(a), b.dtype), b, to: .bool)
  }
  /// Where elements are larger.
  public static func .> (a: Tensor, b: Double) -> Tensor {
    binary(.greater, a, .constant(b, a.dtype), to: .bool)
  }
  /// Where elements are larger.
  public static func .> (a: Double, b: Tensor) -> Tensor {
    binary(.greater, .constant(a, b.dtype), b, to: .bool)
  }
  /// Where elements are larger.
  @_disfavoredOverload
  public static func .> (a: Tensor, b: Int) -> Tensor {
    binary(.greater, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are larger.
  @_disfavoredOverload
  public static func .> (a: Int, b: Tensor) -> Tensor {
    binary(.greater, .constant(Double(a), b.dtype), b, to: .bool)
  }
}

extension Tensor {
  /// Where elements are larger or equal.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor {
    binary(.greaterEqual, a, b, to: .bool)
  }
  /// Where elements are larger or equal.
  @_disfavoredOverload
  public static func .>= (a: Tensor, b: Float) -> Tensor {
    binary(.greaterEqual, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are larger or equal.
  @_disfavoredOverload
  public static func .>= (a: Float, b: Tensor) -> Tensor {
    binary(.greaterEqual, .constant(Double(a), b.dtype), b, to: .bool)
  }
  /// Where elements are larger or equal.
  public static func .>= (a: Tensor, b: Double) -> Tensor {
    binary(.greaterEqual, a, .constant(b, a.dtype), to: .bool)
  }
  /// Where elements are larger or equal.
  public static func .>= (a: Double, b: Tensor) -> Tensor {
    binary(.greaterEqual, .constant(a, b.dtype), b, to: .bool)
  }
  /// Where elements are larger or equal.
  @_disfavoredOverload
  public static func .>= (a: Tensor, b: Int) -> Tensor {
    binary(.greaterEqual, a, .constant(Double(b), a.dtype), to: .bool)
  }
  /// Where elements are larger or equal.
  @_disfavoredOverload
  public static func .>= (a: Int, b: Tensor) -> Tensor {
    binary(.greaterEqual, .constant(Double(a), b.dtype), b, to: .bool)
  }
}

extension Tensor {
  /// The negative of each element.
  public static prefix func - (x: Tensor) -> Tensor {
    unary(.negate, x, file: #fileID, line: #line)
  }
  /// Adds to the value that the name stands for from here on.
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  /// Subtracts from the value that the name stands for from here on.
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  /// Multiplies the value that the name stands for from here on.
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  /// Divides the value that the name stands for from here on.
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }

  /// Where both masks hold.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  /// Where at least one mask holds.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  /// Where exactly one mask holds.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { binary(.xor, a, b) }
  /// Where the mask does not hold.
  public static prefix func .! (x: Tensor) -> Tensor {
    unary(.not, x, file: #fileID, line: #line)
  }
}
