import Testing

@testable import MartletTensors

@Suite struct GatherTests {
  private let x = Tensor((0..<6).map(Float.init), shape: [3, 2])

  private func indices(_ values: [Int], _ shape: Shape) -> Tensor { Tensor(values, shape: shape) }

  // numpy.take
  @Test func `indices pick along an axis`() {
    #expect(x.taking(indices([2, 0, -1], [3]), along: 0).scalars == [4, 5, 0, 1, 4, 5])
    #expect(x.taking(indices([1, 1, 0], [3]), along: 1).scalars == [1, 1, 0, 3, 3, 2, 5, 5, 4])
    #expect(x.taking(indices([1, 0, 0, 1], [2, 2]), along: 0).shape == [2, 2, 2])
    #expect(x.taking(indices([1], []), along: 0).scalars == [2, 3])
    #expect(x.taking(indices([5, -6, 3], [3])).scalars == [5, 0, 3])
    #expect(x.taking(indices([], [0]), along: 0).shape == [0, 2])
    #expect(Tensor.zeros([0, 2]).taking(indices([], [0]), along: 0).shape == [0, 2])
    let bytes = indices([2, 1], [2]).cast(to: .uint8)
    #expect(x.taking(bytes, along: 0).scalars == [4, 5, 2, 3])
  }

  @Test(arguments: DType.allCases)
  func `every element type is picked`(dtype: DType) {
    let picked = x.cast(to: dtype).taking(indices([0, 2], [2]), along: 0)
    let expected = x.cast(to: dtype).scalars(of: Double.self)
    #expect(picked.scalars(of: Double.self) == [0, 1, 4, 5].map { expected[$0] })
  }

  // numpy.take_along_axis
  @Test func `each element of the result has its own index`() {
    #expect(x.takingAlong(1, at: indices([1, 0, -2], [3, 1])).scalars == [1, 2, 4])
    #expect(x.takingAlong(0, at: indices([2, 0, 1, 1], [2, 2])).scalars == [4, 1, 2, 3])
  }

  // numpy.add.at
  @Test func `scattered elements are added in order, repeats too`() {
    let ones = Tensor.ones([3, 2])
    #expect(
      x.addingScattered(ones * 10, at: indices([0, -1, 0], [3])).scalars
        == [20, 21, 2, 3, 14, 15])
    #expect(
      x.addingScattered(Tensor.ones([3, 2]), at: indices([1, 1], [2]), along: 1).scalars
        == [0, 3, 2, 5, 4, 7])
    #expect(
      x.addingScattered(Tensor.ones([1, 2]), along: 0, atEach: indices([2, 0], [1, 2])).scalars
        == [0, 2, 2, 3, 5, 5])
    let counts = Tensor.zeros([4], dtype: .int64)
      .addingScattered(
        Tensor.ones([5], dtype: .int64), at: indices([3, 1, 3, 3, 1], [5]))
    #expect(counts.scalars(of: Int.self) == [0, 2, 0, 3])
  }

  @Test func `what was picked twice has twice the gradient`() {
    let slope = gradient(at: x) { $0.taking(indices([0, 0, 2], [3]), along: 0).sum() }
    #expect(slope.scalars == [2, 2, 0, 0, 1, 1])
  }

  @Test func `an index out of range is named with its place`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let index = Tensor([0, 2, -3, 7, 3, 9] as [Int], shape: [2, 3])
      _ = Tensor.ones([5, 3, 2]).taking(index, along: 1).scalars
    }
    expectMessage(
      result,
      """
      take: an index is out of range.
        expected indices in -3 ..< 3, axis 1 of [5, 3, 2]
        got      7 at [1, 0] of the indices, shape [2, 3]
        fix      check the indices, or hold them in the range with clipped(to:_:)
      """)
    expectMessage(result, "GatherTests.swift:")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      // The indices are computed in the same plan.
      let index = Tensor([0, 1] as [Int32], shape: [2]) * 4
      _ = Tensor.ones([3]).taking(index, along: 0).scalars
    }
    expectMessage(result, "got      4 at [1] of the indices, shape [2]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ =
        Tensor.ones([3, 2])
        .takingAlong(0, at: Tensor([0, 0, 0, -4] as [Int], shape: [2, 2])).scalars
    }
    expectMessage(
      result,
      """
      takeAlong: an index is out of range.
        expected indices in -3 ..< 3, axis 0 of [3, 2]
        got      -4 at [1, 1] of the indices, shape [2, 2]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let index = Tensor([0, 3] as [Int], shape: [2])
      _ = Tensor.zeros([3]).addingScattered(.ones([2]), at: index).scalars
    }
    expectMessage(
      result,
      """
      scatterAdd: an index is out of range.
        expected indices in -3 ..< 3, axis 0 of [3]
        got      3 at [1] of the indices, shape [2]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([0, 2]).taking(Tensor([0] as [Int], shape: [1]), along: 0).scalars
    }
    expectMessage(result, "expected no index, axis 0 of [0, 2] is empty")
  }

  @Test func `mistakes in shapes and types are named at the call`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([3]).taking(Tensor([0.5]), along: 0)
    }
    expectMessage(
      result,
      """
      take: the indices are no integers.
        expected int32, int64 or uint8
        got      float32
        fix      use cast(to: .int32)
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([3, 2]).takingAlong(0, at: Tensor([0, 1, 2] as [Int32], shape: [1, 3]))
    }
    expectMessage(
      result,
      """
      takeAlong: the indices do not fit the tensor.
        expected the sizes of [3, 2] at all axes but 0
        got      indices of shape [1, 3]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let index = Tensor([0, 1] as [Int32], shape: [2])
      _ = Tensor.ones([3, 2]).addingScattered(.ones([2, 3]), at: index)
    }
    expectMessage(
      result,
      """
      scatterAdd: the updates do not fit tensor and indices.
        expected shape [2, 2]
        got      [2, 3]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([3]).addingScattered(
        .ones([1], dtype: .float64), at: Tensor([0] as [Int], shape: [1]))
    }
    expectMessage(result, "got      float32 and updates of float64")
  }
}
