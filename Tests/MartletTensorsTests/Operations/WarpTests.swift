import Testing

@testable import MartletTensors

@Suite struct WarpTests {
  /// Two images of 4 by 5, and what they are read with: a turn and shift, and a shear that leaves
  /// the image on all sides.
  private static let images: Tensor = {
    let pixels = (0..<40).map { Float($0 * 7 % 23) }
    return Tensor(pixels, shape: [2, 4, 5, 1])
  }()
  private static let transforms = Tensor([
    [0.93, 0.21, -0.63, -0.31, 1.1, 0.72, 0, 0], [1.43, -0.53, 1.31, 0.27, 0.81, -2.23, 0, 0],
  ])

  /// `keras.ops.image.affine_transform` of Keras 3.15.1 on JAX 0.10.2, fill value -1.
  private static let nearest: [(FillMode, [Float])] = [
    (
      .constant,
      [
        -1, 0, 7, 14, -1, 1, 8, 19, 3, 10, 13, 20, 15, 22, 6, -1, -1, 4, 11, 18, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, 16, 0, -1, -1, 2, 9, 12, 19, -1,
      ]
    ),
    (
      .nearest,
      [
        12, 0, 7, 14, 21, 1, 8, 19, 3, 10, 13, 20, 15, 22, 6, 13, 20, 4, 11, 18, 9, 0, 7, 7,
        7, 9, 16, 7, 7, 7, 2, 16, 0, 7, 7, 2, 9, 12, 19, 19,
      ]
    ),
    (
      .wrap,
      [
        17, 0, 7, 14, 11, 1, 8, 19, 3, 10, 13, 20, 15, 22, 6, 0, 7, 4, 11, 18, 10, 1, 8, 22,
        6, 22, 6, 20, 15, 9, 15, 16, 0, 2, 9, 2, 9, 12, 19, 14,
      ]
    ),
    (
      .reflect,
      [
        12, 0, 7, 14, 21, 1, 8, 19, 3, 10, 13, 20, 15, 22, 6, 13, 20, 4, 11, 18, 21, 12, 19,
        0, 16, 9, 16, 7, 7, 0, 2, 16, 0, 7, 0, 2, 9, 12, 19, 19,
      ]
    ),
    (
      .mirror,
      [
        19, 0, 7, 14, 10, 1, 8, 19, 3, 10, 13, 20, 15, 22, 6, 1, 8, 4, 11, 18, 10, 1, 8, 5,
        21, 21, 5, 19, 12, 16, 14, 16, 0, 0, 16, 2, 9, 12, 19, 12,
      ]
    ),
  ]

  private static let bilinear: [(FillMode, [Float])] = [
    (
      .constant,
      [
        2.5668, 7.02, 9.281, 11.7348, 8.868799, 1.3084, 9.96, 11.784, 6.799999, 13.822,
        9.3016, 13.36, 11.665, 18.94, 13.7536, -1, 4.947894, 3.343997, 8.582298, 14.8168, -1,
        -1, -1, -1, -1, -1, -1, -0.3424001, -1, -1, 0.8525, 8.741599, 0.6460994, 3.784001, -1,
        2.888, 14.0685, 8.4516, 18.69109, -1,
      ]
    ),
    (
      .nearest,
      [
        8.64, 7.02, 9.281, 15.12, 19.56, 2.979999, 9.96, 11.784, 6.799999, 13.822, 12.04,
        13.36, 11.665, 18.94, 13.7536, 13, 19.51, 6.24, 9.53, 14.8168, 11.17, 4.160004, 7, 7,
        7, 7.46, 12.64, 4.479999, 7, 7, 3.75, 13.76, 0.7699993, 9.400001, 12.64, 4.400001,
        14.0685, 8.4516, 18.89, 15.92,
      ]
    ),
    (
      .wrap,
      [
        11.79, 7.02, 9.281, 13.02, 15.4364, 5.08, 9.96, 11.784, 6.799999, 13.822, 13.09,
        13.36, 11.665, 18.94, 13.7536, 0.2400055, 10.28, 8.952003, 10.43, 14.8168, 13.0601,
        5.400803, 10.87, 14.16, 7.756499, 15.42, 8.3955, 15.92, 10.42, 13.01, 11.68, 12.8624,
        1.679998, 6.7, 14.43, 5.800001, 14.0685, 8.4516, 18.84, 14,
      ]
    ),
    (
      .reflect,
      [
        8.64, 7.02, 9.281, 15.12, 19.56, 2.979999, 9.96, 11.784, 6.799999, 13.822, 12.04,
        13.36, 11.665, 18.94, 13.7536, 12.75999, 19.51, 6.24, 9.53, 14.8168, 15.1499,
        9.939198, 15.28, 7.840001, 14.2435, 12.5, 11.7145, 4.479999, 6.510002, 7.999992, 3.75,
        13.76, 0.7699993, 9.400001, 5.850002, 4.400001, 14.0685, 8.4516, 18.89, 12.84,
      ]
    ),
    (
      .mirror,
      [
        13.05, 7.02, 9.281, 12.81, 14.9164, 5.92, 9.96, 11.784, 6.799999, 13.822, 13.51,
        13.36, 11.665, 18.94, 13.7536, 1.220005, 10.99, 9.352002, 10.52, 14.8168, 13.2901,
        5.360803, 10.22, 8.976, 19.14, 14.84, 7.5455, 15.04, 7.457898, 12.67, 11.07, 12.5224,
        1.609998, 5.62, 10.6743, 6.360001, 14.0685, 8.4516, 18.82, 8.6736,
      ]
    ),
  ]

