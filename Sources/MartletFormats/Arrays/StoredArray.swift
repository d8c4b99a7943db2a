/// An array of numbers as files hold it: its shape, its type and its bytes.
public struct StoredArray: Sendable, Hashable {
  /// The type of the elements.
  public var dtype: NumberType
  /// The length of each axis, the slowest first; no axis for a single number.
  public var shape: [Int]
  /// The elements, little-endian, the last axis fastest; often a slice of a file, whose first
  /// index is seldom 0.
  public var bytes: ArraySlice<UInt8>

  /// Makes an array of bytes, whose count is checked when the array is written.
  public init(dtype: NumberType, shape: [Int], bytes: ArraySlice<UInt8>) {
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// Makes an array of Swift numbers, whose count is checked when the array is written.
  public init<Scalar: StoredScalar>(shape: [Int], scalars: [Scalar]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(scalars.count * MemoryLayout<Scalar>.size)
    for scalar in scalars { scalar.appendLittleEndian(to: &bytes) }
    self.init(dtype: Scalar.numberType, shape: shape, bytes: bytes[...])
  }

  /// The elements as Swift numbers of exactly the array's type.
  ///
  /// - Throws: ``FormatError`` (`mismatch`) if the array has another type.
  public func scalars<Scalar: StoredScalar>(
    as type: Scalar.Type = Scalar.self
  ) throws(FormatError) -> [Scalar] {
    try scalars(as: type, field: "array", origin: Origin(reader: "array", source: "bytes"))
  }

  func scalars<Scalar: StoredScalar>(
    as type: Scalar.Type, field: String, origin: Origin
  ) throws(FormatError) -> [Scalar] {
    guard dtype == type.numberType else {
      throw origin.error(
        .mismatch, "the elements are of another type", at: .whole, field: field,
        expected: type.numberType.rawValue, got: dtype.rawValue,
        fix: "ask for the type that the file has, or convert the file.")
    }
    return bytes.withUnsafeBytes { buffer in
      stride(
        from: 0, through: buffer.count - MemoryLayout<Scalar>.size,
        by: MemoryLayout<Scalar>.size
      ).map { start in
        Scalar(littleEndianBytes: UnsafeRawBufferPointer(rebasing: buffer[start...]))
      }
    }
  }

  /// Checks that the bytes are those of the shape.
  func check(field: String, origin: Origin) throws(FormatError) {
    try Self.check(bytes.count, are: dtype, shape: shape, field: field, origin: origin)
  }

  /// Checks that a count of bytes is that of a shape.
  static func check(
    _ byteCount: Int, are dtype: NumberType, shape: [Int], field: String, origin: Origin
  ) throws(FormatError) {
    let size =
      shape.contains { $0 < 0 }
      ? -1 : try origin.product(of: shape, times: dtype.byteCount, at: .whole, field: field)
    guard size == byteCount else {
      throw origin.error(
        .mismatch, "shape and bytes of an array disagree", at: .whole, field: field,
        expected: "the bytes of \(shape) of \(dtype.rawValue)", got: "\(byteCount)",
        fix: "pass all bytes of the array, and only them.")
    }
  }
}
