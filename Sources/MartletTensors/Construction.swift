extension Tensor {
  /// A tensor of given elements, in row-major order.
  ///
  /// Traps if their number is not the product of the sizes.
  public init<Scalar: TensorScalar>(
    _ scalars: [Scalar], shape: Shape, file: StaticString = #fileID, line: UInt = #line
  ) {
    let type = TensorType(shape, Scalar.dtype, file: file, line: line)
    check(
      type.count == scalars.count,
      Diagnostic(
        "Tensor", "the number of elements does not fit the shape",
        expected: "\(type.count) elements for shape \(shape.text)", got: "\(scalars.count)"),
      file: file, line: line)
    let storage = Storage(byteCount: type.byteCount)
    scalars.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress {
        storage.pointer.copyMemory(from: base, byteCount: type.byteCount)
      }
    }
    self.init(storage: storage, type: type)
  }

  /// A tensor whose elements a closure writes into memory that is not cleared.
  public init<Scalar: TensorScalar>(
    shape: Shape, of scalar: Scalar.Type, file: StaticString = #fileID, line: UInt = #line,
    initializingWith body: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) rethrows {
    let type = TensorType(shape, Scalar.dtype, file: file, line: line)
    let storage = Storage(byteCount: type.byteCount)
    try body(
      UnsafeMutableBufferPointer(
        start: storage.pointer.bindMemory(to: Scalar.self, capacity: type.count),
        count: type.count))
    self.init(storage: storage, type: type)
  }

  /// A scalar.
  public init(_ value: Float) { self.init([value], shape: []) }
  /// A scalar, of `float32` unless another type is named.
  @_disfavoredOverload
  public init(_ value: Double, dtype: DType = .float32) {
    self = Tensor([value], shape: []).cast(to: dtype).evaluated()
  }
  /// A scalar, of `int32`.
  @_disfavoredOverload
  public init(_ value: Int) { self.init([Int32(clamping: value)], shape: []) }
  /// A scalar.
  public init(_ value: Bool) { self.init([value], shape: []) }

  /// A tensor filled with one number.
  public static func full(
    _ shape: Shape, _ value: Double, dtype: DType = .float32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    constant(value, dtype).broadcast(to: shape, file: file, line: line)
  }

  /// A tensor of zeros.
  public static func zeros(
    _ shape: Shape, dtype: DType = .float32, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    full(shape, 0, dtype: dtype, file: file, line: line)
  }

  /// A tensor of ones.
  public static func ones(
    _ shape: Shape, dtype: DType = .float32, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    full(shape, 1, dtype: dtype, file: file, line: line)
  }
}
