import Testing

@testable import MartletTensors

@Suite struct ResizeTests {
  private func line(_ values: [Float]) -> Tensor { Tensor(values, shape: [1, values.count, 1]) }

  /// From Keras 3.15 (TensorFlow): half-pixel centres, no antialiasing.
  @Test func `bilinear on a line`() {
    #expect(line([0, 1]).resized(to: 4).scalars == [0, 0.25, 0.75, 1])
    #expect(line([0, 1, 2, 3]).resized(to: 2).scalars == [0.5, 2.5])
    #expect(line([0, 3, 6]).resized(to: 1).scalars == [3])
    #expect(line([5]).resized(to: 3).scalars == [5, 5, 5])
  }

  /// From Keras 3.15 (TensorFlow).
  @Test func `nearest on a line`() {
    #expect(line([0, 1, 2, 3]).resized(to: 3, interpolation: .nearest).scalars == [0, 2, 3])
    #expect(line([0, 1]).resized(to: 4, interpolation: .nearest).scalars == [0, 0, 1, 1])
    #expect(line([0, 1, 2]).resized(to: 5, interpolation: .nearest).scalars == [0, 0, 1, 2, 2])
  }

  @Test func `images of two axes`() {
    let x = Tensor([0, 1, 2, 3] as [Float], shape: [1, 2, 2, 1])
    #expect(
      x.resized(to: [4, 4]).scalars == [
        0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3,
      ])
    #expect(
      x.resized(to: 4, interpolation: .nearest).scalars
        == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3])
    #expect(
      x.resized(to: [2, 3], interpolation: .nearest).scalars == [0, 1, 1, 2, 3, 3])
    #expect(x.resized(to: 2).scalars == x.scalars)
  }

  @Test func `channels and axes stay apart`() {
    let x = Tensor([1, 10, 100, 2, 20, 200] as [Float], shape: [1, 1, 2, 3])
    #expect(
      x.resized(to: [2, 2], interpolation: .nearest).scalars
        == [1, 10, 100, 2, 20, 200, 1, 10, 100, 2, 20, 200])
    #expect(
      x.resized(to: [1, 4]).scalars
        == [1, 10, 100, 1.25, 12.5, 125, 1.75, 17.5, 175, 2, 20, 200])
  }

  @Test func `repeating pixels is one copy, and its gradient a sum`() {
    let x = Tensor.ones([2, 3, 3, 4]).evaluated() + 0
    let image = x.evaluated()
    let y = image.resized(to: [6, 9], interpolation: .nearest)
    #expect(y.plan.steps.count <= 2)
    #expect(
      gradient { $0.resized(to: [6, 9], interpolation: .nearest).sum() }(image).scalars
        == [Float](repeating: 6, count: 72))
  }

  @Test func `an infinite neighbour is read only where it has weight`() {
    let x = line([1, .infinity, 3, 4, 5])
    #expect(x.resized(to: 1).scalars == [3])
    #expect(x.resized(to: 3).scalars[2] > 4)
  }

  /// `keras.ops.image.resize` of Keras 3.15.1 on JAX 0.10.2.
  private static let resampled: [(Interpolation, Bool, [Float])] = [
    (
      .bilinear, true,
      [1.428572, 2.5, 4]
    ),
    (
      .bilinear, true,
      [1.125, 2, 3, 4.5]
    ),
    (
      .bicubic, false,
      [1.529412, 2.5, 4]
    ),
    (
      .bicubic, true,
      [1.338912, 2.465649, 4.125523]
    ),
    (
      .bicubic, false,
      [0.6131387, 1.265625, 3.710938, 5.197081]
    ),
    (
      .bicubic, true,
      [1.106795, 2.003063, 2.958652, 4.548544]
    ),
    (
      .bicubic, false,
      [-0.197368, 1.529412, 2.898148, 1.101852, 2.5, 3.886574, 2.043981, 4, 6.263158]
    ),
    (
      .lanczos3, false,
      [1.616137, 2.524457, 3.933985]
    ),
    (
      .lanczos3, true,
      [1.305247, 2.435335, 4.184244]
    ),
    (
      .lanczos3, false,
      [0.7021156, 1.242093, 3.689405, 5.107168]
    ),
    (
      .lanczos3, true,
      [1.113324, 2.20007, 2.746882, 4.548798]
    ),
    (
      .lanczos3, false,
      [-0.333322, 1.616137, 2.9319, 1.088246, 2.524457, 3.869055, 1.96033, 3.933985, 6.425426]
    ),
    (
      .lanczos5, false,
      [1.776998, 2.577183, 3.786209]
    ),
    (
      .lanczos5, true,
      [1.347578, 2.420814, 4.16491]
    ),
    (
      .lanczos5, false,
      [0.8349934, 1.119824, 3.739999, 4.97299]
    ),
    (
      .lanczos5, true,
      [1.040407, 2.330227, 2.622191, 4.603716]
    ),
    (
      .lanczos5, false,
      [-0.4603573, 1.776998, 2.869483, 0.9973503, 2.577183, 3.908067, 1.989012, 3.786209, 6.561469]
    ),
  ]

  @Test func `cubic and Lanczos' weights, and smoothing before shrinking`() {
    for (interpolation, antialiasing, want) in Self.resampled {
      let x = Tensor([0, 3, 1, 4, 2, 6] as [Float], shape: [1, 1, 6, 1])
      let got = x.resized(
        to: [1, want.count], interpolation: interpolation, antialiasing: antialiasing)
      let wanted = Tensor(want, shape: got.shape)
      #expect(got.isClose(to: wanted, absolute: 1e-6), "\(interpolation) \(antialiasing)")
      let column = x.transposed([0, 2, 1, 3]).resized(
        to: [want.count, 1], interpolation: interpolation, antialiasing: antialiasing)
      #expect(column.scalars == got.scalars)
    }
  }

  @Test func `empty batches and sizes`() {
    #expect(Tensor.zeros([0, 2, 2, 1]).resized(to: 5).shape == [0, 5, 5, 1])
    #expect(Tensor.zeros([1, 2, 2, 1]).resized(to: [0, 3]).scalars == [])
    #expect(Tensor.zeros([1, 0, 2, 1]).resized(to: [0, 3], interpolation: .nearest).scalars == [])
  }

  /// `keras.ops.image.resize` of Keras 3.15.1 with crop_to_aspect_ratio and pad_to_aspect_ratio.
  @Test func `another ratio of sides is cut or framed`() {
    let wide = Tensor((0..<10).map(Float.init), shape: [1, 2, 5, 1])
    #expect(wide.resized(to: [2, 2], fit: .crop).scalars == [1, 2, 6, 7])
    #expect(wide.resized(to: [2, 2], fit: .stretch).scalars == [0.75, 3.25, 5.75, 8.25])
    let padded = wide.resized(to: [5, 5], fit: .pad(9))
    let framed: [Float] = [
      9, 9, 9, 9, 9, 2.7, 3.4, 4.1, 4.8, 5.5, 2.5, 3.5, 4.5, 5.5, 6.5, 6.2, 6.9, 7.6, 8.3, 9, 9, 9,
      9, 9, 9,
    ]
    #expect(padded.isClose(to: Tensor(framed, shape: [1, 5, 5, 1])))
    let tall = Tensor((0..<6).map(Float.init), shape: [1, 3, 2, 1])
    #expect(
      tall.resized(to: [3, 6], fit: .pad(-1)).scalars == [
        -1, -1, 0, 1, -1, -1, -1, -1, 2, 3, -1, -1, -1, -1, 4, 5, -1, -1,
      ])
    #expect(tall.resized(to: [1, 2], fit: .crop).scalars == [2, 3])
  }
}
