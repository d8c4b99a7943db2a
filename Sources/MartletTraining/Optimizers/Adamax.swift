import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` with the largest gradient, slowly forgotten, in the place of the root of the mean of squares.
///
///     m ← m + (1 − β₁) (g − m)
///     u ← max(β₂ u, |g|)
///     w ← w − α / (1 − β₁ᵗ) · m / (u + ε)
///
/// - Source: Kingma and Ba, 2015, section 7.1.
public final class Adamax: MomentOptimizer {
  public override func slots(for variable: Variable) -> [[Slot]] { [["momentum", "norm"]] }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots.follow("momentum", gradient, kept: beta1)
    let largest = (slots["norm"] * beta2).maximum(gradient.abs())
    slots["norm"] = largest
    let rate = step.scalar(weight.dtype) { [beta1] in
      $0.learningRate / (1 - pow(beta1, Double($0.number)))
    }
    return weight - m * rate / (largest + epsilon)
  }
}
