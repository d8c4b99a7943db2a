import Foundation
import Testing

@testable import MartletTensors

@Suite struct PlanKeyDecisionTests {
  private func key(_ tensor: Tensor) -> PlanKey { PlanKey(snapshot(of: tensor)) }

  @Test func `float scalars are inputs of the plan`() {
    let x = Tensor([1, 2] as [Float])
    #expect(key(x * 0.1) == key(x * 0.2))
    #expect((x * 0.1).scalars == [0.1, 0.2] && (x * 0.2).scalars == [0.2, 0.4])
  }

  @Test func `wiring, aliasing, types, attributes and outputs are in the key`() {
    let x = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let y = Tensor([4, 3, 2, 1] as [Float], shape: [2, 2])
    let keys = [
      key(x * y), key(x * x), key(x + y), key((x * y).transposed()), key(x * y * y),
      key(x.cast(to: .float64)), key(x.cast(to: .int32)), key(x.sum(along: 0)),
      key(x.sum(along: 1)), key(x.reshaped(to: [4]) * y.reshaped(to: [4])), key(x - y),
      key(x.softmax()), key(x.logSoftmax()),
    ]
    #expect(Set(keys).count == keys.count)
    // `x - y` and `y - x` are the same graph of two leaves.
    #expect(key(x - y) == key(y - x))
    #expect((x - y).scalars == [-3, -1, 1, 3] && (y - x).scalars == [3, 1, -1, -3])
  }

  @Test func `settings are in the key`() {
    let x = Tensor([1, 2] as [Float])
    func key() -> PlanKey { self.key(x.exp() * 2) }
    // The process may have been told to do without.
    Recorder.with(\.winograd, true) {
      let keys = [
        withThreads(1) { key() }, withThreads(2) { key() },
        withThreads(2) { withoutFusion { key() } }, withThreads(2) { withoutWinograd { key() } },
      ]
      #expect(Set(keys).count == keys.count)
      #expect(withThreads(2) { key() } == keys[1])
    }
  }

  @Test func `the second step of a loop finds its plan made`() {
    let x = Tensor([1, 2, 3] as [Float])
    func step(_ k: Double) -> Float { ((x * k).exp().sum() / k).scalars[0] }
    _ = step(0.5)
    let snapshot1 = snapshot(of: (x * 0.7).exp().sum() / 0.7)
    #expect(PlanCache.shared.plan(for: snapshot1) === PlanCache.shared.plan(for: snapshot1))
  }

  @Test func `the cache is bounded by bytes, least recently used first`() {
    let cache = PlanCache(byteLimit: 40_000)
    let x = Tensor([1, 2, 3] as [Float])
    func plan(_ length: Int) -> Plan {
      var y = x
      for _ in 0..<length { y = y.cumulativeSum(along: 0) }
      return cache.plan(for: snapshot(of: y))
    }
    let first = plan(1)
    for length in 2...40 {
      _ = plan(length)
      #expect(plan(1) === first, "what is used stays")
      #expect(cache.statistics.byteCount <= 40_000)
    }
    #expect(cache.statistics.count < 40)
    let small = PlanCache(byteLimit: 0)
    _ = small.plan(for: snapshot(of: x + 1))
    #expect(small.statistics.count == 0)
  }

  @Test func `the pieces of a long graph share their plans`() {
    var y = Tensor([0.5, -2] as [Float])
    for _ in 0..<8 * Evaluation.pieceLimit { y = -y }
    let (values, profile) = Profile.take { y.scalars }
    #expect(values == [0.5, -2])
    #expect(profile.plansMade <= 2, "eight pieces, alike but for the last")
  }
}

