import MartletTensors
import Testing

@testable import MartletLayers

/// The gradients that are written out, against those of the equations.
@Suite("Standardization")
struct StandardizationTests {
  private let source = RandomSource(seed: 11)

  private func random(_ shape: Shape) -> Tensor {
    Tensor.randomNormal(shape, dtype: .float64, using: source).evaluated()
  }

  /// Gradients of a weighted sum, and those of a weighted sum of these.
  private func gradients(
    _ f: @escaping ([Tensor]) -> Tensor, at x: [Tensor], _ weight: Tensor, _ directions: [Tensor]
  ) -> [Tensor] {
    func first(_ x: [Tensor]) -> [Tensor] {
      gradient(at: x) { given in (f(given) * weight).sum() }
    }
    let second = gradient(at: x) { given in
      var total = Tensor.zeros([], dtype: .float64)
      for (share, direction) in zip(first(given), directions) {
        total = total + (share * direction).sum()
      }
      return total
    }
    return first(x) + second
  }

  private func plain(_ x: Tensor, _ axes: [Int]) -> Tensor {
    let distances = x - x.mean(along: axes, keepingDimensions: true)
    let variance = distances.square().mean(along: axes, keepingDimensions: true)
    return distances * (variance + 1e-3).rsqrt()
  }

  @Test("Gradients of first and second order along any axes are those of the equation")
  func standardized() {
    for axes in [[0], [2], [0, 1], [1, 2], [0, 1, 2]] {
      let x = [random([4, 3, 5])]
      let (weight, direction) = (random([4, 3, 5]), [random([4, 3, 5])])
      let own = gradients(
        { $0[0].standardized(along: axes, epsilon: 1e-3) }, at: x, weight, direction)
      let expected = gradients({ plain($0[0], axes) }, at: x, weight, direction)
      for (own, expected) in zip(own, expected) {
        #expect(own.isClose(to: expected, relative: 1e-9, absolute: 1e-11), "\(axes)")
      }
    }
  }

  @Test("Gradients by gamma and beta are those of the equation, to the second order")
  func normalized() {
    for axis in 0..<3 {
      let shape = [4, 3, 5]
      let axes = shape.indices.filter { $0 != axis }
      let wide = shape.indices.map { $0 == axis ? shape[axis] : 1 }
      let inputs = [random(shape), random([shape[axis]]), random([shape[axis]])]
      let weight = random(shape)
      let directions = inputs.map { random($0.shape) }
      let own = gradients(
        { $0[0].normalized(channels: axis, epsilon: 1e-3, gamma: $0[1], beta: $0[2]).y },
        at: inputs, weight, directions)
      let expected = gradients(
        { plain($0[0], axes) * $0[1].reshaped(to: wide) + $0[2].reshaped(to: wide) },
        at: inputs, weight, directions)
      for (own, expected) in zip(own, expected) {
        #expect(own.isClose(to: expected, relative: 1e-9, absolute: 1e-11), "axis \(axis)")
      }
    }
  }
}
