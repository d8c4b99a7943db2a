import MartletTensors

/// The losses of a model's outputs and what each counts in their sum.
///
///     let losses = OutputLosses([.mse, .binaryCrossentropy], weights: [1, 0.2])
///     let (total, each) = losses(targets, predictions)
public struct OutputLosses: Sendable {
  /// One loss for each output; nil for an output that is not trained by one.
  public let losses: [Loss?]
  /// What each loss counts in the sum.
  public let weights: [Double]

  /// Creates the losses of outputs.
  ///
  /// - Parameter weights: What each loss counts; 1 where nil.
  /// - Throws: A `Diagnostic` unless there are as many weights as losses, and one loss at least.
  public init(_ losses: [Loss?], weights: [Double]? = nil) throws(Diagnostic) {
    if let weights, weights.count != losses.count {
      throw Diagnostic(
        "loss weights", "the weights do not fit the losses",
        expected: "\(losses.count) weights, one for each loss", got: "\(weights.count)")
    }
    if !losses.contains(where: { $0 != nil }) {
      throw Diagnostic(
        "losses", "no output has a loss", expected: "one loss at least", got: "none",
        fix: "give compile a loss")
    }
    self.losses = losses
    self.weights = weights ?? losses.map { _ in 1 }
  }

  /// The weighted sum of the losses, and each of them by itself without its weight.
  ///
  /// - Parameters:
  ///   - yTrue: Targets, one for each output that has a loss or one for each output.
  ///   - yPred: Predictions, one for each output.
  ///   - sampleWeights: One for each output, or a single one for all.
  ///   - masks: One for each output; empty for none.
  public func callAsFunction(
    _ yTrue: [Tensor], _ yPred: [Tensor], sampleWeights: [Tensor?] = [], masks: [Tensor?] = [],
    file: StaticString = #fileID, line: UInt = #line
  ) -> (total: Tensor, each: [Tensor?]) {
    let targets = paired(yTrue)
    guard yPred.count == losses.count, targets.count == losses.count else {
      trap(
        Diagnostic(
          "losses", "targets or predictions do not fit the outputs",
          expected: "\(losses.count) predictions, and targets for those with a loss",
          got: "\(yTrue.count) targets, \(yPred.count) predictions"),
        file: file, line: line)
    }
    var total: Tensor?
    var each: [Tensor?] = []
    for (output, loss) in losses.enumerated() {
      guard let loss, let target = targets[output] else {
        each.append(nil)
        continue
      }
      let weight = sampleWeights.count == 1 ? sampleWeights[0] : sampleWeights.at(output)
      let value = loss(
        target, yPred[output], sampleWeight: weight ?? nil, mask: masks.at(output) ?? nil,
        file: file, line: line)
      each.append(value)
      let part = weights[output] == 1 ? value : value * weights[output]
      total = total.map { $0 + part } ?? part
    }
    guard let total else {
      trap(Diagnostic("losses", "no output has a loss"), file: file, line: line)
    }
    return (total, each)
  }

  /// Targets in the places of the outputs that have a loss.
  private func paired(_ yTrue: [Tensor]) -> [Tensor?] {
    if yTrue.count == losses.count { return yTrue }
    guard yTrue.count == losses.count(where: { $0 != nil }) else { return [] }
    var rest = yTrue[...]
    return losses.map { $0 == nil ? nil : rest.removeFirst() }
  }
}

extension Array {
  /// The element at a place, or nil beyond the end.
  fileprivate func at(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
