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

  @Test func `empty batches and sizes`() {
    #expect(Tensor.zeros([0, 2, 2, 1]).resized(to: 5).shape == [0, 5, 5, 1])
    #expect(Tensor.zeros([1, 2, 2, 1]).resized(to: [0, 3]).scalars == [])
    #expect(Tensor.zeros([1, 0, 2, 1]).resized(to: [0, 3], interpolation: .nearest).scalars == [])
  }
}
