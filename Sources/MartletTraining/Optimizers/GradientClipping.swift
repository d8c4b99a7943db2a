import MartletTensors

// How large gradients are held down before an optimizer uses them.

/// A gradient no longer than a limit: g · limit / max(‖g‖, limit).
func clipped(_ gradient: Tensor, toNorm limit: Double) -> Tensor {
  gradient * limit / gradient.square().sum().sqrt().maximum(limit)
}

/// Gradients that together are no longer than a limit: each is multiplied by
/// limit · min(1 / ‖G‖, 1 / limit), with ‖G‖ the length of all of them as one vector.
///
/// If one element is infinite or not a number, all become so: that is not hidden.
func clipped(_ gradients: [Tensor], toGlobalNorm limit: Double) -> [Tensor] {
  var byType: [DType: Tensor] = [:]
  for gradient in gradients {
    let squares = gradient.square().sum()
    byType[gradient.dtype] = byType[gradient.dtype].map { $0 + squares } ?? squares
  }
  // One number for all, in the widest type there is.
  let dtype: DType = byType[.float64] == nil ? .float32 : .float64
  let squares = byType.sorted { $0.key.rawValue < $1.key.rawValue }
    .map { $0.value.cast(to: dtype) }
  guard let first = squares.first else { return [] }
  let norm = squares.dropFirst().reduce(first, +).sqrt()
  let scale = norm.reciprocal().minimum(1 / limit) * limit + (norm - norm)
  return gradients.map { $0 * scale.cast(to: $0.dtype) }
}