  @Test func `the nearest pixel in every fill mode`() {
    for (mode, want) in Self.nearest {
      let got = Self.images.transformed(
        by: Self.transforms, interpolation: .nearest, fillMode: mode, fillValue: -1)
      #expect(got.scalars == want, "\(mode)")
    }
  }

  @Test func `the mean of four pixels in every fill mode`() {
    for (mode, want) in Self.bilinear {
      let got = Self.images.transformed(by: Self.transforms, fillMode: mode, fillValue: -1)
      // Keras works places out in float32: that moves its own results by 1e-5.
      #expect(got.isClose(to: Tensor(want, shape: got.shape), absolute: 1e-5), "\(mode)")
    }
  }

  @Test func `one transform serves all images, and in float64`() {
    let one = Self.transforms[0]
    let both = Tensor.stack([one, one], along: 0)
    let got = Self.images.transformed(by: one, fillMode: .reflect)
    #expect(got.isEqual(to: Self.images.transformed(by: both, fillMode: .reflect)))
    let wide = Self.images.cast(to: .float64).transformed(by: one, fillMode: .reflect)
    #expect(wide.dtype == .float64)
    #expect(wide.isClose(to: got, absolute: 1e-6))
  }

  @Test func `a shift by whole pixels copies them`() {
    let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 2, 3, 1])
    let right = Tensor([1, 0, -1, 0, 1, 0, 0, 0])
    #expect(x.transformed(by: right, fillValue: 9).scalars == [9, 1, 2, 9, 4, 5])
    #expect(x.transformed(by: right, fillMode: .wrap).scalars == [3, 1, 2, 6, 4, 5])
    #expect(x.transformed(by: right, fillMode: .nearest).scalars == [1, 1, 2, 4, 4, 5])
    #expect(x.transformed(by: right, fillMode: .mirror).scalars == [2, 1, 2, 5, 4, 5])
  }

  @Test func `a projective transform divides by its third row`() {
    // k = 1 + x: columns 0, 1/2, 2/3 of a ramp of slope 6.
    let x = Tensor([0, 6, 12] as [Float], shape: [1, 1, 3, 1])
    let got = x.transformed(by: Tensor([1, 0, 0, 0, 1, 0, 1, 0]))
    #expect(got.isClose(to: Tensor([0, 3, 4] as [Float], shape: [1, 1, 3, 1]), relative: 1e-6))
  }

  @Test func `the result may have another size`() {
    let half = Tensor([2, 0, 0.5, 0, 2, 0.5, 0, 0])
    let x = Tensor((0..<16).map(Float.init), shape: [1, 4, 4, 1])
    #expect(x.transformed(by: half, size: 2).scalars == [2.5, 4.5, 10.5, 12.5])
    #expect(x.transformed(by: half, size: [1, 2]).scalars == [2.5, 4.5])
    #expect(x.transformed(by: half, size: [0, 2]).shape == [1, 0, 2, 1])
    #expect(Tensor.zeros([0, 4, 4, 1]).transformed(by: half).shape == [0, 4, 4, 1])
  }

  @Test func `a place that is no number reads the fill value in every mode`() {
    for mode in FillMode.allCases {
      for value in [Double.nan, .infinity, 1e30] {
        var numbers: [Double] = [1, 0, 0, 0, 1, 0, 0, 0]
        numbers[5] = value
        let x = Tensor.ones([1, 2, 2, 1])
        let got = x.transformed(by: Tensor(numbers, shape: [8]), fillMode: mode, fillValue: 7)
        #expect(got.scalars == [7, 7, 7, 7], "\(mode) \(value)")
      }
    }
  }

  @Test func `an infinite neighbour is read only where it has weight`() {
    let x = Tensor([1, .infinity, 3, 4] as [Float], shape: [1, 1, 4, 1])
    let same = Tensor([1, 0, 0, 0, 1, 0, 0, 0])
    #expect(x.transformed(by: same).scalars == [1, .infinity, 3, 4])
  }

  @Test func `mistakes are named`() async {
    let rank = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 2, 1]).transformed(by: Tensor.zeros([8])) }
    expectMessage(rank, "fix      add an axis of 1 with expandingDimensions(at: 0)")
    let shape = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 2, 2, 1]).transformed(by: Tensor.zeros([3, 8])) }
    expectMessage(shape, "expected numbers of shape [8] or [2, 8]")
    let cubic = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([2, 2, 2, 1]).transformed(by: Tensor.zeros([8]), interpolation: .bicubic)
    }
    expectMessage(cubic, "got      bicubic")
  }
}
