import Foundation
import Testing

@testable import MartletTensors

/// What elements a check draws its inputs from.
enum Domain: Sendable {
  /// Numbers of a range, none closer than 0.02 to a point where the function has a kink.
  case range(ClosedRange<Double>, kinks: [Double] = [])
  /// Numbers that differ from each other by 0.05 or more: for what compares or sorts them.
  case distinct
  /// Given numbers, repeated as needed.
  case values([Double])

  static let reals = Domain.range(-2...2)
  static let positive = Domain.range(0.8...2.5)

  func sample(_ count: Int, seed: UInt64) -> [Double] {
    var random = SplitMix(state: seed)
    switch self {
    case .range(let range, let kinks):
      return (0..<count).map { _ in
        while true {
          let x = range.lowerBound + (range.upperBound - range.lowerBound) * random.unit()
          if kinks.allSatisfy({ abs(x - $0) > 0.02 }) { return x }
        }
      }
    case .distinct:
      return (0..<count).map { (Double($0) - Double(count) / 2) * 0.05 }.shuffled(using: &random)
    case .values(let values):
      return (0..<count).map { values[$0 % max(values.count, 1)] }
    }
  }
}

/// Steele, Lea and Flood's generator (2014): tests need numbers that stay the same.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// One setting of a check: the shapes of the free inputs, and how the operation gets to see them.
struct Setting: Sendable {
  let shapes: [Shape]
  /// Turns the free inputs into the operation's arguments: views of them, or one twice.
  let arguments: @Sendable ([Tensor]) -> [Tensor]
  let text: String

  init(
    _ shapes: Shape..., as text: String = "",
    arguments: @escaping @Sendable ([Tensor]) -> [Tensor] = { $0 }
  ) {
    self.init(shapes: shapes, as: text, arguments: arguments)
  }

  init(
    shapes: [Shape], as text: String = "",
    arguments: @escaping @Sendable ([Tensor]) -> [Tensor] = { $0 }
  ) {
    self.shapes = shapes
    self.arguments = arguments
    self.text = shapes.map(\.text).joined(separator: " ") + (text.isEmpty ? "" : " " + text)
  }

  /// Shapes and layouts for an operation of one input.
  static let unary: [Setting] = [
    Setting([]), Setting([1]), Setting([0]), Setting([3, 0, 2]), Setting([7]), Setting([13, 17]),
    Setting([2, 3, 5, 7]), Setting([1, 5]), Setting([4, 1]), Setting([2, 1, 3, 1, 2]),
    Setting([5, 3], as: "transposed") { [$0[0].transposed()] },
    Setting([2, 3, 4], as: "permuted") { [$0[0].transposed([1, 2, 0])] },
    Setting([1, 4], as: "expanded to [3, 4]") { [$0[0].broadcast(to: [3, 4])] },
    Setting([6, 2], as: "transposed and reshaped") { [$0[0].transposed().reshaped(to: [3, 4])] },
    Setting([17], as: "expanded to [2, 3, 17]") { [$0[0].broadcast(to: [2, 3, 17])] },
  ]

  /// Shapes and layouts for an operation of two inputs that broadcast.
  static let binary: [Setting] = [
    Setting([], []), Setting([1], [1]), Setting([0], [0]), Setting([3, 0, 2], [3, 0, 2]),
    Setting([7], [7]), Setting([13, 5], [13, 5]), Setting([2, 3, 5], [2, 3, 5]),
    Setting([1, 5], [4, 1]), Setting([5], [2, 3, 5]), Setting([2, 3, 5], [5]), Setting([], [3]),
    Setting([3], []), Setting([2, 1, 3], [4, 1]), Setting([2, 3, 1], [1, 3, 4]),
    Setting([1], [0]), Setting([0, 3], [3]),
    Setting([3, 4], [4, 3], as: "transposed") { [$0[0], $0[1].transposed()] },
    Setting([1, 4], [3, 4], as: "expanded") { [$0[0].broadcast(to: [3, 4]), $0[1]] },
    Setting([4, 3], as: "the same twice") { [$0[0], $0[0]] },
    Setting([3, 3], as: "with its transpose") { [$0[0], $0[0].transposed()] },
  ]
}

/// One public operation in the gradient table.
struct GradientRow: Sendable, CustomTestStringConvertible {
  /// The operation's public name, as the sources declare it.
  let name: String
  let domains: [Domain]
  let settings: [Setting]
  let function: @Sendable ([Tensor]) -> Tensor

  /// Describes an operation; `domains` repeats its last entry for further inputs.
  init(
    _ name: String, _ domains: [Domain] = [.reals], settings: [Setting],
    _ function: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    self.domains = domains
    self.settings = settings
    self.function = function
  }

