import Testing

@testable import MartletTensors

@Suite struct EinsumTests {
  private let a = Tensor((0..<12).map { Float($0 % 5) }, shape: [3, 4])
  private let b = Tensor((0..<20).map { Float($0 % 7) - 3 }, shape: [4, 5])

  @Test func `a product is one kernel that copies nothing`() {
    for (equation, x, y) in [
      ("ij,jk->ik", a, b), ("ji,jk->ik", a.transposed(), b), ("ij,kj", a, b.transposed()),
    ] {
      let product = Tensor.einsum(equation, x, y)
      let plan = product.plan.description
      #expect(plan.hasPrefix("plan: 1 kernels") && !plan.contains("copy"), "\(plan)")
      #expect(product.scalars == a.matmul(b).scalars)
    }
  }

  @Test func `a chain is multiplied pair by pair`() {
    let chain = Tensor.einsum("ij,jk,kl->il", a, b, b.transposed())
    #expect(chain.scalars == a.matmul(b).matmul(b.transposed()).scalars)
  }

  @Test func `integers are multiplied too`() {
    let x = Tensor((0..<6).map { Int32($0) }, shape: [2, 3])
    #expect(Tensor.einsum("ij,kj->ik", x, x).scalars(of: Int32.self) == [5, 14, 14, 50])
    #expect(Tensor.einsum("ii", x.matrix).scalars(of: Int32.self) == [4])
  }

  @Test func `an equation for other operands is refused`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.einsum("ij,jk->ik", Tensor.ones([2, 3]))
    }
    expectMessage(
      result,
      """
      einsum: the equation is for another number of operands.
        expected 1 terms, separated by commas
        got      2 in "ij,jk->ik"
      """)
  }

  @Test func `sizes that differ are named with their label`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.einsum("ij,jk->ik", Tensor.ones([2, 3]), Tensor.ones([4, 5]))
    }
    expectMessage(
      result,
      """
      einsum: a label stands for different sizes.
        expected one size for "j"
        got      3 and 4, shapes [2, 3], [4, 5] in "ij,jk->ik"
      """)
  }

  @Test func `terms of another rank, unknown labels and stray letters are refused`() async {
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.einsum("ijk->i", Tensor.ones([2, 3]))
    }
    expectMessage(rank, "expected 2 labels for shape [2, 3]\n  got      \"ijk\" in \"ijk->i\"")
    let label = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.einsum("ij->k", Tensor.ones([2, 3]))
    }
    expectMessage(label, "a label of the result is in no operand")
    let letter = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.einsum("i1->i", Tensor.ones([2, 3]))
    }
    expectMessage(letter, "expected letters a-z, A-Z, and ...\n  got      \"1\" in \"i1->i\"")
    let twice = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.einsum("ij->ii", Tensor.ones([2, 3]))
    }
    expectMessage(twice, "a label stands twice in the result")
    let dots = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.einsum("...j->j", Tensor.ones([2, 3]))
    }
    expectMessage(dots, "the result leaves out axes of the ellipsis")
  }
}

extension Tensor {
  /// The first two columns of a matrix of two rows.
  fileprivate var matrix: Tensor { transposed().reshaped(to: [3, 2]).slice(0..<2, along: 0) }
}
