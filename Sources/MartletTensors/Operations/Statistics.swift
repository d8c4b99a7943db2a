// Reductions that are composed of others: what they are made of fuses with them.

extension Tensor {
  /// The arithmetic mean of the elements along axes; NaN over none.
  ///
  /// - Parameters:
  ///   - axes: The axes to average over; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func mean(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkFloating("mean", file: file, line: line)
    let axes = normalizedAxes(axes, rank: rank, "mean", file: file, line: line)
    return sum(along: axes, keepingDimensions: keepingDimensions) / Double(length(along: axes))
  }

  /// The arithmetic mean of the elements along one axis.
  public func mean(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    mean(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The mean squared distance of the elements from their mean, along axes.
  ///
  ///     y = Σ (x − mean(x))² / (n − correction)
  ///
  /// The mean is subtracted before squaring, so that elements far from 0 lose no digits. NaN where
  /// n − correction is 0 or less, unless the sum is not 0 (infinity then), as NumPy has it.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - correction: What is subtracted from the number of elements, NumPy's `ddof`: 0 gives the
  ///     variance of a population, 1 the unbiased estimate from a sample.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func variance(
    along axes: [Int]? = nil, correction: Int = 0, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkFloating("variance", file: file, line: line)
    let axes = normalizedAxes(axes, rank: rank, "variance", file: file, line: line)
    let distances = self - mean(along: axes, keepingDimensions: true)
    return distances.square().sum(along: axes, keepingDimensions: keepingDimensions)
      / Double(Swift.max(length(along: axes) - correction, 0))
  }

  /// The mean squared distance of the elements from their mean, along one axis.
  public func variance(
    along axis: Int, correction: Int = 0, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    variance(
      along: [axis], correction: correction, keepingDimensions: keepingDimensions, file: file,
      line: line)
  }

  /// The square root of the variance along axes; parameters as in `variance`.
  ///
  /// Its gradient is NaN where all elements are equal: the root has no slope at 0.
  public func standardDeviation(
    along axes: [Int]? = nil, correction: Int = 0, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkFloating("standardDeviation", file: file, line: line)
    let axes = normalizedAxes(axes, rank: rank, "standardDeviation", file: file, line: line)
    return variance(
      along: axes, correction: correction, keepingDimensions: keepingDimensions
    ).sqrt()
  }

  /// The square root of the variance along one axis.
  public func standardDeviation(
    along axis: Int, correction: Int = 0, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    standardDeviation(
      along: [axis], correction: correction, keepingDimensions: keepingDimensions, file: file,
      line: line)
  }

  /// The vector norm of the elements along axes (of a matrix, with all axes: Frobenius' norm).
  ///
  ///     order 1: Σ |x|        order 2: √ Σ x²        order .infinity: max |x|
  ///
  /// The gradient of an order-2 norm that is 0 is 0, one of its subgradients.
  ///
  /// - Parameters:
  ///   - order: 1, 2 or `.infinity`.
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func norm(
    _ order: Double = 2, along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkFloating("norm", file: file, line: line)
    let axes = normalizedAxes(axes, rank: rank, "norm", file: file, line: line)
    switch order {
    case 1: return abs().sum(along: axes, keepingDimensions: keepingDimensions)
    case 2:
      let squares = square().sum(along: axes, keepingDimensions: keepingDimensions)
      // The root's slope at 0 is infinite: it never gets to see one.
      let isZero = squares .== 0
      return .select(isZero, squares, Tensor.select(isZero, .constant(1, dtype), squares).sqrt())
    case .infinity:
      // The norm of nothing is 0, not -∞.
      if length(along: axes) == 0 {
        return sum(along: axes, keepingDimensions: keepingDimensions)
      }
      return abs().max(along: axes, keepingDimensions: keepingDimensions)
    default:
      trap(
        Diagnostic(
          "norm", "there is no norm of this order", expected: "1, 2 or .infinity",
          got: "\(order)"), file: file, line: line)
    }
  }

  /// The vector norm of the elements along one axis.
  public func norm(
    _ order: Double = 2, along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    norm(order, along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// The number of elements that a reduction along axes takes together.
  func length(along axes: [Int]) -> Int { axes.reduce(1) { $0 * shape[$1] } }

  /// Traps unless elements are floating point numbers.
  func checkFloating(_ who: String, file: StaticString, line: UInt) {
    check(
      dtype.isFloating,
      Diagnostic(
        who, "it is not defined for this element type", expected: "float32 or float64",
        got: "\(dtype)", fix: "use cast(to: .float32)"),
      file: file, line: line)
  }

  /// The tensor as a matrix whose rows are the elements that a reduction along axes takes together,
  /// and the shape of what it leaves.
  func rows(along axes: [Int]) -> (rows: Tensor, kept: Shape) {
    let kept = shape.indices.filter { !axes.contains($0) }
    let sizes = kept.map { shape[$0] }
    return (
      transposed(kept + axes).reshaped(to: sizes + [length(along: axes)]), sizes
    )
  }
}
