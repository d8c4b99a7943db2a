import Foundation
import Testing

@testable import MartletTensors

@Suite struct ConvolutionTests {
  // MARK: Against plain loops

  /// So many pixels that the filters' gradient is summed in chunks.
  private let manyPixels = [
    PlainWindows(
      batch: 3, image: [40, 45], window: [3, 2], strides: [1, 1], dilations: [1, 1], channels: 2,
      filters: 3),
    PlainWindows(
      batch: 2, image: [70, 35], window: [2, 3], strides: [1, 1], dilations: [1, 1], padding: .same,
      channels: 3, filters: 3, groups: 3),
    PlainWindows(
      batch: 1, image: [4100], window: [1], strides: [1], dilations: [1], channels: 3, filters: 4),
  ]

  /// Draws settings that differ in everything.
  private func settings(_ count: Int) -> [PlainWindows] {
    var random = SplitMix(state: 7)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    var result = manyPixels
    while result.count < count {
      let axes = pick(1...3)
      var plain = PlainWindows(
        image: (0..<axes).map { _ in pick(1...(axes == 1 ? 23 : axes == 2 ? 9 : 5)) },
        window: (0..<axes).map { _ in pick(1...(axes == 3 ? 3 : 4)) },
        strides: (0..<axes).map { _ in pick(0...2) == 0 ? pick(2...3) : 1 },
        dilations: (0..<axes).map { _ in pick(0...2) == 0 ? pick(2...3) : 1 })
      plain.batch = pick(1...3)
      plain.groups = pick(0...2) == 0 ? pick(2...5) : 1
      plain.channels = plain.groups * pick(1...(pick(0...3) == 0 ? 19 : 3))
      plain.filters = plain.groups * pick(1...(pick(0...3) == 0 ? 21 : 4))
      switch pick(0...(axes == 1 ? 3 : 2)) {
      case 0: plain.padding = .valid
      case 1: plain.padding = .same
      case 2: plain.padding = .explicit((0..<axes).map { _ in (pick(0...4), pick(0...4)) })
      default: plain.padding = .causal
      }
      if zip(plain.image.indices, plain.image).allSatisfy({ axis, size in
        var padded = size
        if case .explicit(let pairs) = plain.padding { padded += pairs[axis].0 + pairs[axis].1 }
        let extent = (plain.window[axis] - 1) * plain.dilations[axis] + 1
        return plain.padding == .same || plain.padding == .causal || padded >= extent
      }) {
        result.append(plain)
      }
    }
    return result
  }

