import Testing

@testable import MartletTensors

@Suite struct TriangleTests {
  private let x = Tensor((1...6).map(Float.init), shape: [2, 3])

  // numpy.triu, numpy.tril
  @Test func `triangles keep their diagonals`() {
    #expect(x.upperTriangle().scalars == [1, 2, 3, 0, 5, 6])
    #expect(x.upperTriangle(diagonal: 1).scalars == [0, 2, 3, 0, 0, 6])
    #expect(x.lowerTriangle().scalars == [1, 0, 0, 4, 5, 0])
    #expect(x.lowerTriangle(diagonal: -1).scalars == [0, 0, 0, 4, 0, 0])
    #expect(x.upperTriangle(diagonal: -5).scalars == x.scalars)
    #expect(x.upperTriangle(diagonal: .max).scalars == [0, 0, 0, 0, 0, 0])
    #expect(x.lowerTriangle(diagonal: .min).scalars == [0, 0, 0, 0, 0, 0])
    #expect(Tensor.ones([2, 2, 2]).lowerTriangle().scalars == [1, 0, 1, 1, 1, 0, 1, 1])
    #expect(Tensor.ones([0, 3]).upperTriangle().shape == [0, 3])
    let nan = Tensor([.nan, .nan, .nan, .nan] as [Float], shape: [2, 2]).upperTriangle()
    #expect(nan.scalars[2] == 0 && nan.scalars[0].isNaN)
  }

  // numpy.diagonal
  @Test func `a matrix has diagonals`() {
    #expect(x.diagonal().scalars == [1, 5])
    #expect(x.diagonal(offset: 1).scalars == [2, 6])
    #expect(x.diagonal(offset: 2).scalars == [3])
    #expect(x.diagonal(offset: -1).scalars == [4])
    #expect(x.diagonal(offset: 3).shape == [0])
    #expect(x.diagonal(offset: .min).shape == [0])
    #expect(x.transposed().diagonal(offset: -1).scalars == [2, 6])
    #expect(Tensor((0..<8).map(Float.init), shape: [2, 2, 2]).diagonal().scalars == [0, 3, 4, 7])
    #expect(Tensor.ones([0, 3]).diagonal().shape == [0])
  }

  // numpy.diag
  @Test func `a vector makes a matrix`() {
    let v = Tensor([1, 2] as [Float], shape: [2])
    #expect(v.diagonalMatrix().scalars == [1, 0, 0, 2])
    #expect(v.diagonalMatrix(offset: 1).scalars == [0, 1, 0, 0, 0, 2, 0, 0, 0])
    #expect(v.diagonalMatrix(offset: -1).scalars == [0, 0, 0, 1, 0, 0, 0, 2, 0])
    #expect(Tensor.ones([2, 1]).diagonalMatrix().shape == [2, 1, 1])
    #expect(Tensor.zeros([0]).diagonalMatrix(offset: -2).scalars == [0, 0, 0, 0])
    #expect(v.diagonalMatrix(offset: 3).diagonal(offset: 3).scalars == [1, 2])
  }

  @Test func `classes become rows`() {
    let labels = Tensor([1, 0, 3, -1] as [Int32], shape: [4])
    #expect(labels.oneHot(depth: 3).scalars == [0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(labels.oneHot(depth: 2, along: 0).scalars == [0, 1, 0, 0, 1, 0, 0, 0])
    #expect(labels.cast(to: .int64).oneHot(depth: 2, dtype: .bool).dtype == .bool)
    #expect(Tensor([200] as [UInt8], shape: [1]).oneHot(depth: 300).sum().item() == 1)
    #expect(Tensor([2] as [Int64], shape: []).oneHot(depth: 3).scalars == [0, 0, 1])
    #expect(labels.oneHot(depth: 0).shape == [4, 0])
  }

  @Test func `what is no matrix is refused`() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([3]).upperTriangle()
    }
    expectMessage(
      result,
      """
      triu: the tensor is no matrix.
        expected rank 2 or more, […, rows, columns]
        got      shape [3]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([3]).diagonalMatrix(offset: .min)
    }
    expectMessage(result, "Tensor: the tensor is too large to address.")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([3]).oneHot(depth: 2)
    }
    expectMessage(
      result,
      """
      oneHot: it is not defined for these arguments.
        expected integers, and a depth of 0 or more
        got      float32, depth 2
        fix      use cast(to: .int32)
      """)
  }
}
