/// A Swift type in which the elements of a file's array can be read and written.
public protocol StoredScalar: BitwiseCopyable, Sendable {
  /// The type in files that has this very form.
  static var numberType: NumberType { get }
  /// The little-endian number in the first bytes of `bytes`, which are enough.
  init(littleEndianBytes bytes: UnsafeRawBufferPointer)
  /// Appends the number's bytes, little-endian.
  func appendLittleEndian(to bytes: inout [UInt8])
}

extension StoredScalar where Self: FixedWidthInteger {
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self.init(littleEndian: bytes.loadUnaligned(as: Self.self))
  }

  public func appendLittleEndian(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: self)
  }
}

extension Int8: StoredScalar {
  public static var numberType: NumberType { .int8 }
}
extension UInt8: StoredScalar {
  public static var numberType: NumberType { .uint8 }
}
extension Int16: StoredScalar {
  public static var numberType: NumberType { .int16 }
}
extension UInt16: StoredScalar {
  public static var numberType: NumberType { .uint16 }
}
extension Int32: StoredScalar {
  public static var numberType: NumberType { .int32 }
}
extension UInt32: StoredScalar {
  public static var numberType: NumberType { .uint32 }
}
extension Int64: StoredScalar {
  public static var numberType: NumberType { .int64 }
}
extension UInt64: StoredScalar {
  public static var numberType: NumberType { .uint64 }
}

extension Float: StoredScalar {
  public static var numberType: NumberType { .float32 }
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self.init(bitPattern: UInt32(littleEndianBytes: bytes))
  }
  public func appendLittleEndian(to bytes: inout [UInt8]) {
    bitPattern.appendLittleEndian(to: &bytes)
  }
}

extension Double: StoredScalar {
  public static var numberType: NumberType { .float64 }
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self.init(bitPattern: UInt64(littleEndianBytes: bytes))
  }
  public func appendLittleEndian(to bytes: inout [UInt8]) {
    bitPattern.appendLittleEndian(to: &bytes)
  }
}

extension Bool: StoredScalar {
  public static var numberType: NumberType { .bool }
  /// Any byte but 0 is true: no other bit pattern ever becomes a `Bool`.
  public init(littleEndianBytes bytes: UnsafeRawBufferPointer) {
    self = bytes.load(as: UInt8.self) != 0
  }
  public func appendLittleEndian(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension [UInt8] {
  /// Appends a number's bytes, the lowest first.
  mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
