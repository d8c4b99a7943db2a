/// Runs a closure over wrapped arguments and hands its results, with what is needed to walk back
/// from them, to `finish`.
///
/// Every call wraps its arguments in fresh identity nodes: that keeps apart `f(x, x)`, captured
/// outer arguments and the levels of nested calls.
func withGradientScope<Result>(
  _ arguments: [Tensor], _ body: ([Tensor], GradientScope) throws -> Result
) rethrows -> Result {
  let recorder = Recorder.current
  // A loop whose values nobody reads would grow without end; each step evaluates the one before.
  if recorder.scope == nil { Evaluation.run(arguments.map(\.node), recorder: recorder) }
  let scope = GradientScope(parent: recorder.scope, firstSerial: nextSerial())
  recorder.scope = scope
  defer {
    recorder.scope = scope.parent
    scope.close()
  }
  return try body(
    arguments.map { recorder.record(Identity(), [$0.node], $0.type) }, scope)
}

/// The gradients of a scalar value by wrapped arguments, zeros where it does not depend on one.
private func gradients(
  of value: Tensor, by arguments: [Tensor], _ scope: GradientScope, _ who: String,
  file: StaticString, line: UInt
) -> [Tensor] {
  check(
    value.count == 1,
    Diagnostic(
      who, "the value of the closure is no scalar", expected: "one element",
      got: "shape \(value.shape.text)",
      fix: "reduce it with sum() or mean(), or use vectorJacobianProduct(at:_:_:) or "
        + "jacobian(at:_:)"),
    file: file, line: line)
  check(
    value.dtype.isFloating,
    Diagnostic(
      who, "the value of the closure cannot be differentiated", expected: "float32 or float64",
      got: "\(value.dtype)", fix: "use cast(to:)"),
    file: file, line: line)
  let seed = Tensor.constant(1, value.dtype).broadcast(to: value.shape)
  let found = backward(
    from: [value.node], seeds: [seed], to: arguments.map(\.node), within: scope)
  return zip(arguments, found).map { argument, gradient in
    gradient ?? Tensor.zeros(argument.shape, dtype: argument.dtype)
  }
}

/// The value of a closure and its gradients by each of its arguments.
///
/// - Parameters:
///   - arguments: The point, floating point tensors.
///   - body: A function of the arguments with one element.
/// - Returns: The value, and one gradient of each argument's shape; zeros where the value does not
///   depend on it.
public func valueAndGradient(
  at arguments: [Tensor], file: StaticString = #fileID, line: UInt = #line,
  _ body: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  try withGradientScope(arguments) { wrapped, scope in
    let value = try body(wrapped)
    return (
      value, gradients(of: value, by: wrapped, scope, "valueAndGradient", file: file, line: line)
    )
  }
}

/// The value of a closure and its gradient, at a point.
public func valueAndGradient(
  at argument: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
  let (value, gradients) = try valueAndGradient(at: [argument], file: file, line: line) {
    try body($0[0])
  }
  return (value, gradients[0])
}

/// The value of a closure and its gradients by variables that it reads.
///
/// This is the step of a training loop:
///
///     let (loss, gradients) = valueAndGradient(of: weights) { loss(of: batch) }
///
/// - Parameters:
///   - variables: What to differentiate by; each once.
///   - body: A closure that reads the variables and returns one element.
/// - Returns: The value, and one gradient of each variable's shape; zeros where the value does not
///   depend on it.
public func valueAndGradient(
  of variables: [Variable], file: StaticString = #fileID, line: UInt = #line,
  _ body: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  try withGradientScope(variables.map(\.value)) { wrapped, scope in
    let originals = zip(variables, wrapped).map { $0.exchange($1) }
    defer {
      // What the closure assigned stays assigned.
      for (index, variable) in variables.enumerated()
      where variable.value.handle === wrapped[index].handle {
        _ = variable.exchange(originals[index])
      }
    }
    let value = try body()
    return (
      value, gradients(of: value, by: wrapped, scope, "valueAndGradient", file: file, line: line)
    )
  }
}

/// The gradient of a function, as a function: `gradient(f)(x)` is f′(x), and can be differentiated
/// again.
public func gradient(
  file: StaticString = #fileID, line: UInt = #line, _ body: @escaping (Tensor) -> Tensor
) -> (Tensor) -> Tensor {
  { valueAndGradient(at: $0, file: file, line: line, body).gradient }
}

/// The gradients of a function of two tensors, as a function.
public func gradient(
  file: StaticString = #fileID, line: UInt = #line,
  _ body: @escaping (Tensor, Tensor) -> Tensor
) -> (Tensor, Tensor) -> (Tensor, Tensor) {
  { a, b in
    let found = valueAndGradient(at: [a, b], file: file, line: line) { body($0[0], $0[1]) }
    return (found.gradients[0], found.gradients[1])
  }
}

/// The gradients of a function of three tensors, as a function.
public func gradient(
  file: StaticString = #fileID, line: UInt = #line,
  _ body: @escaping (Tensor, Tensor, Tensor) -> Tensor
) -> (Tensor, Tensor, Tensor) -> (Tensor, Tensor, Tensor) {
  { a, b, c in
    let found = valueAndGradient(at: [a, b, c], file: file, line: line) {
      body($0[0], $0[1], $0[2])
    }
    return (found.gradients[0], found.gradients[1], found.gradients[2])
  }
}

/// The gradient of a closure at a point.
public func gradient(
  at argument: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try valueAndGradient(at: argument, file: file, line: line, body).gradient
}

/// The gradients of a closure at a list of points.
public func gradient(
  at arguments: [Tensor], file: StaticString = #fileID, line: UInt = #line,
  _ body: ([Tensor]) throws -> Tensor
) rethrows -> [Tensor] {
  try valueAndGradient(at: arguments, file: file, line: line, body).gradients
}