@Suite struct FusionDecisionTests {
  /// What a random graph begins with.
  private func leaves(_ seed: UInt64, side n: Int = 6) -> [Tensor] {
    var random = SplitMix(state: ~seed)
    return [[n, n], [n, n], [n], [n, 1]].map { shape in
      Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.unit() * 2 - 1) }, shape: shape)
    }
  }

  /// A random graph of elementwise operations, views, reductions, products and draws.
  private func program(_ seed: UInt64, side n: Int = 6) -> [Tensor] {
    program(seed, on: leaves(seed, side: n))
  }

  private func program(_ seed: UInt64, on leaves: [Tensor]) -> [Tensor] {
    let n = leaves[0].shape[0]
    var random = SplitMix(state: seed)
    let source = RandomSource(seed: seed)
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    var pool = leaves
    for _ in 0..<40 {
      let (a, b) = (pool[pick(pool.count)], pool[pick(pool.count)])
      func whole(_ x: Tensor) -> Tensor { x.broadcast(to: [n, n]) }
      let next: Tensor
      switch pick(16) {
      case 0: next = a + b
      case 1: next = a * b
      case 2: next = a - b * 0.5
      case 3: next = a.tanh()
      case 4: next = a.sigmoid() + b.abs()
      case 5: next = whole(a).transposed()
      case 6: next = whole(a).sum(along: 1, keepingDimensions: true) * 0.1
      case 7: next = whole(a).matmul(whole(b)) * 0.2
      case 8: next = whole(a).reshaped(to: [n * n / 4, 4]).reshaped(to: [n, n])
      case 9: next = a.relu().maximum(b)
      case 10: next = Tensor.where(a .> b, a, b * 0.3)
      case 11: next = (whole(a) - whole(b).mean(along: 0)).square().mean(along: 0)
      case 12: next = (whole(a) * b).sum(along: 0, keepingDimensions: true) * 0.1
      case 13:
        next = .where(.randomBernoulli([n, n], probability: 0.7, using: source), a * 1.4, b)
      case 14: next = (Tensor.stack([whole(a), whole(b)]) - whole(b) * 0.5).mean(along: 0)
      default: next = whole(a).mean(along: 0)
      }
      pool.append(next)
    }
    return pool
  }

  /// The last tensors of a program, of which the others are asked for by nobody.
  private func bits(_ tensors: some Sequence<Tensor>) -> [[UInt32]] {
    tensors.map { $0.scalars.map(\.bitPattern) }
  }

  @Test func `fusion never changes bits`() {
    for seed in 0..<150 as Range<UInt64> {
      let fused = bits(program(seed))
      let plain = withoutFusion { bits(program(seed)) }
      // One root at a time, in another order.
      let alone = bits(program(seed).reversed()).reversed() as [[UInt32]]
      #expect(fused == plain, "seed \(seed)")
      #expect(fused == alone, "seed \(seed)")
    }
  }

  @Test func `fusion never changes the bits of gradients`() {
    for seed in 0..<150 as Range<UInt64> {
      func gradients() -> [Tensor] {
        // Leaves that nobody else holds: their memory is given away.
        let (value, gradients) = valueAndGradient(at: leaves(seed)) { leaves -> Tensor in
          var loss = Tensor(0)
          for result in program(seed, on: leaves).suffix(3) { loss += (result * 0.5).tanh().sum() }
          return loss
        }
        return [value] + gradients
      }
      let fused = bits(gradients())
      #expect(fused == withoutFusion { bits(gradients()) }, "seed \(seed)")
    }
  }

  @Test func `computing a value again where it is read never changes bits`() {
    for seed in 0..<40 as Range<UInt64> {
      let fused = bits(program(seed, side: 128).suffix(3))
      let plain = withoutFusion { bits(program(seed, side: 128).suffix(3)) }
      #expect(fused == plain, "seed \(seed)")
    }
  }

  @Test func `a chain is one kernel, a product takes its neighbours along`() {
    let x = Tensor.ones([32, 784]).evaluated()
    let (w, b) = (Tensor.ones([784, 10]).evaluated(), Tensor.ones([10]).evaluated())
    #expect((x * 2 + 1).tanh().plan.steps.count == 1)
    let product = Tensor.promisesBits ? "matmul" : "matmul[\(Tensor.matrixBackend)]"
    #expect((x.matmul(w) + b).relu().plan.steps.map(\.label) == ["\(product)·add·relu"])
    #expect((x.square() * 3).sum().plan.steps[0].label == "square·multiply·sum")
    #expect(x.transposed().matmul(x).plan.steps.count == 1, "transposes are flags")
    #expect(withoutFusion { (x * 2 + 1).tanh().plan.steps.count } == 3)
    let text = (x.matmul(w) + b).relu().plan.description
    #expect(text.contains("\(product)·add·relu") && text.contains("[32, 784] × [784, 10]"))
    #expect(text.contains("arena"))
  }

  @Test func `the gradient of a pool goes on through relu's`() {
    var random = SplitMix(state: 5)
    for dtype in [DType.float32, .float64] {
      for side in [6, 7] {
        let count = 3 * side * side * 5
        let values = (0..<count).map { _ in Float(random.unit() * 2 - 1) }
        let x = Tensor(values, shape: [3, side, side, 5]).cast(to: dtype).evaluated()
        func slope() -> Tensor {
          gradient(at: x) { $0.relu().maxPooled(over: 2, padding: .same).square().sum() }
        }
        #expect(slope().plan.steps.contains { $0.label == "maxPoolGradient·reluGradient" })
        let fused = slope().cast(to: .float32).scalars.map(\.bitPattern)
        #expect(fused == withoutFusion { slope().cast(to: .float32).scalars.map(\.bitPattern) })
        #expect(Set(fused).count > 2)
        // Somebody else reads what the pool gives back: then it is computed by itself.
        let both = gradient(at: x) {
          let y = $0.relu()
          return y.maxPooled(over: 2, padding: .same).square().sum() + y.square().sum()
        }
        #expect(!both.plan.steps.contains { $0.label == "maxPoolGradient·reluGradient" })
      }
    }
  }

  @Test func `an optimizer's equations are one kernel`() {
    // Adam (Kingma and Ba, 2015, algorithm 1), in place over its three buffers.
    let shape = [1000]
    let (p, m, v) = (
      Variable(Tensor.ones(shape).evaluated()), Variable(Tensor.zeros(shape).evaluated()),
      Variable(Tensor.zeros(shape).evaluated())
    )
    let g = Tensor.full(shape, 0.1).evaluated()
    let (_, profile) = Profile.take {
      m.assign(m.value * 0.9 + g * 0.1)
      v.assign(v.value * 0.999 + g.square() * 0.001)
      p.assign(p.value - m.value / 0.1 * 1e-3 / ((v.value / 0.001).sqrt() + 1e-7))
      _ = p.value.evaluated()
    }
    #expect(profile.kernelCount == 1, "\(profile)")
    #expect(abs(p.value.scalars[0] - 0.999) < 1e-6)
  }

  @Test func `an output in the memory of a leaf is not overwritten`() {
    func step() -> [[Float]] {
      let (w, m) = (Variable(Tensor([1, -2, 3])), Variable(Tensor([0, 0, 0])))
      let g = Tensor([0.5, 0.25, 0.125]).evaluated()
      do {
        // The mean goes where the old one was; half of it must not go there too.
        let mean = m.value + (g - m.value) * 0.5
        w.assign(w.value - mean * 0.25)
        m.assign(mean)
      }
      _ = w.value.evaluated()
      return [w.value.scalars, m.value.scalars]
    }
    let expected: [[Float]] = [[0.9375, -2.03125, 2.984375], [0.25, 0.125, 0.0625]]
    #expect(step() == expected)
    #expect(withoutFusion(step) == expected)
  }

  @Test func `denormals are kept`() {
    let tiny = Tensor([0x1p-133, -0x1p-138, 0x1p-149] as [Float])
    #expect((tiny + 0).scalars == [0x1p-133, -0x1p-138, 0x1p-149])
    #expect((tiny * 0.5).scalars[0] == 0x1p-134)
    #expect(tiny.reshaped(to: [1, 3]).matmul(Tensor.ones([3, 1])).scalars[0] != 0)
  }

  @Test func `buffers share memory over their lives`() {
    var y = Tensor.ones([1000, 10]).evaluated()
    for _ in 0..<20 { y = y.cumulativeSum(along: 0) * 0.5 }
    let one = 1000 * 10 * 4
    #expect(y.sum().plan.arenaBytes <= 3 * one + 4096)
  }
}

