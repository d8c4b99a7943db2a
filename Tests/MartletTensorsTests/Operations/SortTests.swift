import Testing

@testable import MartletTensors

@Suite struct SortTests {
  // numpy.sort, numpy.argsort(kind="stable")
  @Test func `elements come in order, equal ones in theirs`() {
    let x = Tensor([3, 1, 2, 1, 3, 0] as [Float], shape: [2, 3])
    #expect(x.sorted().scalars == [1, 2, 3, 0, 1, 3])
    #expect(x.sorted(along: 0).scalars == [1, 1, 0, 3, 3, 2])
    #expect(x.sorted(descending: true).scalars == [3, 2, 1, 3, 1, 0])
    let ties = Tensor([2, 1, 2, 1] as [Int32], shape: [4])
    #expect(ties.argsort().scalars(of: Int.self) == [1, 3, 0, 2])
    #expect(ties.argsort(descending: true).scalars(of: Int.self) == [0, 2, 1, 3])
  }

  @Test func `NaN is the largest, and both zeros are equal`() {
    let x = Tensor([.nan, -.infinity, 0, .infinity, -0.0, 1] as [Float], shape: [6])
    #expect(x.argsort().scalars(of: Int.self) == [1, 2, 4, 5, 3, 0])
    #expect(x.argsort(descending: true).scalars(of: Int.self) == [0, 3, 5, 2, 4, 1])
    #expect(x.sorted().scalars.last?.isNaN == true)
  }

  @Test(arguments: DType.allCases)
  func `every element type is sorted`(dtype: DType) {
    let x = Tensor([3, 0, 2, 1, 0] as [Float], shape: [5]).cast(to: dtype)
    let sorted = x.sorted()
    #expect(sorted.dtype == dtype)
    #expect(sorted.scalars(of: Double.self) == x.scalars(of: Double.self).sorted())
  }

  @Test func `views and long axes are sorted too`() {
    let x = Tensor((0..<3000).map { Float(($0 * 7919) % 3000) }, shape: [3000])
    #expect(x.flipped().sorted().scalars == (0..<3000).map(Float.init))
    #expect(Tensor.zeros([0, 3]).sorted(along: 0).shape == [0, 3])
    #expect(Tensor.zeros([3, 0]).argsort().shape == [3, 0])
  }

  @Test func `the largest come with their indices`() {
    let x = Tensor([3, 1, 4, 1, 5, 9, 2, 6, 5, 3] as [Float], shape: [2, 5])
    let (values, indices) = x.topK(2)
    #expect(values.scalars == [5, 4, 9, 6])
    #expect(indices.scalars(of: Int.self) == [4, 2, 0, 2])
    #expect(x.topK(1, along: 0).values.scalars == [9, 2, 6, 5, 5])
    #expect(x.topK(0).values.shape == [2, 0])
    let ties = Tensor([1, 7, 7, 0] as [Float], shape: [4]).topK(2)
    #expect(ties.indices.scalars(of: Int.self) == [1, 2])
  }

  @Test func `gradients go back to where elements came from`() {
    let x = Tensor([3, 1, 2] as [Float], shape: [3])
    let weights = Tensor([1, 10, 100] as [Float], shape: [3])
    #expect(gradient(at: x) { ($0.sorted() * weights).sum() }.scalars == [100, 1, 10])
    #expect(gradient(at: x) { $0.topK(1).values.sum() }.scalars == [1, 0, 0])
  }

  @Test func `mistakes name the number and the axis`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).topK(4)
    }
    expectMessage(
      result,
      """
      topK: there are not so many elements.
        expected 0 to 3, axis 1 of [2, 3]
        got      4
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(1).sorted()
    }
    expectMessage(result, "sort: the axis is out of range.")
  }
}
