import MartletLayers
import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `Adam` with Nesterov's momentum, whose strength μₜ = β₁ (1 − ½ · 0.96ᵗ) rises to β₁.
///
///     m ← m + (1 − β₁) (g − m)
///     v ← v + (1 − β₂) (g² − v)
///     P ← P μₜ
///     m̂ = μₜ₊₁ m / (1 − P μₜ₊₁) + (1 − μₜ) g / (1 − P)
///     w ← w − α m̂ / (√(v / (1 − β₂ᵗ)) + ε)
///
/// - Source: Dozat, 2016, "Incorporating Nesterov momentum into Adam".
public final class Nadam: MomentOptimizer {
  /// P, which belongs to no variable.
  private var product: Variable?

  public override func makeVariables(dtype: DType) -> [Variable] {
    let product = Variable(
      .ones([], dtype: dtype).evaluated(), name: "u_product", isTrainable: false)
    self.product = product
    return [product]
  }

  private func strength(_ t: Int) -> Double { beta1 * (1 - 0.5 * pow(0.96, Double(t))) }

  public override func prepare(_ step: OptimizerStep) {
    if let product { product.assign(product.value * strength(step.number)) }
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots.follow("momentum", gradient, kept: beta1)
    let v = slots.follow("velocity", gradient.square(), kept: beta2)
    guard let product = product?.value.cast(to: weight.dtype) else { return weight }
    let (now, next) = (strength(step.number), strength(step.number + 1))
    let ahead = m * next / (1 - product * next) + gradient * (1 - now) / (1 - product)
    let corrected = v / (1 - pow(beta2, Double(step.number)))
    return weight - ahead * step.learningRate / (corrected.sqrt() + epsilon)
  }
}