@Suite(.serialized) struct DeterminismDecisionTests {
  private func hash(_ tensors: [Tensor]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for tensor in tensors {
      tensor.withElements(of: Float.self) { elements in
        for element in elements {
          hash = (hash ^ UInt64(element.bitPattern)) &* 0x100_0000_01b3
        }
      }
    }
    return hash
  }

  private func perceptron() -> UInt64 {
    let random = RandomSource(seed: 1)
    let x = Tensor.randomUniform([200, 64], using: random)
    let labels = Tensor.randomIntegers([200], in: 0..<10, using: random)
    let weights = [
      Variable(Tensor.randomNormal([64, 96], using: random) * 0.1), Variable(Tensor.zeros([96])),
      Variable(Tensor.randomNormal([96, 10], using: random) * 0.1), Variable(Tensor.zeros([10])),
    ]
    for _ in 0..<200 {
      let (_, gradients) = valueAndGradient(of: weights) {
        let h = (x.matmul(weights[0].value) + weights[1].value).relu()
        let dropped =
          h
          * Tensor.randomBernoulli(h.shape, probability: 0.9, using: random)
          .cast(to: .float32)
        return Tensor.crossEntropy(
          logits: dropped.matmul(weights[2].value) + weights[3].value, labels: labels
        ).mean()
      }
      for (weight, gradient) in zip(weights, gradients) {
        weight.assign(weight.value - gradient * 0.1)
      }
    }
    return hash(weights.map(\.value))
  }