  @Test(arguments: [DType.float32, .float64])
  func `convolutions and both gradients are those of plain loops`(dtype: DType) {
    let unit = dtype == .float32 ? 0x1p-24 : 0x1p-53
    for (index, plain) in settings(160).enumerated() {
      let x = noise(plain.xShape.elementCount, seed: 3 * index)
      let w = noise(plain.wShape.elementCount, seed: 3 * index + 1)
      let dy = noise(plain.yShape.elementCount, seed: 3 * index + 2)
      var y = [Double](repeating: 0, count: dy.count)
      var (dx, dw) = (x.map { _ in 0.0 }, w.map { _ in 0.0 })
      var (sizeY, sizeX, sizeW) = (y, dx, dw)
      var (termsY, termsX, termsW) = (y, dx, dw)
      plain.forEachProduct { i, j, k in
        y[k] += x[i] * w[j]
        sizeY[k] += abs(x[i] * w[j])
        termsY[k] += 1
        dx[i] += dy[k] * w[j]
        sizeX[i] += abs(dy[k] * w[j])
        termsX[i] += 1
        dw[j] += x[i] * dy[k]
        sizeW[j] += abs(x[i] * dy[k])
        termsW[j] += 1
      }
      func convolve(_ x: Tensor, _ w: Tensor) -> Tensor {
        x.convolved(
          with: w, strides: plain.strides, padding: plain.padding, dilations: plain.dilations,
          groups: plain.groups)
      }
      let image = Tensor(x, shape: plain.xShape).cast(to: dtype)
      let kernel = Tensor(w, shape: plain.wShape).cast(to: dtype)
      let seed = Tensor(dy, shape: plain.yShape).cast(to: dtype)
      let result = convolve(image, kernel)
      #expect(result.shape == plain.yShape, "\(plain.text)")
      let gradients = gradient(at: [image, kernel]) { (convolve($0[0], $0[1]) * seed).sum() }
      for (found, expected, sizes, terms) in [
        (result, y, sizeY, termsY), (gradients[0], dx, sizeX, termsX),
        (gradients[1], dw, sizeW, termsW),
      ] {
        let values = found.scalars(of: Double.self)
        let wrong = values.indices.filter {
          !(abs(values[$0] - expected[$0]) <= (terms[$0] + 2) * unit * sizes[$0])
        }
        #expect(
          wrong.isEmpty,
          "\(plain.text) at \(wrong.first ?? 0): \(wrong.first.map { values[$0] } ?? 0)")
      }
    }
  }

  @Test func `a transposed convolution is the adjoint of a convolution`() {
    for (index, plain) in settings(60).enumerated() where plain.groups == 1 {
      guard plain.padding != .causal else { continue }
      let x = Tensor(noise(plain.xShape.elementCount, seed: index), shape: plain.xShape)
      let w = Tensor(noise(plain.wShape.elementCount, seed: index + 1000), shape: plain.wShape)
      let y = Tensor(noise(plain.yShape.elementCount, seed: index + 2000), shape: plain.yShape)
      let forward = x.convolved(
        with: w, strides: plain.strides, padding: plain.padding, dilations: plain.dilations)
      // The padding written out, and what the stride did not reach given back.
      let pairs = plain.image.indices.map { axis in
        let (before, count) = plain.axis(axis)
        let extent = (plain.window[axis] - 1) * plain.dilations[axis] + 1
        let reach = (count - 1) * plain.strides[axis] + extent - before
        return (before, reach - plain.image[axis])
      }
      let back = y.transposedConvolved(
        with: w, strides: plain.strides, padding: .explicit(pairs.map { ($0.0, max($0.1, 0)) }),
        outputPadding: pairs.map { max(-$0.1, 0) }, dilations: plain.dilations)
      #expect(back.shape == x.shape, "\(plain.text)")
      let (a, b) = ((forward * y).sum().item(), (x * back).sum().item())
      #expect(abs(a - b) <= 1e-12 * (1 + abs(a)), "\(plain.text)")
    }
  }

  // MARK: Examples of a course

  /// The 7 × 7 image and the 3 × 3 filter of a course's slides, recomputed with NumPy.
  private let image7: [Float] = [
    2, 2, 2, 2, 3, 3, 3, 1, 0, 1, 1, 1, 1, 0, 1, 1, 3, 3, 0, 0, 0, 1, 1, 3, 2, 0, 0, 3,
    1, 1, 3, 2, 0, 0, 3, 1, 3, 3, 2, 0, 0, 3, 3, 3, 3, 2, 0, 0, 3,
  ]
  private let filter3: [Float] = [-1, 0.5, 1, -1, 0, 0, 0, 0, 0.5]

  private func convolve7(_ strides: Int, _ padding: Padding) -> Tensor {
    Tensor(image7, shape: [1, 7, 7, 1]).convolved(
      with: Tensor(filter3, shape: [3, 3, 1, 1]), strides: strides, padding: padding)
  }

  @Test func `the 7 by 7 example of the course`() {
    #expect(
      convolve7(1, .valid).scalars == [
        1.5, 2.5, 1, 1.5, 0.5, 0.5, 1.5, -2.5, -2.5, 1, 3, 3.5, -4.5, -5, 1.5,
        3, 2.5, -5, -4, 4.5, 3, 0.5, -5, -4, 4.5,
      ])
    let padded: [Float] = [
      0, -1.5, -1.5, -1.5, -1.5, -3, -3, 3.5, 1.5, 2.5, 1, 1.5, 0.5, -2.5,
      1, 0.5, 1.5, -2.5, -2.5, 1, -1, 2, 3, 3.5, -4.5, -5, 1.5, 0,
      3, 3, 2.5, -5, -4, 4.5, 1.5, 3, 3, 0.5, -5, -4, 4.5, 1.5,
      3.5, 0.5, -2.5, -5, -4, 3, 1.5,
    ]
    #expect(convolve7(1, .same).scalars == padded)
    #expect(convolve7(1, .explicit([(1, 1)])).scalars == padded)
    #expect(convolve7(2, .valid).scalars == [1.5, 1, 0.5, 3, -4.5, 1.5, 3, -5, 4.5])
    #expect(
      convolve7(2, .explicit([(1, 1), (1, 1)])).scalars == [
        0, -1.5, -1.5, -3, 1, 1.5, -2.5, -1, 3, 2.5, -4, 1.5, 3.5, -2.5, -4, 1.5,
      ])
  }

  @Test func `the gradients of the 7 by 7 example`() {
    let x = Tensor(image7, shape: [1, 7, 7, 1])
    let w = Tensor(filter3, shape: [3, 3, 1, 1])
    let (dx, dw) = gradient { $0.convolved(with: $1).sum() }(x, w)
    #expect(dw.scalars == [37, 35, 39, 35, 31, 34, 42, 35, 38])
    let inner: [Float] = [-2, -1.5, 0, 0, 0, 2, 1.5]
    #expect(
      dx.scalars == [-1, -0.5, 0.5, 0.5, 0.5, 1.5, 1, -2, -1.5, -0.5, -0.5, -0.5, 1.5, 1]
        + inner + inner + inner
        + [-1, -1, -0.5, -0.5, -0.5, 0.5, 0.5, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5])
    let (padX, padW) = gradient { $0.convolved(with: $1, padding: .same).sum() }(x, w)
    #expect(padW.scalars == [50, 62, 55, 61, 76, 66, 47, 59, 51])
    let row: [Float] = [-1.5, 0, 0, 0, 0, 0, 2]
    #expect(
      padX.scalars == [-1.5, -0.5, -0.5, -0.5, -0.5, -0.5, 1.5] + row + row + row + row + row
        + [-1, -0.5, -0.5, -0.5, -0.5, -0.5, 0.5])
  }

  /// The slides print channels of seven rows: the volume of seven has zeros below channel 1.
  private func volume(rows: Int) -> Tensor {
    let first: [Float] = [
      2, 2, 2, 2, 3, 3, 1, 0, 1, 1, 1, 1, 1, 1, 3, 3, 0, 0, 1, 1, 3, 2, 0, 0,
      1, 1, 3, 2, 0, 0, 1, 3, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    let second: [Float] = [
      3, 3, 1, 1, 1, 1, 3, 0, 3, 1, 1, 1, 3, 3, 3, 3, 0, 0, 1, 0, 3, 2, 0, 0,
      0, 0, 3, 2, 0, 0, 1, 2, 2, 2, 0, 0, 2, 2, 2, 2, 0, 0,
    ]
    let third: [Float] = [
      0, 3, 2, 2, 3, 2, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3, 0, 0, 1, 2, 0, 2, 0, 0,
      1, 2, 3, 1, 1, 1, 1, 3, 3, 2, 1, 1, 3, 3, 0, 2, 0, 2,
    ]
    let planes = [first, second, third].flatMap { $0.prefix(rows * 6) }
    return Tensor(planes, shape: [1, 3, rows, 6]).transposed([0, 2, 3, 1])
  }

  @Test func `the 6 by 6 by 3 example of the course`() {
    let filters: [Float] =
      filter3 + [1, 0, 1, -1, 1, 0, 0, 0, -0.5] + [1, 0, 1, 1, 0.5, -1, 0, 1, 0]
    let kernel = Tensor(filters, shape: [3, 3, 3, 1]).transposed([1, 2, 0, 3])
    let common: [Float] = [
      1, -2.5, -1, -1, 0.5, 2, 11.5, 5.5, 16.5, 9.5, 8, 3, 4.5, 8, 4, 10, 1.5, 1.5,
      7.5, 14.5, 19.5, 2.5, 2, 1, 3.5, 9, 16, 1.5, -0.5, 2.5,
    ]
    #expect(
      volume(rows: 6).convolved(with: kernel, padding: .same).scalars
        == common + [2, 9, 7, 5, -0.5, 2.5])
    #expect(
      Array(volume(rows: 7).convolved(with: kernel, padding: .same).scalars.prefix(36))
        == common + [4, 11, 6, 7, -0.5, 4.5])
  }

  private let image4: [Float] = [1, 3, 6, 4, 2, 2, 0, 4, 5, 0, 1, 4, 4, 4, 1, 3]

  @Test(
    arguments: [
      (1, Padding.valid, [2, 1, 2, -5, -1, 7, -5, -2, 5]),
      (2, .valid, [2, 2, -5, 5]),
      (
        1, .explicit([(1, 1)]),
        [
          1, 2, 3, -2, -4, 3, 2, 1, 2, -8, 7, -5, -1, 7, -8, 9, -5, -2, 5, -7, 4, 0, -3, 2, -3,
        ]
      ),
      (2, .explicit([(1, 1)]), [1, 3, -4, 7, -1, -8, 4, -3, -3]),
      (3, .explicit([(1, 1)]), [1, -2, 9, 5]),
      (1, .same, [2, 1, 2, -8, -5, -1, 7, -8, -5, -2, 5, -7, 0, -3, 2, -3]),
    ] as [(Int, Padding, [Float])])
  func `the 4 by 4 examples of the course`(strides: Int, padding: Padding, expected: [Float]) {
    let filter = Tensor([-1, 1, -1, 1] as [Float], shape: [2, 2, 1, 1])
    let result = Tensor(image4, shape: [1, 4, 4, 1])
      .convolved(with: filter, strides: strides, padding: padding)
    #expect(result.scalars == expected)
  }

  @Test(
    arguments: [
      ([0, 0, 0, 0, 1, 0, 0, 0, 0], 1, [2, 0, 0, 1]),
      ([-1, 0, 1, -1, 0, 1, -1, 0, 1], 1, [-1, 7, -9, 5]),
      ([1, 1, 1, 0, 0, 0, -1, -1, -1], 1, [4, 8, -5, -2]),
      ([1, 1, 1, 1, 1, 1, 1, 1, 1], 9, [20, 24, 19, 19]),
      ([1, 0, -1, 0, 0, 0, -1, 0, 1], 1, [-9, 3, -1, -3]),
      ([0, 1, 0, 1, -4, 1, 0, 1, 0], 1, [-3, 13, 12, 1]),
      ([-1, -1, -1, -1, 8, -1, -1, -1, -1], 1, [-2, -24, -19, -10]),
      ([0, -1, 0, -1, 5, -1, 0, -1, 0], 1, [5, -13, -12, 0]),
      ([1, 2, 1, 2, 4, 2, 1, 2, 1], 16, [31, 37, 31, 27]),
    ] as [([Float], Int, [Float])])
  func `the filters of the course`(filter: [Float], divisor: Int, expected: [Float]) {
    let kernel = Tensor(filter, shape: [3, 3, 1, 1])
    let result = Tensor(image4, shape: [1, 4, 4, 1]).convolved(with: kernel)
    #expect(result.scalars == expected)
    let scaled = Tensor(image4, shape: [1, 4, 4, 1]).convolved(with: kernel / Double(divisor))
    for (found, sum) in zip(scaled.scalars, expected) {
      #expect(abs(found - sum / Float(divisor)) <= 1e-6)
    }
  }

  @Test func `padded filters of the course`() {
    let image = Tensor(image4, shape: [1, 4, 4, 1])
    let sharpen = Tensor([0, -1, 0, -1, 5, -1, 0, -1, 0] as [Float], shape: [3, 3, 1, 1])
    #expect(
      image.convolved(with: sharpen, padding: .same).scalars == [
        0, 6, 23, 10, 2, 5, -13, 12, 19, -12, 0, 12, 11, 15, -3, 10,
      ])
    let vertical = Tensor([-1, 0, 1, -1, 0, 1, -1, 0, 1] as [Float], shape: [3, 3, 1, 1])
    #expect(
      image.convolved(with: vertical, padding: .same).scalars == [
        5, 3, 3, -6, 5, -1, 7, -7, 6, -9, 5, -2, 4, -7, 3, -2,
      ])
  }

  @Test func `a moving average over a series`() {
    let series = Tensor([100, 120, 115, 200, 135, 130, 140] as [Float], shape: [1, 7, 1])
    let quarter = Tensor.full([4, 1, 1], 0.25)
    #expect(series.convolved(with: quarter).scalars == [133.75, 142.5, 145, 151.25])
    #expect(
      series.convolved(with: quarter, padding: .causal).scalars
        == [25, 55, 83.75, 133.75, 142.5, 145, 151.25])
    #expect(
      series.convolved(with: quarter, padding: .same).scalars
        == [83.75, 133.75, 142.5, 145, 151.25, 101.25, 67.5])
  }

  // MARK: Known values

  /// From JAX 0.10: lax.conv_transpose(x, w, (2,), "SAME" and "VALID", transpose_kernel=True).
  @Test func `transposed convolutions of a line`() {
    let x = Tensor([1, 2, 3] as [Float], shape: [1, 3, 1])
    let w = Tensor([1, 10, 100] as [Float], shape: [3, 1, 1])
    #expect(x.transposedConvolved(with: w, strides: 2).scalars == [1, 10, 102, 20, 203, 30, 300])
    #expect(
      x.transposedConvolved(with: w, strides: 2, padding: .same).scalars
        == [1, 10, 102, 20, 203, 30])
    #expect(
      x.transposedConvolved(with: w, strides: 2, padding: .same, outputPadding: 0).scalars
        == [10, 102, 20, 203, 30])
    #expect(
      x.transposedConvolved(with: w, strides: 5).scalars
        == [1, 10, 100, 0, 0, 2, 20, 200, 0, 0, 3, 30, 300, 0, 0])
    #expect(
      x.transposedConvolved(with: w, padding: .explicit([(1, 0)])).scalars == [12, 123, 230, 300])
  }

  @Test func `depthwise filters stand by channel, then multiplier`() {
    let x = Tensor([1, 10, 2, 20, 3, 30] as [Float], shape: [1, 3, 2])
    let w = Tensor([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [2, 2, 2])
    // Channel 0 has filters (1, 5) and (2, 6), channel 1 (3, 7) and (4, 8).
    #expect(
      x.depthwiseConvolved(with: w).scalars == [11, 14, 170, 200, 17, 22, 270, 320])
  }

  @Test func `nothing in gives nothing out, or zeros`() {
    let none = Tensor.zeros([0, 5, 5, 3])
    let w = Tensor.ones([3, 3, 3, 4])
    #expect(none.convolved(with: w).shape == [0, 3, 3, 4])
    #expect(none.convolved(with: w).scalars == [])
    #expect(Tensor.zeros([2, 0, 5, 3]).convolved(with: w, padding: .same).shape == [2, 0, 5, 4])
    let noChannels = Tensor.zeros([1, 3, 3, 0]).convolved(with: Tensor.zeros([2, 2, 0, 2]))
    #expect(noChannels.scalars == [Float](repeating: 0, count: 8))
    #expect(Tensor.zeros([1, 3, 3, 2]).convolved(with: .zeros([2, 2, 2, 0])).scalars == [])
    let (dx, dw) = gradient { $0.convolved(with: $1).sum() }(none, w)
    #expect(dx.shape == [0, 5, 5, 3])
    #expect(dw.scalars == [Float](repeating: 0, count: 108))
    let spread = Tensor.zeros([1, 0, 2]).transposedConvolved(with: .ones([3, 1, 2]))
    #expect(spread.scalars == [0, 0])
    #expect(Tensor.zeros([1, 3, 0]).depthwiseConvolved(with: .zeros([2, 0, 3])).scalars == [])
  }

  @Test func `NaN and infinity reach the windows that see them, and no others`() {
    var image = [Float](repeating: 1, count: 25)
    image[6] = .nan
    image[18] = .infinity
    let result = Tensor(image, shape: [1, 5, 5, 1]).convolved(with: .ones([2, 2, 1, 1])).scalars
    for (index, value) in result.enumerated() {
      let (row, column) = (index / 4, index % 4)
      if row <= 1 && column <= 1 {
        #expect(value.isNaN)
      } else if (2...3).contains(row) && (2...3).contains(column) {
        #expect(value == .infinity)
      } else {
        #expect(value == 4)
      }
    }
  }

  @Test func `sizes are numbers or arrays, literal or not`() {
    let x = Tensor.ones([1, 6, 6, 1])
    let w = Tensor.ones([2, 2, 1, 1])
    let (number, both) = (2, [2, 1])
    #expect(x.convolved(with: w, strides: number).shape == [1, 3, 3, 1])
    #expect(x.convolved(with: w, strides: both).shape == [1, 3, 5, 1])
    #expect(x.convolved(with: w, strides: [1, 2], dilations: 2).shape == [1, 4, 2, 1])
    #expect(x.convolved(with: w, strides: 3, dilations: [1, 2]).shape == [1, 2, 2, 1])
    #expect(x.transposedConvolved(with: w, outputPadding: [0, 1]).shape == [1, 7, 8, 1])
    #expect(x.transposedConvolved(with: w, outputPadding: number).shape == [1, 9, 9, 1])
  }

  // MARK: Plans

  @Test func `bias and activation run in the convolution's kernel`() {
    let x = Tensor(noise(200, seed: 1), shape: [2, 5, 5, 4]).cast(to: .float32).evaluated()
    let w = Tensor(noise(216, seed: 2), shape: [3, 3, 4, 6]).cast(to: .float32).evaluated()
    let bias = Tensor(noise(6, seed: 3), shape: [6]).cast(to: .float32).evaluated()
    let y = (x.convolved(with: w, padding: .same) + bias).relu()
    #expect(y.plan.steps.map { $0.label } == ["conv·add·relu"])
    let spread = (x.transposedConvolved(with: w.transposed([0, 1, 3, 2]), strides: 2) * 2).tanh()
    #expect(spread.plan.steps.map { $0.label } == ["copy", "transposedConv·multiply·tanh"])
    // Fusion never changes bits.
    let plain = x.convolved(with: w, padding: .same).evaluated()
    #expect((plain + bias).evaluated().relu().scalars == y.scalars)
  }

  @Test(arguments: [DType.float32, .float64])
  func `what a convolution of a batch ends in has the bits it has alone`(dtype: DType) {
    // Lanes along the images; some functions are links of a chain, others steps of their own.
    let x = Tensor(noise(960, seed: 1), shape: [16, 6, 5, 2]).cast(to: dtype).evaluated()
    let w = Tensor(noise(72, seed: 2), shape: [3, 3, 2, 4]).cast(to: dtype).evaluated()
    let bias = Tensor(noise(4, seed: 3)).cast(to: dtype).evaluated()
    let ends: [(Tensor) -> Tensor] = [
      { $0 }, { $0.relu() }, { $0.tanh() }, { $0.sigmoid() * $0 }, { $0.gelu() }, { $0.elu() },
      { $0.leakyRelu() }, { $0.clipped(to: -0.1, 0.2) }, { $0.softplus() }, { $0.mish().erf() },
      { ($0 * 2).floor() + $0 }, { ($0 .> 0).cast(to: dtype) - $0 }, { $0.square().sqrt().sin() },
    ]
    for (index, end) in ends.enumerated() {
      for hasBias in [false, true] {
        func elements() -> [Double] {
          // Nobody holds what the convolution gives: the end may take its place.
          let y = end(hasBias ? x.convolved(with: w) + bias : x.convolved(with: w)).evaluated()
          return y.cast(to: .float64).scalars(of: Double.self)
        }
        let fused = elements()
        #expect(fused == withoutFusion { elements() }, "\(index), bias \(hasBias)")
      }
    }
  }

  @Test func `a training step of a layer computes each product once`() {
    let x = Tensor.ones([2, 6, 6, 3]).evaluated() + 0
    let w = Tensor.ones([3, 3, 3, 4]).evaluated() + 0
    let (_, profile) = Profile.take {
      let found = gradient(at: [x, w]) { $0[0].convolved(with: $0[1]).square().sum() }
      // Both are held, so one evaluation computes both.
      withExtendedLifetime(found) { _ = found[0].evaluated() }
    }
    let kernels = profile.entries.map(\.kernel)
    #expect(kernels.count { $0.hasPrefix("conv") && !$0.hasPrefix("convFilter") } == 1)
    #expect(kernels.count { $0.hasPrefix("transposedConv") } == 1)
    #expect(kernels.count { $0.hasPrefix("convFilter") } == 1)
  }
}
