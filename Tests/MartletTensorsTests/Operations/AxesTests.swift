import Testing

@testable import MartletTensors

@Suite struct AxesTests {
  private let x = Tensor(Array(0..<6).map(Float.init), shape: [1, 2, 1, 3])

  @Test func `squeezing takes out the named axes of size 1, or all`() {
    #expect(x.squeezed().shape == [2, 3])
    #expect(x.squeezed(along: -2).shape == [1, 2, 3])
    #expect(x.squeezed(along: [0, 2]).shape == [2, 3])
    #expect(Tensor.ones([1, 1]).squeezed().shape == [])
    #expect(Tensor.ones([2, 0]).squeezed().shape == [2, 0])
    #expect(x.squeezed().scalars == [0, 1, 2, 3, 4, 5])
  }

  @Test func `new axes stand where the result has them`() {
    #expect(Tensor(1).expandingDimensions(at: 0).shape == [1])
    #expect(Tensor.ones([2, 3]).expandingDimensions(at: [0, -1]).shape == [1, 2, 3, 1])
    #expect(Tensor.ones([2, 3]).expandingDimensions(at: 1).shape == [2, 1, 3])
    #expect(Tensor.ones([2, 3]).expandingDimensions(at: []).shape == [2, 3])
  }

  // numpy.moveaxis, numpy.swapaxes
  @Test func `moved axes leave the others in order`() {
    let y = Tensor.ones([2, 3, 4, 5])
    #expect(y.movingAxis(0, to: -1).shape == [3, 4, 5, 2])
    #expect(y.movingAxis(-1, to: 0).shape == [5, 2, 3, 4])
    #expect(y.movingAxes([0, 1], to: [2, 0]).shape == [3, 4, 2, 5])
    #expect(y.movingAxes([0, 1], to: [-1, -2]).shape == [4, 5, 3, 2])
    #expect(y.swappingAxes(0, -2).shape == [4, 3, 2, 5])
    #expect(y.swappingAxes(1, 1).shape == [2, 3, 4, 5])
    let z = Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3])
    #expect(z.movingAxis(0, to: 1).scalars == [0, 3, 1, 4, 2, 5])
  }

  @Test func `mistakes name the axis and the shape`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).squeezed(along: 1)
    }
    expectMessage(
      result,
      """
      squeeze: the axis does not have size 1.
        expected size 1 at axis 1
        got      3, shape [2, 3]
      """)
    expectMessage(result, "AxesTests.swift:")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2]).expandingDimensions(at: 2)
    }
    expectMessage(
      result,
      """
      expandDimensions: the axis is out of range.
        expected an axis in -2 ..< 2
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).movingAxes([0], to: [0, 1])
    }
    expectMessage(result, "moveAxes: the lists of axes differ in length.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).movingAxes([0, -2], to: [0, 1])
    }
    expectMessage(result, "moveAxes: an axis is named twice.")
  }
}
