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
    guard let product else { return }
    product.assign(
      product.value * step.scalar(product.dtype) { [unowned self] in strength($0.number) })
  }

  public override func update(
    _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
  ) -> Tensor {
    let m = slots.follow("momentum", gradient, kept: beta1)
    let v = slots.follow("velocity", gradient.square(), kept: beta2)
    guard let product = product?.value.cast(to: weight.dtype) else { return weight }
    let beta2 = beta2
    func scalar(_ formula: @escaping (OptimizerStep) -> Double) -> Tensor {
      step.scalar(weight.dtype, formula)
    }
    let next = scalar { [unowned self] in strength($0.number + 1) }
    let rest = scalar { [unowned self] in 1 - strength($0.number) }
    let ahead = m * next / (1 - product * next) + gradient * rest / (1 - product)
    let corrected = v / scalar { 1 - pow(beta2, Double($0.number)) }
    return weight - ahead * scalar { $0.learningRate } / (corrected.sqrt() + epsilon)
  }
}
