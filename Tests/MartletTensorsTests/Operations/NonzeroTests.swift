import Testing

@testable import MartletTensors

@Suite struct NonzeroTests {
  // numpy.argwhere, numpy.nonzero
  @Test func `places come in row-major order`() {
    let x = Tensor([0, 1, .nan, 0, -0.0, 2] as [Float], shape: [2, 3])
    #expect(x.argwhere().shape == [3, 2])
    #expect(x.argwhere().scalars(of: Int.self) == [0, 1, 0, 2, 1, 2])
    #expect(x.nonzero().map { $0.scalars(of: Int.self) } == [[0, 0, 1], [1, 2, 2]])
    #expect((x .> 1).argwhere().scalars(of: Int.self) == [1, 2])
    #expect(Tensor(3).argwhere().shape == [1, 0])
    #expect(Tensor(0).argwhere().shape == [0, 0])
    #expect(Tensor.zeros([2, 0]).argwhere().shape == [0, 2])
    #expect(Tensor.zeros([4, 4]).argwhere().shape == [0, 2])
  }

  @Test func `the indices of one axis pick what they found`() {
    let x = Tensor([5, 0, 7, 0] as [Float], shape: [4])
    #expect(x.taking(x.nonzero()[0], along: 0).scalars == [5, 7])
  }
}
