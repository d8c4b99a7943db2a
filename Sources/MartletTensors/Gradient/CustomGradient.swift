/// The same value, through which no gradient passes.
struct StopGradient: AliasOperation {
  let name = "stopGradient"
}

/// A value whose gradient is what a closure says: an alias of its first input.
final class CustomGradient: AliasOperation {
  let name = "customGradient"
  private let backward: @Sendable (_ dy: Tensor, _ x: [Tensor], _ y: Tensor) -> [Tensor]

  init(_ backward: @escaping @Sendable (Tensor, [Tensor], Tensor) -> [Tensor]) {
    self.backward = backward
  }

  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    let found = backward(at.dy, at.inputs.dropFirst().map { Tensor($0) }, at.y)
    check(
      found.count == wanted.count - 1,
      Diagnostic(
        "customGradient", "the closure returned the wrong number of gradients",
        expected: "\(wanted.count - 1), one for each input", got: "\(found.count)"),
      file: #fileID, line: #line)
    for (index, gradient) in found.enumerated() {
      let input = at.inputs[index + 1].type
      check(
        gradient.shape == input.shape && gradient.dtype == input.dtype,
        Diagnostic(
          "customGradient", "gradient \(index) does not fit its input",
          expected: "\(input.dtype) \(input.shape.text)",
          got: "\(gradient.dtype) \(gradient.shape.text)"),
        file: #fileID, line: #line)
    }
    return [nil] + found
  }
}

extension Tensor {
  /// The same value as a constant: no gradient passes through it.
  public func stoppingGradient() -> Tensor {
    Recorder.current.record(StopGradient(), [node], type)
  }
}

/// The value of a function with a gradient of its own.
///
/// - Parameters:
///   - inputs: The arguments; only through them do gradients pass.
///   - forward: The value, from the arguments.
///   - backward: One gradient of each argument's shape, from the gradient of the value, the
///     arguments and the value. It is differentiated like any other code when a gradient of the
///     gradient is asked for.
public func withCustomGradient(
  _ inputs: [Tensor], forward: ([Tensor]) throws -> Tensor,
  backward: @escaping @Sendable (_ dy: Tensor, _ x: [Tensor], _ y: Tensor) -> [Tensor]
) rethrows -> Tensor {
  let value = try forward(inputs.map { $0.stoppingGradient() }).stoppingGradient()
  return Recorder.current.record(
    CustomGradient(backward), [value.node] + inputs.map(\.node), value.type)
}
