import Foundation
import Testing

@testable import MartletTensors

@Suite struct GradientDecisionTests {
  @Test func `derivatives of any order are gradients of gradients`() {
    let d3 = gradient { gradient { gradient { x in (x * x * x * x).sum() }($0).sum() }($0).sum() }(
      Tensor([2.0]))
    #expect(d3.scalars == [48])
  }

  @Test func `perturbations are not confused`() {
    // d/dx (x · d/dy (x + y)) = 1, not 2 (Siskind and Pearlmutter, 2005).
    let outer = gradient { x in
      x * gradient { y in x + y }(Tensor(1))
    }
    #expect(outer(Tensor(3)).item() == 1)
    let captured = gradient { x in (gradient { y in (x * y * y).sum() }(x)).sum() }
    #expect(captured(Tensor(3)).item() == 12)  // d/dx 2 x · x = 4 x
  }

  @Test func `one tensor may be two arguments`() {
    let x = Tensor([2, 3] as [Float])
    let found = gradient(at: [x, x]) { ($0[0] * $0[0] * $0[1]).sum() }
    #expect(found[0].scalars == [8, 18])
    #expect(found[1].scalars == [4, 9])
  }

  @Test func `unused inputs give zeros of the right shape`() {
    let found = gradient(at: [Tensor.ones([2, 3]), Tensor.ones([4])]) { $0[0].sum() }
    #expect(found[1].shape == [4] && found[1].scalars == [0, 0, 0, 0])
  }

  @Test func `the course's graph f = (x + y) z`() {
    let found = gradient(at: [Tensor(-2), Tensor(5), Tensor(-4)].map { $0.cast(to: .float32) }) {
      ($0[0] + $0[1]) * $0[2]
    }
    #expect(found.map { $0.item() } == [-4, -4, 3])
  }

  @Test func `a stopped gradient is a constant`() {
    let x = Tensor([2, 3] as [Float])
    #expect(gradient(at: x) { ($0 * $0.stoppingGradient()).sum() }.scalars == [2, 3])
    #expect(gradient(at: x) { $0.stoppingGradient().sum() }.scalars == [0, 0])
  }

  @Test func `a custom gradient replaces the rule, to any order`() {
    let x = Tensor([0.5, 2] as [Double])
    func softlog(_ x: Tensor) -> Tensor {
      withCustomGradient([x]) {
        $0[0].log1p()
      } backward: { dy, x, _ in
        [dy * x[0].square()]
      }
    }
    let first = gradient(at: x) { softlog($0).sum() }
    #expect(first.scalars(of: Double.self) == [0.25, 4])
    let second = gradient(at: x) { gradient(at: $0) { softlog($0).sum() }.sum() }
    #expect(second.scalars(of: Double.self) == [1, 4])
  }

  @Test func `a recomputed closure gives the same gradients with less memory`() {
    let x = Tensor.linspace(from: -1, to: 1, count: 64).cast(to: .float64)
    let w = Variable(Tensor.linspace(from: 0.1, to: 2, count: 64).cast(to: .float64))
    func layers(_ x: Tensor) -> Tensor {
      var y = x
      for _ in 0..<3 { y = (y * w.value).tanh().cumulativeSum(along: 0) }
      return y
    }
    let plain = valueAndGradient(of: [w]) { layers(layers(x)).sin().sum() }
    nonisolated(unsafe) let body = layers
    let thrifty = valueAndGradient(of: [w]) {
      recomputing([recomputing([x]) { body($0[0]) }]) { body($0[0]) }.sin().sum()
    }
    #expect(thrifty.value.item() == plain.value.item())
    #expect(
      thrifty.gradients[0].isClose(to: plain.gradients[0], relative: 1e-12, absolute: 1e-14))
    let (_, kernels) = Profile.take { () -> Float in
      let gradient = valueAndGradient(of: [w]) {
        recomputing([x]) { body($0[0]) }.sin().sum()
      }.gradients[0]
      return gradient.scalars[0]
    }
    let sums = kernels.entries.filter { $0.kernel.contains("cumulativeSum") }
    #expect(sums.reduce(0) { $0 + $1.calls } > 6, "nothing was computed again: \(kernels)")
  }

  @Test func `Jacobians, their products and Hessians agree with each other`() {
    let x = Tensor([0.3, -0.7, 1.1] as [Double])
    func f(_ x: Tensor) -> Tensor { (x * x.cumulativeSum(along: 0)).sin() }
    let full = jacobian(at: x, f)
    #expect(full.shape == [3, 3])
    let v = Tensor([1, -2, 0.5] as [Double])
    let pulled = vectorJacobianProduct(at: [x], v) { f($0[0]) }
    #expect(pulled.products[0].isClose(to: v.matmul(full), relative: 1e-12, absolute: 1e-13))
    let pushed = jacobianVectorProduct(at: x, v, f)
    #expect(pushed.product.isClose(to: full.matmul(v), relative: 1e-12, absolute: 1e-13))
    let second = hessian(at: x) { f($0).sum() }
    #expect(second.isClose(to: second.transposed(), relative: 1e-12, absolute: 1e-13))
    let product = hessianVectorProduct(at: x, v) { f($0).sum() }
    #expect(product.isClose(to: second.matmul(v), relative: 1e-12, absolute: 1e-13))
  }
}

