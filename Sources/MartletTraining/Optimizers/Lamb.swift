import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` whose step of a variable is as long as the variable, times the learning rate.
///
///     m ← m + (1 − β₁) (g − m)
///     v ← v + (1 − β₂) (g² − v)
///     u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
///     w ← w − α ‖w‖ / ‖u‖ · u                   with 1 for the quotient if a norm is 0
///
/// - Source: You et al., 2020, "Large batch optimization for deep learning".
public final class Lamb: MomentOptimizer {
  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots.follow("momentum", gradient, kept: beta1)
    let v = slots.follow("velocity", gradient.square(), kept: beta2)
    func correction(_ beta: Double) -> Tensor {
      step.scalar(weight.dtype) { 1 - pow(beta, Double($0.number)) }
    }
    let divisor = (v / correction(beta2)).sqrt() + epsilon
    let change = m / correction(beta1) / divisor
    let length = weight.square().sum().sqrt()
    let changeLength = change.square().sum().sqrt()
    let one = Tensor.ones(like: length)
    let ratio = Tensor.where((length .> 0) .& (changeLength .> 0), length / changeLength, one)
    return weight - change * (ratio * step.scalar(ratio.dtype) { $0.learningRate })
  }
}
