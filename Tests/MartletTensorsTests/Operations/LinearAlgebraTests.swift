import Testing

@testable import MartletTensors

@Suite struct LinearAlgebraTests {
  /// Numbers between -1 and 1.
  private func matrix(_ shape: Shape, seed: UInt64) -> Tensor {
    var random = SplitMix(state: seed)
    return Tensor((0..<shape.elementCount).map { _ in 2 * random.unit() - 1 }, shape: shape)
  }

  private func norm(_ x: Tensor) -> Double { x.norm().item() }

  private func expectOrthonormal(
    _ q: Tensor, within bound: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let identity = Tensor.identity(q.shape[1], dtype: .float64)
    let error = norm(q.transposed().matmul(q) - identity)
    #expect(error <= bound, sourceLocation: sourceLocation)
  }

  @Test func `QR has small residuals at every shape`() {
    for (rows, columns) in [(1, 1), (7, 7), (67, 67), (40, 9), (9, 40), (100, 1), (1, 100)] {
      let a = matrix([rows, columns], seed: UInt64(rows))
      let (q, r) = a.qr()
      let bound = 1e-15 * Double(rows + columns)
      #expect(norm(a - q.matmul(r)) <= bound * norm(a))
      let identity = Tensor.identity(min(rows, columns), dtype: .float64)
      #expect(norm(q.transposed().matmul(q) - identity) <= bound)
    }
  }

  @Test func `singular values come to full accuracy, small ones too`() {
    // A graded matrix: rows of sizes 1, 2⁻²⁰, 2⁻⁴⁰, … whose small singular values others lose.
    let expected = (0..<5).map { Double(sign: .plus, exponent: -20 * $0, significand: 1) }
    let scales = Tensor(expected, shape: [5, 1])
    let q = matrix([5, 5], seed: 3).qr().q
    let found = (scales * q).svd()
    for (value, scale) in zip(found.s.scalars(of: Double.self), expected) {
      #expect(abs(value - scale) <= 1e-13 * scale)
    }
    expectOrthonormal(found.u, within: 1e-14)
    expectOrthonormal(found.v, within: 1e-14)
  }

  @Test func `a decomposition of 120 × 80 has small residuals`() {
    let a = matrix([120, 80], seed: 9)
    let (u, s, v) = a.svd()
    #expect(norm(a - (u * s).matmul(v.transposed())) <= 1e-13 * norm(a))
    expectOrthonormal(u, within: 1e-12)
    expectOrthonormal(v, within: 1e-12)
  }

  @Test func `extreme sizes neither overflow nor vanish`() {
    for scale in [1e-300, 1e-160, 1e160, 1e300] {
      let a = matrix([4, 3], seed: 5) * scale
      let plain = matrix([4, 3], seed: 5).singularValues()
      #expect(norm(a.singularValues() / scale - plain) <= 1e-14)
      let (q, r) = a.qr()
      #expect(norm(q.matmul(r) / scale - a / scale) <= 1e-14)
    }
  }

  @Test func `what is no number comes out as none`() {
    let a = Tensor([1, .nan, 2, 3] as [Double], shape: [2, 2])
    #expect(a.svd().u.scalars.allSatisfy { $0.isNaN })
    #expect(a.qr().r.scalars.contains { $0.isNaN })
    let indefinite = Tensor([1, 2, 2, 1] as [Double], shape: [2, 2])
    #expect(indefinite.cholesky().scalars.allSatisfy { $0.isNaN })
    let singular = Tensor([1, 2, 2, 4] as [Double], shape: [2, 2])
    let found = singular.solve(Tensor([1, 1] as [Double], shape: [2])).scalars
    #expect(found.allSatisfy { !$0.isFinite })
  }

  @Test func `a system is solved by pivoting`() {
    let a = Tensor([1e-20, 1, 1, 1] as [Double], shape: [2, 2])
    let x = a.solve(Tensor([1, 2] as [Double], shape: [2])).scalars(of: Double.self)
    #expect(x == [1, 1])
    let b = matrix([3, 6, 6], seed: 1)
    let identity = Tensor.identity(6, dtype: .float64)
    #expect(norm(b.inverse().matmul(b) - identity) <= 1e-12)
    #expect(abs(Tensor([2, 1, 1, 3] as [Double], shape: [2, 2]).determinant().item() - 5) < 1e-14)
    #expect(Tensor([0, 1, 1, 0] as [Double], shape: [2, 2]).determinant().item() == -1)
  }

  @Test func `gradients of singular values are finite where some are equal`() {
    let slope = gradient(at: Tensor.identity(3, dtype: .float64).evaluated()) {
      $0.singularValues().sum()
    }
    #expect(norm(slope - .identity(3, dtype: .float64)) <= 1e-15)
  }

  @Test func `a tensor that is no square matrix is refused`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([2, 3]).cholesky()
    }
    expectMessage(
      result,
      """
      cholesky: the tensor is no square matrix.
        expected […, n, n]
        got      [2, 3]
      """)
  }

  @Test func `a right side that does not fit is refused`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([3, 3]).solve(Tensor.ones([2, 4]))
    }
    expectMessage(
      result,
      """
      solve: the right side does not fit the matrix.
        expected [3] or […, 3, columns]
        got      [2, 4] for the matrix [3, 3]
      """)
  }
}
