extension Tensor {
  /// The same tensor with its value computed.
  @discardableResult
  public func evaluated() -> Tensor {
    _ = computedMemory()
    return self
  }

  /// The memory of the elements for one who reads them, computed if need be.
  func memory() -> Storage {
    // A replay would go on from what was read now.
    Recorder.current.recording?.isRefused = true
    return computedMemory()
  }

  /// A constant with memory of its own, as a tensor that is data has it.
  func inMemory() -> Tensor { Tensor(storage: constantStorage(node), type: type) }

  /// The memory of the elements, computed if need be.
  private func computedMemory() -> Storage {
    let known = graphLock.withLock { node.storage }
    if let known { return known }
    if node.isConstant { return constantStorage(node) }
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

  /// The one element of the tensor as a Swift type; traps if there are more, or none.
  public func item<Scalar: TensorScalar>(
    of scalar: Scalar.Type, file: StaticString = #fileID, line: UInt = #line
  ) -> Scalar {
    check(
      count == 1,
      Diagnostic(
        "item", "the tensor has not one element", expected: "1 element",
        got: "\(count), shape \(shape.text)", fix: "index it, or use scalars"),
      file: file, line: line)
    return scalars(of: Scalar.self, file: file, line: line)[0]
  }

  /// The elements as nested arrays, converted where need be.
  ///
  ///     let rows: [[Float]] = matrix.nested()
  ///     let rows = matrix.nested(as: [[Int]].self)
  ///
  /// Traps if the arrays are not nested as deep as the tensor's rank.
  public func nested<Elements: NestedScalars>(
    as type: Elements.Type = Elements.self, file: StaticString = #fileID, line: UInt = #line
  ) -> Elements {
    check(
      Elements.nestingDepth == rank,
      Diagnostic(
        "nested", "the arrays are not nested as deep as the tensor", expected: "depth \(rank)",
        got: "\(Elements.self), for shape \(shape.text)"),
      file: file, line: line)
    return cast(to: Elements.Scalar.dtype).withElements(of: Elements.Scalar.self) {
      var next = 0
      return Elements.read($0, next: &next, lengths: shape[...])
    }
  }

  /// Whether two tensors have the same shape, the same element type and equal elements; NaN equals
  /// nothing.
  public func isEqual(to other: Tensor) -> Bool {
    shape == other.shape && dtype == other.dtype
      && (self .== other).all().item() == 1
  }

  /// Whether two tensors have the same shape and elements that hardly differ:
  /// |a − b| ≤ absolute + relative · |b|, computed in `float64`.
  ///
  /// - Parameters:
  ///   - other: The values to compare with, b.
  ///   - relative: How far an element may be off, relative to the other.
  ///   - absolute: How far it may be off in any case.
  ///   - nanEqual: Whether NaN is close to NaN. Equal infinities always are.
  public func isClose(
    to other: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8, nanEqual: Bool = false
  ) -> Bool {
    guard shape == other.shape else { return false }
    let pairs = zip(scalars(of: Double.self), other.scalars(of: Double.self))
    return pairs.allSatisfy { a, b in
      a == b || (a - b).magnitude <= absolute + relative * b.magnitude && b.isFinite
        || nanEqual && a.isNaN && b.isNaN
    }
  }

  /// The kernels that would run to compute this tensor alone, with their sizes and the memory they
  /// need.
  public var plan: Plan { Evaluation.plan(of: node) }
}
