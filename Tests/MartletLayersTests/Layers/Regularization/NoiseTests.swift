import Testing

@testable import MartletLayers
@testable import MartletTensors

@Suite("Noise")
struct NoiseTests {
  static let count = 40_000
  static let ones = Tensor.ones([200, 200])

  @Test("At inference and at rate 0 everything passes")
  func passes() {
    let layers: [Layer] = [
      Dropout(0.5), SpatialDropout1D(0.5), GaussianNoise(0.5), GaussianDropout(0.5),
      AlphaDropout(0.5),
    ]
    let x = Tensor.randomNormal([4, 5, 3])
    for layer in layers { #expect(layer(x).isEqual(to: x)) }
    for layer: Layer in [Dropout(0), SpatialDropout1D(0), GaussianNoise(0), AlphaDropout(0)] {
      #expect(layer(x, training: true).isEqual(to: x))
    }
  }

  @Test("Recomputed for the gradient, a layer keeps its mask")
  func recomputed() {
    nonisolated(unsafe) let layer = Dropout(0.5, seed: 3)
    let found = valueAndGradient(at: Self.ones) { x in
      recomputing([x]) { layer($0[0], training: true) }.sum()
    }
    // The layer is linear in what it keeps.
    #expect(found.gradient.sum().item() == found.value.item())
    let kept = Dropout(0.5, seed: 3)(Self.ones, training: true)
    #expect(found.gradient.isEqual(to: kept))
  }

  /// Mean and deviation, each within five standard errors of what it should be.
  private func expect(_ x: Tensor, mean: Double, deviation: Double) {
    let found = (x.mean().item(), x.standardDeviation().item())
    #expect(abs(found.0 - mean) < 5 * deviation / Double(Self.count).squareRoot(), "\(found)")
    #expect(abs(found.1 - deviation) < 0.03 * max(deviation, 1), "\(found)")
  }

  @Test("Means stay, and deviations are those of Keras' formulas")
  func statistics() {
    expect(
      Dropout(0.25, seed: 1)(Self.ones, training: true), mean: 1, deviation: (1.0 / 3).squareRoot())
    expect(
      GaussianDropout(0.25, seed: 1)(Self.ones, training: true), mean: 1,
      deviation: (1.0 / 3).squareRoot())
    expect(GaussianNoise(0.5, seed: 1)(Self.ones, training: true), mean: 1, deviation: 0.5)
    let x = Tensor.randomNormal([200, 200], using: RandomSource(seed: 5))
    expect(AlphaDropout(0.3, seed: 1)(x, training: true), mean: 0, deviation: 1)
  }

  @Test("Dropped elements are 0, kept ones 1 / (1 − rate), alpha dropout's have two values")
  func values() {
    let dropped = Set(Dropout(0.2, seed: 1)(Self.ones, training: true).scalars)
    #expect(dropped == [0, 1.25])
    // a · 1 + b and a · (−1.7580993) + b with rate 0.2: a = 0.8789036, b = 0.3090400.
    let alpha = AlphaDropout(0.2, seed: 1)(Self.ones, training: true)
    let found = Set(alpha.scalars).sorted()
    #expect(found.count == 2)
    #expect(abs(found[0] + 1.2361598) < 1e-5 && abs(found[1] - 1.1879435) < 1e-5)
  }

  @Test("Spatial dropout drops whole channels")
  func channels() {
    let x = Tensor.ones([8, 4, 4, 32])
    let y = SpatialDropout2D(0.5, seed: 2)(x, training: true)
    let sums = y.sum(along: [1, 2]).scalars
    #expect(Set(sums) == [0, 32])
    #expect(
      Set(
        SpatialDropout3D(0.5, seed: 2)(x.expandingDimensions(at: 1), training: true)
          .sum(along: [1, 2, 3]).scalars) == [0, 32])
  }

  @Test("A seed gives the same noise again; without one the program's seed does")
  func seeds() {
    let x = Tensor.ones([4, 4])
    for make: () -> Layer in [
      { GaussianNoise(0.5, seed: 4) }, { GaussianDropout(0.5, seed: 4) },
      { AlphaDropout(0.5, seed: 4) }, { SpatialDropout1D(0.5, seed: 4) },
    ] {
      let shape: Shape = make() is SpatialDropout1D ? [4, 2, 4] : [4, 4]
      let x = Tensor.ones(shape)
      let (a, b) = (make(), make())
      let first = a(x, training: true)
      #expect(first.isEqual(to: b(x, training: true)))
      #expect(!first.isEqual(to: a(x, training: true)))
      #expect(a.randomSources.count == 1)
    }
    func seeded() -> Tensor { withRandomSeed(9) { GaussianNoise(0.5)(x, training: true) } }
    #expect(seeded().isEqual(to: seeded()))
  }

  @Test("Activity regularization adds l1 and l2 terms divided by the batch size")
  func activity() {
    let context = CallContext()
    let layer = ActivityRegularization(l1: 0.5, l2: 0.25)
    _ = layer(Tensor([[1.0, -2], [3, 0]]), context)
    #expect(context.losses.map { $0.item() } == [(0.5 * 6 + 0.25 * 14) / 2])
  }
}
