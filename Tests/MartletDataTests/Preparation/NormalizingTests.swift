import MartletData
import MartletTensors
import Testing

/// Expected numbers are those of Keras 3.15.1's utils.normalize, along the first axis of ops.
@Suite struct NormalizingTests {
  private let x = Tensor([[1, -2, 3], [0, 0, 0], [4, 5.5, -6]] as [[Float]])

  @Test(arguments: [
    (
      2.0, -1,
      [0.26726124, -0.53452247, 0.8017837, 0, 0, 0, 0.44105428, 0.6064496, -0.6615814] as [Float]
    ),
    (1, 1, [0.16666667, -0.33333334, 0.5, 0, 0, 0, 0.2580645, 0.3548387, -0.38709676]),
    (3, 1, [0.30285344, -0.6057069, 0.9085603, 0, 0, 0, 0.5233915, 0.7196633, -0.7850872]),
    (.infinity, -1, [0.33333334, -0.6666667, 1, 0, 0, 0, 0.6666667, 0.9166667, -1]),
    (2, 0, [0.24253564, -0.34174308, 0.4472136, 0, 0, 0, 0.97014254, 0.93979347, -0.8944272]),
  ])
  func `rows have length 1, of any order`(order: Double, axis: Int, expected: [Float]) throws {
    let y = try normalize(x, axis: axis, order: order)
    #expect(y.isClose(to: Tensor(expected, shape: [3, 3]), relative: 1e-6, absolute: 1e-7))
  }

  @Test func `integers are taken, what makes no sense is refused`() throws {
    #expect(try normalize(Tensor([3, 4], dtype: .int32)).isClose(to: Tensor([0.6, 0.8])))
    #expect(throws: Diagnostic.self) { try normalize(x, order: 0) }
    #expect(throws: Diagnostic.self) { try normalize(x, axis: 2) }
    #expect(throws: Diagnostic.self) { try normalize(Tensor(1.0)) }
  }
}
