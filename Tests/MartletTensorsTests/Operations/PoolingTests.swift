import Testing

@testable import MartletTensors

@Suite struct PoolingTests {
  /// The 4 × 4 image of a course's slides.
  private let image = Tensor(
    [1, 3, 6, 4, 2, 2, 0, 4, 5, 0, 1, 4, 4, 4, 1, 3] as [Float], shape: [1, 4, 4, 1])

  @Test func `the examples of the course`() {
    #expect(image.maxPooled(over: 2, strides: 1).scalars == [3, 6, 6, 5, 2, 4, 5, 4, 4])
    #expect(
      image.averagePooled(over: 2, strides: 1).scalars
        == [2, 2.75, 3.5, 2.25, 0.75, 2.25, 3.25, 1.5, 2.25])
    #expect(image.maxPooled(over: 2).scalars == [3, 6, 5, 4])
    #expect(image.averagePooled(over: 2).scalars == [2, 3.5, 3.25, 2.25])
  }

  @Test func `the gradients of the course's examples`() {
    let largest = gradient { $0.maxPooled(over: 2, strides: 1).sum() }(image)
    #expect(largest.scalars == [0, 1, 2, 0, 0, 1, 0, 1, 2, 0, 0, 1, 0, 1, 0, 0])
    let mean = gradient { $0.averagePooled(over: 2, strides: 1).sum() }(image)
    #expect(
      mean.scalars == [
        0.25, 0.5, 0.5, 0.25, 0.5, 1, 1, 0.5, 0.5, 1, 1, 0.5, 0.25, 0.5, 0.5, 0.25,
      ])
  }

  @Test func `the first maximum wins ties`() {
    let flat = Tensor.ones([1, 4, 1])
    #expect(gradient { $0.maxPooled(over: 2).sum() }(flat).scalars == [1, 0, 1, 0])
    #expect(gradient { $0.maxPooled(over: 3, strides: 1).sum() }(flat).scalars == [1, 1, 0, 0])
  }

  /// With y the maxima: ∇Σy⁴ = 4y³ at their places, ∇Σ(x · that) = 16y³, and once more 64y³.
  @Test func `max pooling differentiates any number of times`() {
    let power = gradient { $0.maxPooled(over: 2).square().square().sum() }
    let second = gradient { (power($0) * $0).sum() }
    let third = gradient { (second($0) * $0).sum() }
    let x = Tensor([1, 2, 5, 3, -3, -4] as [Double], shape: [1, 6, 1])
    #expect(third(x).scalars == [0, 512, 8000, 0, -1728, 0])
  }

  @Test func `a NaN wins, and takes the gradient`() {
    let x = Tensor([1, .nan, 3, .infinity, -.infinity, -.infinity] as [Float], shape: [1, 6, 1])
    let y = x.maxPooled(over: 2).scalars
    #expect(y[0].isNaN)
    #expect(y[1...] == [.infinity, -.infinity])
    #expect(gradient { $0.maxPooled(over: 2).sum() }(x).scalars == [0, 1, 0, 1, 1, 0])
    #expect(x.averagePooled(over: 2).scalars[0].isNaN)
    #expect(x.averagePooled(over: 2).scalars[1...] == [.infinity, -.infinity])
  }

  @Test func `outside does not count`() {
    let negative = Tensor([-1, -2, -3] as [Float], shape: [1, 3, 1])
    #expect(negative.maxPooled(over: 2, padding: .same).scalars == [-1, -3])
    #expect(negative.averagePooled(over: 2, padding: .same).scalars == [-1.5, -3])
    let padding = Padding.explicit([(1, 1)])
    #expect(negative.maxPooled(over: 2, strides: 1, padding: padding).scalars == [-1, -1, -2, -3])
    #expect(
      negative.averagePooled(over: 2, strides: 1, padding: padding).scalars == [-1, -1.5, -2.5, -3])
    #expect(
      negative.averagePooled(over: 2, strides: 1, padding: padding, countingOutside: true).scalars
        == [-0.5, -1.5, -2.5, -1.5])
  }

  @Test(arguments: [DType.float32, .float64])
  func `pooling is that of plain loops`(dtype: DType) {
    var random = SplitMix(state: 11)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    var seen = 0
    while seen < 120 {
      let axes = pick(1...3)
      var plain = PlainWindows(
        image: (0..<axes).map { _ in pick(1...(axes == 1 ? 31 : axes == 2 ? 9 : 5)) },
        window: (0..<axes).map { _ in pick(1...4) }, strides: (0..<axes).map { _ in pick(1...4) },
        dilations: [Int](repeating: 1, count: axes))
      plain.batch = pick(1...3)
      plain.channels = pick(0...2) == 0 ? pick(15...70) : pick(1...4)
      plain.filters = plain.channels
      if pick(0...1) == 0 { plain.padding = .same }
      if pick(0...2) == 0 {
        plain.padding = .explicit(plain.window.map { (pick(0...($0 - 1)), pick(0...($0 - 1))) })
      }
      let fits = zip(plain.image, plain.window).allSatisfy(>=)
      guard fits || plain.padding == .same else { continue }
      seen += 1
      // Few different numbers: ties.
      let x = (0..<plain.xShape.elementCount).map { _ in Double(pick(-3...3)) }
      let dy = (0..<plain.yShape.elementCount).map { _ in Double(pick(-9...9)) }
      let (pixels, windows) = (plain.image.reduce(1, *), plain.counts.reduce(1, *))
      var largest = dy.map { _ in -Double.infinity }
      var position = dy.map { _ in -1 }
      var sum = dy.map { _ in 0.0 }
      var inside = sum
      plain.forEach { window, _, pixel in
        guard let pixel else { return }
        for n in 0..<plain.batch {
          for c in 0..<plain.channels {
            let to = (n * windows + window) * plain.channels + c
            let from = (n * pixels + pixel) * plain.channels + c
            if x[from] > largest[to] { (largest[to], position[to]) = (x[from], from) }
            sum[to] += x[from]
            inside[to] += 1
          }
        }
      }
      var (dLargest, dMean, dWhole) = (x.map { _ in 0.0 }, x.map { _ in 0.0 }, x.map { _ in 0.0 })
      let whole = Double(plain.window.reduce(1, *))
      for (to, from) in position.enumerated() { dLargest[from] += dy[to] }
      plain.forEach { window, _, pixel in
        guard let pixel else { return }
        for n in 0..<plain.batch {
          for c in 0..<plain.channels {
            let to = (n * windows + window) * plain.channels + c
            dMean[(n * pixels + pixel) * plain.channels + c] += dy[to] / inside[to]
            dWhole[(n * pixels + pixel) * plain.channels + c] += dy[to] / whole
          }
        }
      }
      let input = Tensor(x, shape: plain.xShape).cast(to: dtype)
      let seed = Tensor(dy, shape: plain.yShape).cast(to: dtype)
      let pools: [((Tensor) -> Tensor, [Double], [Double])] = [
        (
          { $0.maxPooled(over: plain.window, strides: plain.strides, padding: plain.padding) },
          largest, dLargest
        ),
        (
          { $0.averagePooled(over: plain.window, strides: plain.strides, padding: plain.padding) },
          zip(sum, inside).map { $0 / $1 }, dMean
        ),
        (
          {
            $0.averagePooled(
              over: plain.window, strides: plain.strides, padding: plain.padding,
              countingOutside: true)
          },
          sum.map { $0 / whole }, dWhole
        ),
      ]
      let tolerance = dtype == .float32 ? 1e-5 : 1e-13
      for (index, (pool, expected, slope)) in pools.enumerated() {
        let y = pool(input)
        #expect(y.shape == plain.yShape, "\(plain.text)")
        let dx = gradient(at: input) { (pool($0) * seed).sum() }
        for (found, expected) in [(y, expected), (dx, slope)] {
          let relative = index == 0 ? 0 : tolerance
          let isClose = zip(found.scalars(of: Double.self), expected).allSatisfy {
            abs($0 - $1) <= relative * (1 + abs($1))
          }
          #expect(isClose, "pool \(index) of \(plain.text)")
        }
      }
    }
  }

  @Test func `global pooling`() {
    let x = Tensor((0..<24).map(Float.init), shape: [1, 3, 4, 2])
    #expect(x.globalMaxPooled().scalars == [22, 23])
    #expect(x.globalAveragePooled().scalars == [11, 12])
    #expect(x.globalMaxPooled(keepingDimensions: true).shape == [1, 1, 1, 2])
    #expect(x.globalAveragePooled(keepingDimensions: true).shape == [1, 1, 1, 2])
    #expect(Tensor.zeros([0, 3, 2]).globalAveragePooled().shape == [0, 2])
    #expect(Tensor.zeros([1, 0, 2]).globalAveragePooled().scalars.allSatisfy { $0.isNaN })
  }

  @Test func `empty batches, channels and images`() {
    #expect(Tensor.zeros([0, 4, 4, 2]).maxPooled(over: 2).shape == [0, 2, 2, 2])
    #expect(Tensor.zeros([0, 4, 4, 2]).averagePooled(over: 2).scalars == [])
    #expect(Tensor.zeros([2, 4, 0]).maxPooled(over: 3).scalars == [])
    #expect(Tensor.zeros([2, 0, 3]).maxPooled(over: 3, padding: .same).shape == [2, 0, 3])
    let x = Tensor.zeros([2, 0, 3])
    #expect(gradient { $0.averagePooled(over: 3, padding: .same).sum() }(x).shape == [2, 0, 3])
  }
}