@Suite struct RandomnessDecisionTests {
  @Test func `a key is fixed when the operation is recorded`() {
    let source = RandomSource(seed: 7)
    let a = Tensor.randomUniform([4], using: source)
    let b = Tensor.randomUniform([4], using: source)
    let later = b.scalars
    #expect(a.scalars != later)
    let again = RandomSource(seed: 7)
    #expect(Tensor.randomUniform([4], using: again).scalars == a.scalars)
    #expect(Tensor.randomUniform([4], using: again).scalars == later)
  }

  @Test func `a key is an input of the plan and never merged with its like`() {
    let source = RandomSource(seed: 3)
    let sum =
      Tensor.randomUniform([100], using: source) - Tensor.randomUniform([100], using: source)
    #expect(sum.scalars.contains { $0 != 0 })
    func draw() -> [Float] { Tensor.randomNormal([33], using: source).scalars }
    _ = draw()
    let made = PlanKey(snapshot(of: Tensor.randomNormal([33], using: source)))
    #expect(made == PlanKey(snapshot(of: Tensor.randomNormal([33], using: source))))
  }

  @Test func `recomputation reuses the numbers`() {
    let x = Tensor.ones([1000])
    let found = withRandomSeed(5) {
      valueAndGradient(at: x) { x in
        recomputing([x]) { x in x[0] * Tensor.randomUniform([1000]) }.sum()
      }
    }
    // The gradient is the random factor itself, the value their sum.
    #expect(abs(found.gradient.sum().item() - found.value.item()) < 1e-2)
  }

  @Test func `recomputation reuses the numbers of a source that is named`() {
    let source = RandomSource(seed: 5)
    let found = valueAndGradient(at: Tensor.ones([1000])) { x in
      recomputing([x]) { x in x[0] * Tensor.randomUniform([1000], using: source) }.sum()
    }
    #expect(abs(found.gradient.sum().item() - found.value.item()) < 1e-2)
    #expect(source.draws == 1, "the source moves on once")
    #expect(source.makeSource().seed == RandomSource(seed: 5, draws: 1).makeSource().seed)
  }

  @Test func `nested recomputation reuses the numbers of all sources, to any order`() {
    func value(_ x: Tensor, _ source: RandomSource, recomputes: Bool) -> Tensor {
      func draw(_ source: RandomSource?) -> Tensor {
        .randomNormal([50], dtype: .float64, using: source)
      }
      nonisolated(unsafe) let draw = draw
      let inner: @Sendable ([Tensor]) -> Tensor = { x in
        (x[0] * draw(source)).sin() * draw(nil) * draw(source.makeSource())
      }
      let outer: @Sendable ([Tensor]) -> Tensor = { x in
        let first = x[0] * draw(source)
        let second = recomputes ? recomputing([first], inner) : inner([first])
        return second * draw(source) + second.square() * draw(nil)
      }
      return (recomputes ? recomputing([x], outer) : outer([x])).sum()
    }
    let x = Tensor.linspace(from: -1, to: 2, count: 50, dtype: .float64)
    func results(recomputes: Bool) -> ([Tensor], UInt64) {
      let source = RandomSource(seed: 8)
      let found = withRandomSeed(9) {
        let first = valueAndGradient(at: x) { value($0, source, recomputes: recomputes) }
        let second = hessianVectorProduct(at: x, .ones([50], dtype: .float64)) {
          value($0, source, recomputes: recomputes)
        }
        return [first.value, first.gradient, second, draw()]
      }
      return (found, source.draws)
    }
    func draw() -> Tensor { .randomUniform([3], dtype: .float64) }
    let (plain, plainDraws) = results(recomputes: false)
    let (thrifty, thriftyDraws) = results(recomputes: true)
    for (a, b) in zip(plain, thrifty) {
      #expect(a.isClose(to: b, relative: 1e-12, absolute: 1e-14))
    }
    #expect(plainDraws == 8 && thriftyDraws == 8)
  }

  @Test func `a seed makes a program reproducible`() {
    func program() -> [Float] {
      withRandomSeed(11) {
        (Tensor.randomNormal([5, 5]).matmul(Tensor.randomUniform([5, 5]))).scalars
      }
    }
    #expect(program() == program())
  }
}

/// What an evaluation of one tensor would plan.
func snapshot(of tensor: Tensor) -> Snapshot { Evaluation.snapshot(of: tensor.node) }
