import MartletTensors

/// Rows of length 1: x / ‖x‖ along an axis, Keras' `normalize`.
///
/// ‖x‖ = (Σ |x|^order)^(1/order), or the greatest |x| for an infinite order; rows of zeros stay.
///
/// - Parameters:
///   - x: Numbers of any shape; integers become float32.
///   - axis: The axis along which a row lies.
///   - order: Which norm: 2 is the Euclidean one.
/// - Throws: `Diagnostic` for an order that is not positive, or an axis that is not there.
public func normalize(
  _ x: Tensor, axis: Int = -1, order: Double = 2
) throws(Diagnostic) -> Tensor {
  guard order > 0, axis < x.rank, axis >= -x.rank else {
    throw Diagnostic(
      "normalize", "the settings are none",
      expected: "an order above 0, an axis of \(x.rank)", got: "order \(order), axis \(axis)")
  }
  let values = x.dtype.isFloating ? x : x.cast(to: .float32)
  let sizes = values.abs()
  let norm: Tensor
  if order.isInfinite {
    norm = sizes.max(along: axis, keepingDimensions: true)
  } else if order == 2 {
    norm = values.square().sum(along: axis, keepingDimensions: true).sqrt()
  } else {
    norm = sizes.pow(order).sum(along: axis, keepingDimensions: true).pow(1 / order)
  }
  return values / norm.maximum((norm .== 0).cast(to: values.dtype))
}
