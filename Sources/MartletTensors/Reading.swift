extension Tensor {
  /// The same tensor with its value computed.
  @discardableResult
  public func evaluated() -> Tensor {
    _ = memory()
    return self
  }

  /// The memory of the elements, computed if need be.
  func memory() -> Storage {
    let known = graphLock.withLock { node.storage }
    if let known { return known }
    if node.operation is Constant { return constantStorage(node) }
    Evaluation.run([node])
    guard let storage = graphLock.withLock({ node.storage }) else {
      internalError("an evaluation left its root without a value")
    }
    return storage
  }

  /// Calls a closure with the elements, in row-major order; the memory is good for its length only.
  ///
  /// Traps if `Scalar` is not the Swift type of the tensor's element type.
  public func withElements<Scalar: TensorScalar, Result>(
    of scalar: Scalar.Type = Scalar.self, file: StaticString = #fileID, line: UInt = #line,
    _ body: (UnsafeBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    check(
      Scalar.dtype == dtype,
      Diagnostic(
        "withElements", "the elements are of another type", expected: "\(dtype)",
        got: "\(Scalar.dtype) (\(Scalar.self))", fix: "use cast(to:)"),
      file: file, line: line)
    let storage = memory()
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeBufferPointer(
        start: UnsafePointer(storage.pointer.bindMemory(to: Scalar.self, capacity: count)),
        count: count))
  }

  /// The elements as an array, in row-major order, converted to `Scalar` where need be.
  public func scalars<Scalar: TensorScalar>(
    of scalar: Scalar.Type = Scalar.self, file: StaticString = #fileID, line: UInt = #line
  ) -> [Scalar] {
    let converted = cast(to: Scalar.dtype)
    return converted.withElements(of: Scalar.self, file: file, line: line) { Array($0) }
  }

  /// The elements as `Float`s, in row-major order.
  public var scalars: [Float] { scalars(of: Float.self) }

  /// The one element of the tensor; traps if there are more, or none.
  public func item(file: StaticString = #fileID, line: UInt = #line) -> Double {
    check(
      count == 1,
      Diagnostic(
        "item", "the tensor has not one element", expected: "1 element",
        got: "\(count), shape \(shape.text)", fix: "index it, or use scalars"),
      file: file, line: line)
    return scalars(of: Double.self, file: file, line: line)[0]
  }

  /// The kernels that would run to compute this tensor alone, with their sizes and the memory they
  /// need.
  public var plan: Plan { Evaluation.plan(of: node) }
}
