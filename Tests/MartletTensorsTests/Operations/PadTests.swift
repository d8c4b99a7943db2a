import Testing

@testable import MartletTensors

@Suite struct PadTests {
  private let x = Tensor([1, 2, 3] as [Float], shape: [3])

  // numpy.pad(…, mode)
  @Test func `margins are as in NumPy`() {
    #expect(x.padded([(1, 2)]).scalars == [0, 1, 2, 3, 0, 0])
    #expect(x.padded([(1, 0)], mode: .constant(-1)).scalars == [-1, 1, 2, 3])
    #expect(x.padded(2, mode: .reflect).scalars == [3, 2, 1, 2, 3, 2, 1])
    #expect(x.padded(2, mode: .symmetric).scalars == [2, 1, 1, 2, 3, 3, 2])
    #expect(x.padded(2, mode: .edge).scalars == [1, 1, 1, 2, 3, 3, 3])
    #expect(x.padded([(0, 0)], mode: .reflect).scalars == [1, 2, 3])
  }

  @Test func `mirror images wider than the tensor are mirrored again`() {
    #expect(x.padded([(5, 4)], mode: .reflect).scalars == [2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3])
    #expect(x.padded([(4, 5)], mode: .symmetric).scalars == [3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1, 2])
    let one = Tensor([7] as [Float], shape: [1])
    #expect(one.padded(2, mode: .reflect).scalars == [7, 7, 7, 7, 7])
    #expect(one.padded(1, mode: .symmetric).scalars == [7, 7, 7])
  }

  @Test func `every axis has its own margins`() {
    let y = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    #expect(y.padded([(1, 0), (0, 1)]).scalars == [0, 0, 0, 1, 2, 0, 3, 4, 0])
    #expect(y.padded([(1, 0), (0, 1)], mode: .edge).scalars == [1, 2, 2, 1, 2, 2, 3, 4, 4])
    #expect(y.padded([(1, 0), (0, 1)], mode: .reflect).scalars == [3, 4, 3, 1, 2, 1, 3, 4, 3])
    #expect(Tensor(5).padded([]).item() == 5)
    let filled = Tensor.zeros([0, 2]).padded([(1, 1), (0, 0)], mode: .constant(3))
    #expect(filled.scalars == [3, 3, 3, 3])
    #expect(
      Tensor([1, 2], shape: [2]).cast(to: .uint8).padded(1, mode: .constant(9))
        .scalars(of: UInt8.self) == [9, 1, 2, 9])
  }

  @Test func `mistakes name widths and shape`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).padded([(1, 1)])
    }
    expectMessage(
      result,
      """
      pad: the widths do not fit the tensor.
        expected 2 pairs of widths of 0 or more, one for each axis of [2, 3]
        got      [[1, 1]]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 0]).padded(1, mode: .edge)
    }
    expectMessage(
      result,
      """
      pad: an empty axis has nothing to repeat.
        expected size 1 or more at axis 1
        got      shape [2, 0], mode edge
        fix      pad with .constant
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2]).padded([(.max, 1)])
    }
    expectMessage(result, "Tensor: the tensor is too large to address.")
  }
}
