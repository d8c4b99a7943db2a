/// A Swift type in which the elements of a safetensors file can be read and written.
public protocol SafeTensorsScalar: BitwiseCopyable, Sendable {
  /// The type of the file that has this very form.
  static var elementType: SafeTensors.ElementType { get }
  /// The little-endian number in the first bytes of `bytes`, which are enough.
  init(littleEndianBytes bytes: UnsafeRawBufferPointer)
  /// Appends the number's bytes, little-endian.
  func appendLittleEndian(to bytes: inout [UInt8])
}

extension SafeTensors.Entry {
  /// Makes an array of Swift numbers.
  ///
  /// Whether the numbers are as many as the shape asks for is checked when the file is written.
  public init<Scalar: SafeTensorsScalar>(_ name: String, shape: [Int], scalars: [Scalar]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(scalars.count * MemoryLayout<Scalar>.size)
    for scalar in scalars { scalar.appendLittleEndian(to: &bytes) }
    self.init(name: name, dtype: Scalar.elementType, shape: shape, bytes: bytes[...])
  }

  /// The elements as Swift numbers of exactly the file's type.
  ///
  /// - Throws: ``FormatError`` (`mismatch`) if the file has another type.
  public func scalars<Scalar: SafeTensorsScalar>(
    as type: Scalar.Type = Scalar.self
  ) throws(FormatError) -> [Scalar] {
    guard dtype == type.elementType else {
      throw Origin(reader: "safetensors", source: "tensor").error(
        .mismatch, "the elements are of another type", at: .whole, field: name,
        expected: type.elementType.rawValue, got: dtype.rawValue,
        fix: "ask for the type that the file has, or convert the file.")
    }
    return bytes.withUnsafeBytes { buffer in
      stride(from: 0, to: buffer.count, by: MemoryLayout<Scalar>.size).map { start in
        Scalar(littleEndianBytes: UnsafeRawBufferPointer(rebasing: buffer[start...]))
      }
    }
  }
}

extension SafeTensorsScalar where Self: FixedWidthInteger {
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self.init(littleEndian: bytes.loadUnaligned(as: Self.self))
  }

  public func appendLittleEndian(to bytes: inout [UInt8]) {
    withUnsafeBytes(of: littleEndian) { bytes.append(contentsOf: $0) }
  }
}

extension Int8: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .int8 }
}
extension UInt8: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .uint8 }
}
extension Int16: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .int16 }
}
extension UInt16: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .uint16 }
}
extension Int32: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .int32 }
}
extension UInt32: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .uint32 }
}
extension Int64: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .int64 }
}
extension UInt64: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .uint64 }
}

extension Float: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .float32 }
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self.init(bitPattern: UInt32(littleEndianBytes: bytes))
  }
  public func appendLittleEndian(to bytes: inout [UInt8]) {
    bitPattern.appendLittleEndian(to: &bytes)
  }
}

extension Double: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .float64 }
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self.init(bitPattern: UInt64(littleEndianBytes: bytes))
  }
  public func appendLittleEndian(to bytes: inout [UInt8]) {
    bitPattern.appendLittleEndian(to: &bytes)
  }
}

extension Bool: SafeTensorsScalar {
  public static var elementType: SafeTensors.ElementType { .bool }
  /// Any byte but 0 is true: no other bit pattern ever becomes a `Bool`.
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self = bytes.load(as: UInt8.self) != 0
  }
  public func appendLittleEndian(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}
