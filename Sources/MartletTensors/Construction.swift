// Tensors of given elements. Literals are float32: a `Float` initialiser for each depth of nesting is
// preferred over the generic one. Typed arrays keep their type, except that `Int` becomes int32.

extension Tensor {
  /// A tensor of numbers, or of arrays nested to any depth, in the shape of the nesting.
  ///
  ///     Tensor([[1, 2], [3, 4]])              // literals: float32 [2, 2]
  ///     Tensor([1, 2, 3], dtype: .int64)      // another type, by name
  ///     Tensor(labels)                        // an array keeps its type; [Int] becomes int32
  ///
  /// Traps if the nested arrays are ragged, or if an integer does not fit the type.
  @_disfavoredOverload
  public init<Elements: NestedScalars>(
    _ elements: Elements, dtype: DType? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    let (scalars, shape) = elements.flattened(file: file, line: line)
    self.init(unchecked: scalars, shape, dtype, file: file, line: line)
  }

  /// A tensor of nested arrays that are data, and no literals of the source: what traps elsewhere is
  /// thrown, in the name of who was given them.
  package init<Elements: NestedScalars>(
    _ elements: Elements, for who: String
  ) throws(Diagnostic) {
    do throws(Diagnostic) {
      let (scalars, shape) = try elements.flattened()
      for integer in scalars as? [Int] ?? [] {
        if var mistake = DType.int32.mistake(inInteger: integer, who) {
          mistake.fix = "pass a tensor of a wider type: Tensor(numbers, dtype: .int64)"
          throw mistake
        }
      }
      self.init(unchecked: scalars, shape, nil)
    } catch {
      throw Diagnostic(
        who, error.what, expected: error.expected, got: error.got, fix: error.fix)
    }
  }

  /// A scalar of `float32`.
  public init(_ value: Float) { self.init(unchecked: [value], [], nil) }
  /// A vector of `float32`.
  public init(_ elements: [Float]) { self.init(unchecked: elements, [elements.count], nil) }
  /// A matrix of `float32`; traps if the rows are ragged.
  public init(_ elements: [[Float]], file: StaticString = #fileID, line: UInt = #line) {
    self.init(nested: elements, file, line)
  }
  /// A tensor of `float32` and rank 3; traps if the nested arrays are ragged.
  public init(_ elements: [[[Float]]], file: StaticString = #fileID, line: UInt = #line) {
    self.init(nested: elements, file, line)
  }
  /// A tensor of `float32` and rank 4; traps if the nested arrays are ragged.
  public init(_ elements: [[[[Float]]]], file: StaticString = #fileID, line: UInt = #line) {
    self.init(nested: elements, file, line)
  }
  /// A tensor of `float32` and rank 5; traps if the nested arrays are ragged.
  public init(_ elements: [[[[[Float]]]]], file: StaticString = #fileID, line: UInt = #line) {
    self.init(nested: elements, file, line)
  }
  /// A tensor of `float32` and rank 6; traps if the nested arrays are ragged.
  public init(_ elements: [[[[[[Float]]]]]], file: StaticString = #fileID, line: UInt = #line) {
    self.init(nested: elements, file, line)
  }

  /// A tensor of given elements, in row-major order; element types as for nested arrays.
  ///
  /// Traps if their number is not the product of the sizes.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(
    _ scalars: [Scalar], shape: Shape, dtype: DType? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let type = TensorType(shape, dtype ?? Scalar.dtype, file: file, line: line)
    check(
      type.count == scalars.count,
      Diagnostic(
        "Tensor", "the number of elements does not fit the shape",
        expected: "\(type.count) elements for shape \(shape.text)", got: "\(scalars.count)"),
      file: file, line: line)
    self.init(unchecked: scalars, shape, dtype, file: file, line: line)
  }

  /// A `float32` tensor of given elements, in row-major order.
  ///
  /// Traps if their number is not the product of the sizes.
  public init(
    _ scalars: [Float], shape: Shape, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(scalars, shape: shape, dtype: .float32, file: file, line: line)
  }

  /// The integers of a range, of `int32` unless another type is named.
  public init(
    _ range: Range<Int>, dtype: DType = .int32, file: StaticString = #fileID, line: UInt = #line
  ) {
    self = .arange(
      from: range.lowerBound, to: range.upperBound, dtype: dtype, file: file, line: line)
  }

  /// The integers of a closed range, of `int32` unless another type is named.
  public init(
    _ range: ClosedRange<Int>, dtype: DType = .int32,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(Range(range), dtype: dtype, file: file, line: line)
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

  private init<Elements: NestedScalars>(
    nested elements: Elements, _ file: StaticString, _ line: UInt
  ) {
    let (scalars, shape) = elements.flattened(file: file, line: line)
    self.init(unchecked: scalars, shape, nil, file: file, line: line)
  }

  /// A tensor of elements whose number is that of the shape.
  private init<Scalar: TensorScalar>(
    unchecked scalars: [Scalar], _ shape: Shape, _ dtype: DType?,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let dtype = dtype ?? (Scalar.self == Int.self ? .int32 : Scalar.dtype)
    let type = TensorType(shape, dtype, file: file, line: line)
    let storage = Storage(byteCount: type.byteCount)
    if Scalar.dtype == dtype {
      scalars.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          storage.pointer.copyMemory(from: base, byteCount: type.byteCount)
        }
      }
    } else {
      for (index, scalar) in scalars.enumerated() {
        let bits = dtype.bits(of: scalar, file: file, line: line)
        let place = storage.pointer + index * dtype.byteCount
        switch dtype.byteCount {
        case 1: place.storeBytes(of: UInt8(truncatingIfNeeded: bits), as: UInt8.self)
        case 4: place.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
        default: place.storeBytes(of: bits, as: UInt64.self)
        }
      }
    }
    self.init(storage: storage, type: type)
  }
}

extension DType {
  /// The bits of a number of a Swift type as an element; traps if an integer does not fit.
  fileprivate func bits<Scalar: TensorScalar>(
    of scalar: Scalar, file: StaticString, line: UInt
  ) -> UInt64 {
    guard isInteger, let integer = scalar as? any FixedWidthInteger else {
      return bits(of: scalar.asDouble)
    }
    return bits(ofInteger: Int(integer), "Tensor", file: file, line: line)
  }

  /// The bits of an integer as an element lays them out; traps if it does not fit.
  func bits(
    ofInteger integer: Int, _ who: String, file: StaticString, line: UInt
  ) -> UInt64 {
    guard isInteger else { return bits(of: Double(integer)) }
    if let mistake = mistake(inInteger: integer, who) { trap(mistake, file: file, line: line) }
    let mask = byteCount == 8 ? UInt64.max : (1 << UInt64(8 * byteCount)) - 1
    return UInt64(bitPattern: Int64(integer)) & mask
  }

  /// Why an integer cannot be an element; nil if it can.
  fileprivate func mistake(inInteger integer: Int, _ who: String) -> Diagnostic? {
    let range: ClosedRange<Int>
    switch self {
    case .int32: range = Int(Int32.min)...Int(Int32.max)
    case .uint8: range = 0...255
    default: return nil
    }
    if range.contains(integer) { return nil }
    return Diagnostic(
      who, "an integer does not fit the element type",
      expected: "\(self), \(range.lowerBound) to \(range.upperBound)", got: "\(integer)",
      fix: "name a wider type, dtype: .int64 say")
  }
}
