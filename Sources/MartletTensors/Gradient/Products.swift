/// The value of a function and the product of a vector with its Jacobian matrix, vᵀ J.
///
/// - Parameters:
///   - arguments: The point.
///   - vector: The gradient by the value, of the value's shape.
///   - body: A function of the arguments, of any shape.
/// - Returns: The value, and Σᵢ vᵢ ∂yᵢ/∂x for each argument x, of its shape.
public func vectorJacobianProduct(
  at arguments: [Tensor], _ vector: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, products: [Tensor]) {
  try withGradientScope(arguments) { wrapped, scope in
    let value = try body(wrapped)
    check(
      value.shape == vector.shape && value.dtype == vector.dtype,
      Diagnostic(
        "vectorJacobianProduct", "the vector does not fit the value",
        expected: "\(value.dtype) \(value.shape.text)",
        got: "\(vector.dtype) \(vector.shape.text)"),
      file: file, line: line)
    let found = backward(
      from: [value.node], seeds: [vector], to: wrapped.map(\.node), within: scope)
    return (
      value,
      zip(arguments, found).map { $1 ?? Tensor.zeros($0.shape, dtype: $0.dtype) }
    )
  }
}

/// The value of a function and the product of its Jacobian matrix with a vector, J v.
///
/// Reverse mode twice: vᵀ J is linear in v, and its own gradient by v, applied to the vector, is J v.
///
/// - Parameters:
///   - argument: The point.
///   - vector: A direction, of the argument's shape.
/// - Returns: The value, and the derivative of the value along the direction, of its shape.
public func jacobianVectorProduct(
  at argument: Tensor, _ vector: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, product: Tensor) {
  let value = try body(argument)
  let (_, products) = try vectorJacobianProduct(
    at: [Tensor.zeros(value.shape, dtype: value.dtype)], vector, file: file, line: line
  ) { weights in
    try vectorJacobianProduct(at: [argument], weights[0], file: file, line: line) {
      try body($0[0])
    }.products[0]
  }
  return (value, products[0])
}

/// The product of the Hessian matrix of a scalar function with a vector, ∇(∇f · v).
///
/// - Parameters:
///   - argument: The point.
///   - vector: A direction, of the argument's shape.
/// - Returns: A tensor of the argument's shape, at the cost of a few gradients.
///
/// Traps if the vector is of another shape or element type.
public func hessianVectorProduct(
  at argument: Tensor, _ vector: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  check(
    vector.shape == argument.shape && vector.dtype == argument.dtype,
    Diagnostic(
      "hessianVectorProduct", "the direction does not fit the argument",
      expected: "\(argument.dtype) \(argument.shape.text)",
      got: "\(vector.dtype) \(vector.shape.text)"),
    file: file, line: line)
  return try gradient(at: argument, file: file, line: line) { x in
    (try gradient(at: x, file: file, line: line, body) * vector).sum()
  }
}

/// The Jacobian matrix of a function: all derivatives of all elements of its value.
///
/// - Returns: `value.shape + argument.shape`.
/// - Complexity: One walk back for each element of the value.
public func jacobian(
  at argument: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try withGradientScope([argument]) { wrapped, scope in
    let value = try body(wrapped[0])
    let count = value.count
    let rows = (0..<count).map { element in
      var direction = [Double](repeating: 0, count: count)
      direction[element] = 1
      let unit = Tensor(direction, shape: value.shape).cast(to: value.dtype)
      let found = backward(
        from: [value.node], seeds: [unit], to: [wrapped[0].node], within: scope)
      return found[0] ?? Tensor.zeros(argument.shape, dtype: argument.dtype)
    }
    if rows.isEmpty { return Tensor.zeros(value.shape + argument.shape, dtype: value.dtype) }
    return Tensor.stack(rows).reshaped(to: value.shape + argument.shape)
  }
}

/// The Hessian matrix of a scalar function: all its second derivatives.
///
/// - Returns: `argument.shape + argument.shape`.
/// - Complexity: One gradient of a gradient for each element of the argument.
public func hessian(
  at argument: Tensor, file: StaticString = #fileID, line: UInt = #line,
  _ body: @escaping (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try jacobian(at: argument, file: file, line: line) {
    try gradient(at: $0, file: file, line: line, body)
  }
}