  private func convolutional() -> UInt64 {
    let random = RandomSource(seed: 2)
    // From 16 images on lanes run along them; from 32 channels on both sides and 6 × 6
    // pixels on, Winograd's way is taken.
    let x = Tensor.randomUniform([32, 10, 10, 3], using: random)
    let labels = Tensor.randomIntegers([32], in: 0..<5, using: random)
    let weights = [
      Variable(Tensor.randomNormal([5, 5, 3, 32], using: random) * 0.1),
      Variable(Tensor.randomNormal([3, 3, 32, 32], using: random) * 0.1),
      Variable(Tensor.randomNormal([288, 5], using: random) * 0.1),
    ]
    for _ in 0..<200 {
      let (_, gradients) = valueAndGradient(of: weights) {
        let h = x.convolved(with: weights[0].value).relu()
        let k = h.convolved(with: weights[1].value, padding: .same).tanh().maxPooled(over: 2)
        return Tensor.crossEntropy(
          logits: k.reshaped(to: [32, -1]).matmul(weights[2].value), labels: labels
        ).mean()
      }
      for (weight, gradient) in zip(weights, gradients) {
        weight.assign(weight.value - gradient * 0.05)
      }
    }
    return hash(weights.map(\.value))
  }

  private func recurrent() -> UInt64 {
    let random = RandomSource(seed: 3)
    let x = Tensor.randomNormal([37, 9, 6], using: random)
    let kernels = [(4, ScannedCell.Kind.lstm), (3, .gru), (1, .simple)].map { gates, kind in
      (
        ScannedCell(kind), Variable(Tensor.randomNormal([6, gates * 40], using: random) * 0.3),
        Variable(Tensor.randomNormal([40, gates * 40], using: random) * 0.2)
      )
    }
    for (cell, input, state) in kernels {
      for _ in 0..<20 {
        let (_, gradients) = valueAndGradient(of: [input, state]) {
          x.scanned(by: cell, kernel: input.value, recurrentKernel: state.value)
            .outputs.square().mean()
        }
        for (weight, gradient) in zip([input, state], gradients) {
          weight.assign(weight.value - gradient)
        }
      }
    }
    return hash(kernels.flatMap { [$0.1.value, $0.2.value] })
  }

