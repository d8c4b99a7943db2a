import Testing

@testable import MartletTensors

/// What passes over memory a plan saves.
@Suite struct SharedPassTests {
  private let x = Tensor.ones([64, 512]).evaluated()
  private let w = Tensor.ones([512, 8]).evaluated()

  private func labels(_ tensor: Tensor) -> [String] { tensor.plan.steps.map(\.label) }

  @Test func `what is cheap to compute is computed by each kernel that reads it`() {
    let distances = x - x.mean(along: 0)
    let y = distances * distances.square().sum(along: 0).rsqrt()
    #expect(labels(y).contains("subtract·square·sum"))
    #expect(labels(y).contains("subtract·multiply"))
    // Small values stay in the cache.
    let few = x[0..<8] - x[0..<8].mean(along: 0)
    #expect(!labels(few * few.square().sum(along: 0).rsqrt()).contains("subtract·multiply"))
  }

  @Test func `what is stretched where it is read is kept`() {
    let numbers = (0..<20_000).map { Float($0) }
    let column = Tensor(numbers, shape: [20_000, 1]).evaluated()
    let plane = Tensor.ones([20_000, 3]).evaluated()
    let space = Tensor.ones([2, 64, 512]).evaluated()
    #expect(labels(column * 2 + plane) == ["multiply", "add"])
    let sum = column * 2 + plane
    #expect(sum.scalars == numbers.flatMap { [Float](repeating: 2 * $0 + 1, count: 3) })
    #expect((x * 2 + space).scalars == [Float](repeating: 3, count: 65_536))
  }

  @Test func `what is dear to compute is kept`() {
    let y = (x - x.mean(along: 0)).exp()
    #expect(labels(y / y.sum(along: 0)).count { $0.contains("exp") } == 1)
  }

  @Test func `sums over the same elements take one pass`() {
    let y = x.square()
    #expect(
      labels(y.sum(along: 0) + (y * x).sum(along: 0))
        == ["square·multiply·sum·sum", "add"])
    let z = x.cumulativeSum(along: 0)
    #expect(
      labels(z.sum(along: 0) + (z.square() * 2).sum(along: 0)).contains {
        $0.hasSuffix("multiply·sum·sum")
      })
    // Rows and columns are walked in different ways.
    #expect(!labels(y.sum() + (y * x).sum(along: 0).sum()).contains { $0.hasSuffix("sum·sum") })
  }

  @Test func `what a pass reduces as it is stays until then`() {
    // Nobody else holds what is summed: the product could lie in its place.
    func pass() -> [Tensor] {
      let z = x.cumulativeSum(along: 0)
      let y = z * 2
      return [y, z.sum(), y.sum()]
    }
    let (results, profile) = Profile.take { pass().map { $0.evaluated() } }
    #expect(results[0].max().item() == 128)
    #expect(results[1].item() == 512 * 64 * 65 / 2)
    #expect(results[2].item() == 512 * 64 * 65)
    #expect(profile.entries.contains { $0.kernel == "multiply·sum·sum" })
  }

  @Test func `a sum takes along what others read as well`() {
    let y = (x * 2).tanh()
    let labels = labels(y.sum(along: 0)[0..<8] + y.matmul(w).sum(along: 0))
    #expect(labels[0] == "multiply·tanh·sum", "\(labels)")
    // Where its order is not that of memory, it reads what is written.
    let z = x.reshaped(to: [64, 16, 32]).tanh()
    let sums = z.sum(along: [0, 2])[0] + z.reshaped(to: [1024, 32]).matmul(w[0..<32]).sum()
    #expect(sums.plan.steps.contains { $0.label == "tanh" })
  }

  @Test func `a mask is drawn where it is used`() {
    func dropped(_ x: Tensor) -> Tensor {
      let kept = Tensor.randomBernoulli(
        x.shape, probability: 0.7, using: RandomSource(seed: 5))
      return .where(kept, x * 1.4, .zeros([]))
    }
    #expect(labels(dropped(x)) == ["random·multiply·where"])
    #expect(labels(dropped(x.matmul(w))).contains("bernoulli"), "behind a product it is read")
    let mask = Tensor.randomBernoulli(
      [64, 512], probability: 0.7, using: RandomSource(seed: 5))
    #expect(dropped(x).scalars == mask.cast(to: .float32).scalars.map { $0 * Float(1.4) })
  }
}