  /// An operation of one input.
  static func unary(
    _ name: String, _ domain: Domain = .reals,
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) -> GradientRow {
    GradientRow(name, [domain], settings: Setting.unary) { function($0[0]) }
  }

  /// An operation of two inputs that broadcast.
  static func binary(
    _ name: String, _ domains: [Domain] = [.reals],
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> GradientRow {
    GradientRow(name, domains, settings: Setting.binary) {
      function($0[0], $0[1])
    }
  }

  var testDescription: String { name }
}

/// Compares gradients with five-point stencils in float64.
///
/// The function's elements are folded by Σ sin(f + 0.3): a plain sum would hide mistakes of softmax,
/// normalizations and permutations.
struct GradientCheck {
  let row: GradientRow
  let setting: Setting
  private let points: [[Double]]
  private let seed: UInt64

  init(_ row: GradientRow, _ setting: Setting) {
    self.row = row
    self.setting = setting
    let seed = row.name.utf8.reduce(UInt64(setting.text.utf8.count)) { $0 &* 131 &+ UInt64($1) }
    self.seed = seed
    points = setting.shapes.enumerated().map { index, shape in
      row.domains[min(index, row.domains.count - 1)]
        .sample(shape.elementCount, seed: seed &+ UInt64(index))
    }
  }

  private func fold(_ inputs: [Tensor]) -> Tensor {
    (row.function(setting.arguments(inputs)) + 0.3).sin().sum()
  }

  private func tensors(_ points: [[Double]]) -> [Tensor] {
    zip(points, setting.shapes).map { Tensor($0, shape: $1) }
  }

  /// The points moved by `step` along a direction.
  private func moved(_ direction: [[Double]], _ step: Double) -> [Tensor] {
    tensors(zip(points, direction).map { zip($0, $1).map { $0 + step * $1 } })
  }

  /// The derivative of `value` along a direction, to fourth order.
  private func stencil(_ direction: [[Double]], _ value: ([Tensor]) -> Double) -> Double {
    let h = 1e-3
    let far = value(moved(direction, -2 * h)) - value(moved(direction, 2 * h))
    let near = value(moved(direction, h)) - value(moved(direction, -h))
    return (far + 8 * near) / (12 * h)
  }

  /// Unit vectors where there are few inputs, random directions otherwise.
  private func directions() -> [[[Double]]] {
    let counts = points.map(\.count)
    let total = counts.reduce(0, +)
    if total <= 64 {
      var result: [[[Double]]] = []
      for (input, count) in counts.enumerated() {
        for element in 0..<count {
          var direction = counts.map { [Double](repeating: 0, count: $0) }
          direction[input][element] = 1
          result.append(direction)
        }
      }
      return result
    }
    return (0..<4).map { randomDirection($0) }
  }

  private func randomDirection(_ index: Int) -> [[Double]] {
    var random = SplitMix(state: seed ^ UInt64(index + 77))
    return points.map { $0.map { _ in 2 * random.unit() - 1 } }
  }

  private func dot(_ a: [Tensor], _ b: [[Double]]) -> Double {
    zip(a, b).reduce(0) { sum, pair in
      sum + zip(pair.0.scalars(of: Double.self), pair.1).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// What differs from finite differences; empty if nothing does.
  func failures() -> [String] {
    let inputs = tensors(points)
    let analytic = gradient(at: inputs) { fold($0) }
    var failures: [String] = []
    for (input, found) in zip(inputs, analytic) where found.shape != input.shape {
      failures.append("\(setting.text): the gradient of \(input.shape) has shape \(found.shape)")
    }
    if !failures.isEmpty { return failures }
    for direction in directions() {
      let expected = stencil(direction) { fold($0).item() }
      let found = dot(analytic, direction)
      if !(abs(found - expected) <= 1e-10 + 1e-8 * abs(expected)) {
        failures.append(
          "\(setting.text): first order, analytic \(found), numeric \(expected) along"
            + " \(direction.map { $0.prefix(6) })")
      }
    }
    if points.contains(where: { !$0.isEmpty }) {
      let v = randomDirection(1000)
      let weights = tensors(v)
      let second = gradient(at: inputs) { x in
        let first = gradient(at: x) { fold($0) }
        return zip(first, weights).map { ($0 * $1).sum() }.reduce(Tensor(0.0, dtype: .float64), +)
      }
      let direction = randomDirection(2000)
      let expected = stencil(direction) { x in dot(gradient(at: x) { fold($0) }, v) }
      let found = dot(second, direction)
      if !(abs(found - expected) <= 1e-8 + 1e-6 * abs(expected)) {
        failures.append(
          "\(setting.text): second order, analytic \(found), numeric \(expected)")
      }
    }
    return failures
  }
}
