import Testing

@testable import MartletTensors

@Suite struct ReadingTests {
  let x = Tensor([[1, 2, 3], [4, 5, 6]])

  @Test func `nested arrays have the tensor's rank`() {
    #expect(Tensor(3).nested(as: Float.self) == 3)
    #expect(Tensor([1, 2]).nested() == [1, 2] as [Float])
    #expect(x.nested(as: [[Float]].self) == [[1, 2, 3], [4, 5, 6]])
    #expect(x.nested(as: [[Int]].self) == [[1, 2, 3], [4, 5, 6]])
    #expect(x.transposed().nested(as: [[Double]].self) == [[1, 4], [2, 5], [3, 6]])
    #expect(
      x.reshaped(to: [1, 3, 2]).nested(as: [[[Float]]].self) == [[[1, 2], [3, 4], [5, 6]]])
    #expect((x .> 3).nested(as: [[Bool]].self) == [[false, false, false], [true, true, true]])
    #expect(Tensor.zeros([2, 0]).nested(as: [[Float]].self) == [[], []])
    #expect(Tensor.zeros([0, 2]).nested(as: [[Float]].self) == [])
    let back: [[[[Float]]]] = Tensor.arange(24, dtype: .float32).reshaped(to: [2, 3, 2, 2]).nested()
    #expect(
      Tensor(back).isEqual(to: Tensor.arange(24, dtype: .float32).reshaped(to: [2, 3, 2, 2])))
  }

  @Test func `a single element is read as any type`() {
    #expect(Tensor(2.5).item() == 2.5)
    #expect(Tensor([[7]]).item(of: Int.self) == 7)
    #expect(x.sum().item(of: Float.self) == 21)
  }

  @Test func `elements are lent to a closure`() {
    #expect(x.withElements(of: Float.self) { $0.reduce(0, +) } == 21)
    #expect(
      x.transposed().withElements { (elements: UnsafeBufferPointer<Float>) in elements[1] } == 4)
  }

  @Test func `tensors are equal where shape, type and elements are`() {
    #expect(x.isEqual(to: x + 0))
    #expect(!x.isEqual(to: x + 1))
    #expect(!x.isEqual(to: x.cast(to: .float64)))
    #expect(!x.isEqual(to: x.reshaped(to: [3, 2])))
    #expect(Tensor.zeros([0]).isEqual(to: Tensor.zeros([0])))
    #expect(Tensor([true]).isEqual(to: Tensor([true])))
    #expect(!Tensor([Float.nan]).isEqual(to: Tensor([Float.nan])))
  }

  @Test func `close tensors differ by less than both tolerances`() {
    #expect(x.isClose(to: x * 1.000_001))
    #expect(!x.isClose(to: x * 1.001))
    #expect(x.isClose(to: x * 1.001, relative: 0.01))
    #expect(x.isClose(to: x + 0.5, relative: 0, absolute: 0.5))
    #expect(!x.isClose(to: x[0]))
    let special = Tensor([Float.nan, .infinity])
    #expect(!special.isClose(to: special))
    #expect(special.isClose(to: special, nanEqual: true))
    #expect(!Tensor([1e30]).isClose(to: Tensor([Float.infinity])))
    #expect(!Tensor([-Float.infinity]).isClose(to: Tensor([Float.infinity]), relative: 1))
  }

  @Test func `item of many elements traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).item()
    }
    expectMessage(
      result,
      """
      ReadingTests.swift:\(#line - 6): Fatal error: item: the tensor has not one element.
        expected 1 element
        got      2, shape [2]
        fix      index it, or use scalars
      """)
  }

  @Test func `nested arrays of another depth trap`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).nested(as: [[Float]].self)
    }
    expectMessage(
      result,
      """
      ReadingTests.swift:\(#line - 6): Fatal error: nested: the arrays are not nested as deep as the \
      tensor.
        expected depth 1
        got      Array<Array<Float>>, for shape [2]
      """)
  }

  @Test func `elements of another type are not lent`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).withElements(of: Double.self) { $0[0] }
    }
    expectMessage(
      result,
      """
      ReadingTests.swift:\(#line - 6): Fatal error: withElements: the elements are of another type.
        expected float32
        got      float64 (Double)
        fix      use cast(to:)
      """)
  }
}
