import Testing

@testable import MartletTensors

@Suite struct FlipTests {
  private let x = Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3])

  @Test func `axes are read backwards`() {
    #expect(x.flipped().scalars == [5, 4, 3, 2, 1, 0])
    #expect(x.flipped(along: 0).scalars == [3, 4, 5, 0, 1, 2])
    #expect(x.flipped(along: -1).scalars == [2, 1, 0, 5, 4, 3])
    #expect(x.flipped(along: []).scalars == x.scalars)
    #expect(Tensor(3).flipped().item() == 3)
    #expect(Tensor.ones([0, 2]).flipped().shape == [0, 2])
  }

  @Test func `a flip is a view that other views and kernels read`() {
    let flipped = x.flipped()
    #expect(flipped.plan.description.contains("copy"))
    #expect((flipped + 1).plan.steps.count == 1)
    #expect((x + flipped).scalars == [5, 5, 5, 5, 5, 5])
    #expect(flipped.transposed().scalars == [5, 2, 4, 1, 3, 0])
    #expect(flipped.reshaped(to: [3, 2]).scalars == [5, 4, 3, 2, 1, 0])
    #expect(flipped.flipped(along: 1).scalars == [3, 4, 5, 0, 1, 2])
    #expect(flipped.sum(along: 1).scalars == [12, 3])
    let product = x.flipped(along: 1).matmul(x.flipped(along: 0).transposed())
    #expect(product.scalars == [10, 1, 46, 10])
    #expect(flipped.split(into: 3, along: 1)[1].scalars == [4, 1])
  }

  @Test func `a repeated axis is refused`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).flipped(along: [0, -2])
    }
    expectMessage(result, "flip: an axis is named twice.")
  }
}
