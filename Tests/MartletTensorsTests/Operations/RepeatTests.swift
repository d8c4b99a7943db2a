import Testing

@testable import MartletTensors

@Suite struct RepeatTests {
  private let x = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])

  // numpy.tile
  @Test func `tiles repeat the whole block`() {
    #expect(x.tiled([1, 2]).scalars == [1, 2, 1, 2, 3, 4, 3, 4])
    #expect(x.tiled([2, 1]).scalars == [1, 2, 3, 4, 1, 2, 3, 4])
    #expect(x.tiled(2).shape == [2, 4])
    #expect(x.tiled([2, 1, 2]).shape == [2, 2, 4])
    #expect(x.tiled([2, 1, 2]).scalars == [1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4])
    #expect(x.tiled([0, 1]).shape == [0, 2])
    #expect(Tensor(5).tiled(3).scalars == [5, 5, 5])
    #expect(Tensor.ones([1, 2, 1, 2, 1, 2, 1, 2]).tiled([2, 2, 2, 2, 2, 2, 2, 2]).count == 4096)
  }

  // numpy.repeat
  @Test func `repeats stand side by side`() {
    #expect(x.repeated(2).scalars == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(x.repeated(2, along: 0).scalars == [1, 2, 1, 2, 3, 4, 3, 4])
    #expect(x.repeated(2, along: -1).scalars == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(x.repeated(0, along: 1).shape == [2, 0])
    #expect(x.repeated([2, 0], along: 0).scalars == [1, 2, 1, 2])
    #expect(x.repeated([1, 0, 2, 1]).scalars == [1, 3, 3, 4])
    #expect(Tensor.zeros([0]).repeated(3).shape == [0])
  }

  // numpy.roll
  @Test func `rolled elements come in at the other end`() {
    let y = Tensor([0, 1, 2, 3, 4] as [Float], shape: [5])
    #expect(y.rolled(by: 2).scalars == [3, 4, 0, 1, 2])
    #expect(y.rolled(by: -1, along: 0).scalars == [1, 2, 3, 4, 0])
    #expect(y.rolled(by: 7, along: 0).scalars == [3, 4, 0, 1, 2])
    #expect(y.rolled(by: .min, along: 0).scalars == y.rolled(by: .min % 5, along: 0).scalars)
    #expect(x.rolled(by: 1).scalars == [4, 1, 2, 3])
    #expect(x.rolled(by: [1, 1], along: [0, 1]).scalars == [4, 3, 2, 1])
    #expect(x.rolled(by: [1, 1], along: [0, 0]).scalars == x.scalars)
    #expect(Tensor.zeros([0, 3]).rolled(by: 1, along: 0).shape == [0, 3])
    #expect(Tensor(5).rolled(by: 3).item() == 5)
  }

  @Test func `mistakes name numbers and shape`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).repeated([1, 2], along: 1)
    }
    expectMessage(
      result,
      """
      repeat: the numbers of repeats do not fit the axis.
        expected 3 numbers of 0 or more, axis 1 of [2, 3]
        got      [1, 2]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2]).repeated(-1)
    }
    expectMessage(result, "repeat: the number of repeats is negative.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2]).tiled([2, -1])
    }
    expectMessage(result, "tile: a number of repeats is negative.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2]).tiled([.max, 3])
    }
    expectMessage(result, "Tensor: the tensor is too large to address.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 2]).rolled(by: [1], along: [0, 1])
    }
    expectMessage(result, "roll: the numbers of shifts and axes differ.")
  }
}
