import Testing

@testable import MartletTensors

/// What the operations of a family's manifest are called here.
struct GoldenFamily: Sendable {
  let name: String
  let calls: [String: @Sendable (GoldenCase) -> [Tensor]]
  /// What is wrong with the results of operations that have no reference.
  let residuals: [String: @Sendable (GoldenCase, [Tensor]) -> [String]]

  /// - Parameters:
  ///   - calls: The operations that have one result.
  ///   - several: The operations that have several.
  init(
    _ name: String, _ calls: [String: @Sendable (GoldenCase) -> Tensor],
    several: [String: @Sendable (GoldenCase) -> [Tensor]] = [:],
    residuals: [String: @Sendable (GoldenCase, [Tensor]) -> [String]] = [:]
  ) {
    self.name = name
    let single = calls.mapValues { call in { @Sendable golden in [call(golden)] } }
    self.calls = single.merging(several) { _, several in several }
    self.residuals = residuals
  }

  static let all = [
    elementwise, activations, reductions, linear, movement, windows, linearAlgebra, losses,
  ]

  /// What is wrong with the results of a case; nil if nothing is known of its operation.
  func failures(_ golden: GoldenCase) -> [String]? {
    guard let results = calls[golden.operation]?(golden) else { return nil }
    if golden.rule.kind == .linalg { return residuals[golden.operation]?(golden, results) }
    if results.count != golden.expected.count {
      return ["there are \(results.count) results, expected \(golden.expected.count)"]
    }
    return zip(results, golden.expected).compactMap { golden.rule.failure($0, expected: $1) }
  }
}

extension GoldenFamily: CustomTestStringConvertible {
  var testDescription: String { name }
}
