import Testing

@testable import MartletTensors

@Suite struct ConcatenationTests {
  private let a = Tensor([0, 1, 2, 3] as [Float], shape: [2, 2])
  private let b = Tensor([4, 5] as [Float], shape: [1, 2])

  @Test func `tensors stand one behind the other`() {
    #expect(Tensor.concatenate([a, b]).scalars == [0, 1, 2, 3, 4, 5])
    let wide = Tensor.concatenate([a, b.reshaped(to: [2, 1])], along: -1)
    #expect(wide.shape == [2, 3])
    #expect(wide.scalars == [0, 1, 4, 2, 3, 5])
    #expect(Tensor.concatenate([a]).scalars == a.scalars)
    let empty = Tensor.zeros([0, 2])
    #expect(Tensor.concatenate([empty, a, empty]).scalars == a.scalars)
    #expect(Tensor.concatenate([empty, empty]).shape == [0, 2])
  }

  @Test(arguments: DType.allCases)
  func `every element type moves`(dtype: DType) {
    let (a, b) = (a.cast(to: dtype), b.cast(to: dtype))
    let expected: [Double] = dtype == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5]
    #expect(Tensor.concatenate([a, b]).scalars(of: Double.self) == expected)
    #expect(Tensor.stack([a, a], along: -1).shape == [2, 2, 2])
  }

  @Test func `views are written straight to their places`() {
    let joined = Tensor.concatenate([a.transposed(), b.broadcast(to: [3, 2]), a.flipped()])
    #expect(joined.plan.steps.count == 3)
    #expect(joined.scalars == [0, 2, 1, 3, 4, 5, 4, 5, 4, 5, 3, 2, 1, 0])
  }

  @Test func `stacking makes a new axis`() {
    #expect(Tensor.stack([Tensor(1), Tensor(2)]).scalars == [1, 2])
    let stacked = Tensor.stack([a, a * 10], along: 1)
    #expect(stacked.shape == [2, 2, 2])
    #expect(stacked.scalars == [0, 1, 0, 10, 2, 3, 20, 30])
  }

  @Test func `splitting undoes concatenation`() {
    let x = Tensor((0..<12).map(Float.init), shape: [2, 6])
    let parts = x.split(into: 3, along: 1)
    #expect(parts.map(\.scalars) == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])
    #expect(Tensor.concatenate(parts, along: 1).scalars == x.scalars)
    #expect(x.split(sizes: [1, 0, 5], along: -1).map(\.shape) == [[2, 1], [2, 0], [2, 5]])
  }

  @Test func `mistakes name index and shape`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.concatenate([.ones([2, 3]), .ones([2, 3]), .ones([2, 4])], along: 0)
    }
    expectMessage(
      result,
      """
      concatenate: a tensor does not fit the first.
        expected the sizes of [2, 3] at all axes but 0
        got      [2, 4] at index 2
      """)
    expectMessage(result, "ConcatenationTests.swift:")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.concatenate([])
    }
    expectMessage(result, "concatenate: there is nothing to put together.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.concatenate([Tensor(1), Tensor(2)])
    }
    expectMessage(result, "concatenate: scalars have no axis.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.stack([.ones([2]), .ones([2], dtype: .int32)])
    }
    expectMessage(
      result,
      """
      stack: the element types differ.
        expected float32, as of the first
        got      int32 at index 1
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.stack([.ones([2]), .ones([3])])
    }
    expectMessage(result, "stack: a tensor does not fit the first.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 5]).split(into: 2, along: 1)
    }
    expectMessage(
      result,
      """
      split: the axis does not divide into equal parts.
        expected a number of parts that divides 5
        got      2, axis 1 of [2, 5]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([5]).split(sizes: [2, 2])
    }
    expectMessage(result, "split: the sizes do not add up to that of the axis.")
  }
}
