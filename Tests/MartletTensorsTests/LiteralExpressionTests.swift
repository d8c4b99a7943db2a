import Testing

@testable import MartletTensors

/// Long expressions of literals, which overloads for numbers could make slow to type-check:
/// compile with `-Xfrontend -warn-long-expression-type-checking=300`.
@Suite struct LiteralExpressionTests {
  @Test func `long expressions of literals type-check`() {
    let x = Tensor([0.5, 1])
    let n = 1
    let gelu = 0.5 * x * (1 + (0.7978845608 * (x + 0.044715 * x * x * x)).tanh())
    let polynomial = 1 + 2 * x + 3 * x * x - 4.5 * x * x * x + 1 / 3 * x - 2 * (x + 1) * (1 - x * x)
    let mixed = 2 * x[0] * x[1] + 3 * x[..<1] * x[1...] - 4.5 * x[..., 0] * (x[n] - x[n - 1]) + 1
    let newAxes = x[.newAxis] * x[..., .newAxis] + 0.5 * x[.every(-1)] - x[0..<2, .newAxis] * 3
    let comparison = (2 * x + 1 .> 3) .| (x * x - 1 .< 0.5) .& (1 - x .>= 0)
    let nested = Tensor([
      [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [1, 2, 3, 4, 5, 6, 7, 8],
      [-0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8], [-1, -2, -3, -4, -5, -6, -7, -8],
      [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3], [0, 0, 0, 0, 0, 0, 0, 1],
    ])
    let deep = Tensor([
      [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[[9, 10], [11, 12]], [[13, 14], [15, 16.5]]],
    ])
    let typed = Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype: .int64)
    let masks = Tensor([[true, false, true], [false, true, false]])
    let sum =
      Tensor([1, 2]) * 2 + Tensor([3, 4]) / 2 - 0.5 * Tensor([[1, 2], [3, 4]]).sum() + 1
    let d3 = gradient { gradient { gradient { x in (x * x * x * x).sum() }($0).sum() }($0).sum() }(
      Tensor([2.0]))
    #expect(gelu.shape == [2])
    #expect(polynomial.shape == [2])
    #expect(mixed.shape == [1])
    #expect(newAxes.shape == [2, 2])
    #expect(comparison.dtype == .bool)
    #expect(nested.shape == [6, 8])
    #expect(deep.shape == [2, 2, 2, 2])
    #expect(typed.dtype == .int64)
    #expect(masks.shape == [2, 3])
    #expect(sum.scalars == [-0.5, 2])
    #expect(d3.scalars == [48])
  }
}
