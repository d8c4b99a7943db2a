import MartletTensors
import Testing

@testable import MartletData

@Suite struct ImageTransformTests {
  private static let image: Tensor = {
    let pixels = (0..<25).map { Float($0 * 7 % 23) }
    return Tensor(pixels, shape: [1, 5, 5, 1])
  }()

  /// `keras.src.legacy.preprocessing.image.apply_affine_transform` of Keras 3.15.1 with SciPy 1.17.1,
  /// fill mode nearest, order 1.
  private static let cases: [(ImageTransform, [Float])] = [
    (
      ImageTransform(rotation: 20),
      [
        5.63259, 12.2104, 17.4615, 12.5682, 14.6559, 7.75365, 11.789, 6.11783, 14.1931, 8.81218,
        9.36875, 11.71, 15, 17.8156, 14.2407, 4.06783, 13.2001, 9.6613, 7.69171, 7.90049, 10.8512,
        9.72285, 11.662, 11.9096, 1.36741,
      ]
    ),
    (
      ImageTransform(shiftX: 1.25, shiftY: -0.5),
      [
        8.75, 15.75, 17, 5, 5, 11.875, 10.25, 14.375, 11, 11, 12.375, 10.75, 14.875, 11.5, 11.5,
        12.875, 11.25, 15.375, 12, 12, 13.375, 8.875, 7.25, 12.5, 12.5,
      ]
    ),
    (
      ImageTransform(shear: 15),
      [
        4.44125, 10.6299, 16.8738, 12.7795, 5.81778, 13.4369, 14.6869, 5.22062, 12.0178, 16.6252,
        1, 8, 15, 22, 6, 12.5911, 17.7794, 8.31308, 9.56308, 15.9822, 2.74963, 6.12617, 12.3701,
        8.22049, 4.12617,
      ]
    ),
    (
      ImageTransform(zoomX: 0.8, zoomY: 1.3),
      [
        2.8, 8.4, 14, 19.6, 11.4, 11.2, 13.58, 6.3, 11.9, 13.36, 3.8, 9.4, 15, 20.6, 12.4, 12.5,
        14.88, 7.6, 7.68, 11.9, 4.8, 10.4, 16, 3.2, 4.2,
      ]
    ),
    (
      ImageTransform(rotation: -35, shiftX: 0.7, shiftY: 0.4, shear: 10, zoomX: 1.1, zoomY: 0.9),
      [
        7.55654, 16.0929, 11.052, 20.6023, 7.49186, 9.8106, 11.3932, 7.28313, 14.1168, 5, 17.9235,
        9.44302, 19.7337, 13.6904, 12.9715, 11.6674, 8.02925, 14.0344, 7.3308, 11.7204, 14.3299,
        5.40028, 8.81222, 17.1189, 9.54772,
      ]
    ),
  ]

  private func apply(_ transform: ImageTransform, to image: Tensor) -> Tensor {
    let numbers = transform.numbers(height: image.shape[1], width: image.shape[2])
    return image.transformed(by: Tensor(numbers, shape: [8]), fillMode: .nearest)
  }

  @Test func `every factor moves pixels as Keras does`() {
    for (transform, want) in Self.cases {
      let got = apply(transform, to: Self.image)
      // Keras' numbers are printed with six digits.
      #expect(got.isClose(to: Tensor(want, shape: [1, 5, 5, 1]), relative: 2e-5), "\(transform)")
    }
  }

  @Test func `flips come after everything else`() {
    let turned = Self.cases[4].0
    var flipped = turned
    flipped.flipsHorizontally = true
    let plain = apply(turned, to: Self.image)
    #expect(apply(flipped, to: Self.image).isClose(to: plain.flipped(along: 2), absolute: 1e-5))
    flipped.flipsVertically = true
    #expect(
      apply(flipped, to: Self.image).isClose(to: plain.flipped(along: [1, 2]), absolute: 1e-5))
  }

  @Test func `a shift in width moves columns, and the middle is the image's own`() {
    let wide = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 2, 3, 1])
    #expect(apply(ImageTransform(shiftX: 1), to: wide).scalars == [2, 3, 3, 5, 6, 6])
    #expect(apply(ImageTransform(shiftY: 1), to: wide).scalars == [4, 5, 6, 4, 5, 6])
    let turned = apply(ImageTransform(rotation: 180), to: wide)
    #expect(turned.isClose(to: wide.flipped(along: [1, 2]), relative: 1e-6))
    #expect(apply(ImageTransform(zoomX: 1, zoomY: 1), to: wide).scalars == wide.scalars)
  }
}
