import MartletTensors

extension Loss {
  /// The values of a batch as one number.
  func reduce(
    _ values: LossValues, sampleWeight: Tensor?, mask: Tensor?, file: StaticString, line: UInt
  ) -> Tensor {
    let mask = Loss.both(mask, values.mask)
    guard sampleWeight != nil || mask != nil else { return reduce(values) }
    let perSample = values.perSample
    let isMean = reduction == .sumOverBatchSize || reduction == .mean
    let weight = Loss.weight(
      sampleWeight, mask: mask, dtype: perSample.dtype, sharing: isMean, file: file, line: line)
    let (matched, factor) = Loss.aligned(perSample, weight, name, file: file, line: line)
    let weighted = matched * factor
    switch reduction {
    case .none: return weighted
    case .sum: return weighted.sum()
    case .sumOverBatchSize, .mean: return weighted.sum() / Double(max(weighted.count, 1))
    case .meanWithSampleWeight: return weighted.sum().dividedOrZero(by: weight.sum())
    }
  }

  /// Without weights one sum does for the mean over the last axis and the mean over the batch.
  private func reduce(_ values: LossValues) -> Tensor {
    let elements = values.elements
    switch reduction {
    case .none: return values.perSample
    case .sum:
      guard let axis = values.averaging else { return elements.sum() }
      return elements.sum() / Double(elements.shape[axis < 0 ? axis + elements.rank : axis])
    case .sumOverBatchSize, .mean, .meanWithSampleWeight:
      return elements.rank == 0 ? elements : elements.sum() / Double(max(elements.count, 1))
    }
  }

  /// Where both masks hold.
  private static func both(_ a: Tensor?, _ b: Tensor?) -> Tensor? {
    guard let a, let b else { return a ?? b }
    return a.cast(to: .bool) .& b.cast(to: .bool)
  }

  /// Sample weights and mask as one weight.
  ///
  /// - Parameter sharing: Whether what counts also bears the weight of what does not, total / valid,
  ///   so that a mean over all values becomes one over those that count.
  static func weight(
    _ sampleWeight: Tensor?, mask: Tensor?, dtype: DType, sharing: Bool, file: StaticString,
    line: UInt
  ) -> Tensor {
    guard let mask else { return sampleWeight?.cast(to: dtype) ?? Tensor.ones([], dtype: dtype) }
    var factor = mask.cast(to: .bool).cast(to: dtype)
    // Where nothing counts, the mask is 0 and so is every product with it.
    if sharing { factor = factor * (Double(factor.count) / factor.sum().maximum(1)) }
    guard let sampleWeight else { return factor }
    let (a, b) = matchedRanks(factor, sampleWeight.cast(to: dtype))
    let (matched, aligned) = aligned(
      a.rank >= b.rank ? a : b, a.rank >= b.rank ? b : a, "mask", file: file, line: line)
    return matched * aligned
  }

  /// Values and weights that can be multiplied; weights of fewer axes are those of whole samples.
  static func aligned(
    _ values: Tensor, _ weight: Tensor, _ who: String, file: StaticString, line: UInt
  ) -> (values: Tensor, weight: Tensor) {
    var (v, w) = matchedRanks(values, weight)
    if w.rank > 0 && w.rank < v.rank {
      w = w.reshaped(to: w.shape + [Int](repeating: 1, count: v.rank - w.rank))
    }
    let fits =
      w.rank == 0 || w.rank == v.rank && zip(w.shape, v.shape).allSatisfy { $0 == $1 || $0 == 1 }
    if !fits {
      trap(
        Diagnostic(
          who, "the sample weights or the mask do not fit the samples",
          expected: "the shape \(values.shape) or its first axes", got: "\(weight.shape)"),
        file: file, line: line)
    }
    return (v, w)
  }

  /// Two tensors in the same rank where one lacks a last axis of size 1, as Keras has it: a vector
  /// gets the axis, otherwise the other loses it.
  ///
  /// - Parameter expandingVectors: Whether a vector gets the axis.
  static func matchedRanks(
    _ a: Tensor, _ b: Tensor, expandingVectors: Bool = true
  ) -> (Tensor, Tensor) {
    if a.rank == b.rank + 1 && a.shape.last == 1 {
      return b.rank == 1 && expandingVectors
        ? (a, b.expandingDimensions(at: 1)) : (a.squeezed(along: -1), b)
    }
    if b.rank == a.rank + 1 && b.shape.last == 1 {
      return a.rank == 1 && expandingVectors
        ? (a.expandingDimensions(at: 1), b) : (a, b.squeezed(along: -1))
    }
    return (a, b)
  }
}

extension Tensor {
  /// The quotient, and 0 where the divisor is 0.
  func dividedOrZero(by divisor: Tensor) -> Tensor {
    let isZero = divisor .== 0
    let quotient = self / Tensor.where(isZero, .ones(like: divisor), divisor)
    return .where(isZero, .zeros(like: quotient), quotient)
  }
}