  @Test(.enabled(if: Tensor.promisesBits, "external BLAS libraries promise no equal bits"))
  func `one hash for every number of threads and every run`() {
    var hashes: (Set<UInt64>, Set<UInt64>, Set<UInt64>) = ([], [], [])
    for threads in [1, 2, 3, 4, 7] {
      withThreads(threads) {
        for _ in 0..<3 {
          hashes.0.insert(perceptron())
          hashes.1.insert(convolutional())
          hashes.2.insert(recurrent())
        }
      }
    }
    #expect(hashes.0.count == 1 && hashes.1.count == 1 && hashes.2.count == 1)
    Recorder.with(\.winograd, true) {
      let (_, profile) = Profile.take { _ = convolutional() }
      #expect(profile.entries.contains { $0.sizes.contains("in squares of") }, "\(profile)")
    }
  }

  @Test(.enabled(if: Tensor.promisesBits, "external BLAS libraries promise no equal bits"))
  func `a row of a batch gives the same bits alone and in company`() {
    let random = RandomSource(seed: 4)
    let x = Tensor.randomUniform([64, 12, 12, 3], using: random).evaluated()
    let k = Tensor.randomNormal([3, 3, 3, 20], using: random).evaluated()
    let w = Tensor.randomNormal([500, 33], using: random).evaluated()
    func f(_ x: Tensor) -> Tensor {
      let h = x.convolved(with: k).relu().averagePooled(over: 2)
      return h.reshaped(to: [x.shape[0], -1]).matmul(w).softmax()
    }
    let whole = f(x).scalars
    for size in [1, 2, 3, 7, 32] {
      let part = f(x[0..<size]).scalars
      #expect(part.map(\.bitPattern) == whole.prefix(size * 33).map(\.bitPattern), "\(size) rows")
    }
  }

  @Test(.enabled(if: Tensor.promisesBits, "external BLAS libraries promise no equal bits"))
  func `a sequence gives the same bits alone and in company`() {
    let random = RandomSource(seed: 5)
    let x = Tensor.randomNormal([19, 6, 50], using: random).evaluated()
    for (gates, kind) in [(4, ScannedCell.Kind.lstm), (3, .gru), (1, .simple)] {
      let kernel = Tensor.randomNormal([50, gates * 21], using: random).evaluated()
      let state = (Tensor.randomNormal([21, gates * 21], using: random) * 0.2).evaluated()
      func f(_ x: Tensor) -> [UInt32] {
        x.scanned(by: ScannedCell(kind), kernel: kernel, recurrentKernel: state)
          .outputs.scalars.map(\.bitPattern)
      }
      let whole = f(x)
      for size in [1, 2, 7, 8, 13] {
        #expect(f(x[0..<size]) == Array(whole.prefix(size * 6 * 21)), "\(kind), \(size) of them")
      }
    }
  }

  @Test func `two tasks may ask for the same tensor, whose leaf nobody holds`() async {
    let expected = (Tensor.arange(5000, dtype: .float32) * 2 + 1).scalars
    for _ in 0..<100 {
      // The first evaluation may overwrite the leaf; the second has to wait for its result.
      let pending: Tensor
      do {
        let leaf = Tensor.arange(5000, dtype: .float32).evaluated()
        pending = leaf * 2 + 1
      }
      await withTaskGroup(of: [Float].self) { group in
        for _ in 0..<4 { group.addTask { pending.scalars } }
        for await found in group { #expect(found == expected) }
      }
    }
  }

  @Test func `two plans at once give the same bits`() async {
    let random = RandomSource(seed: 9)
    let a = Tensor.randomUniform([256, 256], using: random).evaluated()
    let expected = hash([a.matmul(a).tanh().matmul(a)])
    await withTaskGroup(of: UInt64.self) { group in
      for _ in 0..<16 { group.addTask { self.hash([a.matmul(a).tanh().matmul(a)]) } }
      for await found in group { #expect(found == expected) }
    }
  }
}

extension Tensor {
  /// Whether products promise equal bits: those of the built-in kernels do.
  static var promisesBits: Bool {
    #if OpenBLAS || canImport(Accelerate)
      false
    #else
      true
    #endif
  }
}
