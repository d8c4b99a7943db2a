/// A reading position in bytes that cannot leave them.
///
/// The buffer lives as long as the closure of ``withBytes(of:_:)`` that made it; no cursor
/// outlives that closure. Every read past the end throws, naming the field that was wanted.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  let origin: Origin
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, origin: Origin) {
    self.bytes = bytes
    self.origin = origin
  }

  /// The bytes not read yet.
  var remaining: Int { bytes.count - offset }

  var isAtEnd: Bool { offset == bytes.count }

  /// The next byte, which stays unread, or nil at the end.
  var next: UInt8? { isAtEnd ? nil : bytes[offset] }

  /// Moves past `count` bytes and returns them.
  mutating func take(_ count: Int, field: String) throws(FormatError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw origin.error(
        .truncated, "the bytes end too early", at: .byte(offset), field: field,
        expected: "\(count) more bytes", got: "\(remaining)")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }

  /// Moves to an offset, which may be the end.
  mutating func move(to newOffset: Int, field: String) throws(FormatError) {
    guard newOffset >= 0, newOffset <= bytes.count else {
      throw origin.error(
        .truncated, "the bytes end too early", at: .byte(offset), field: field,
        expected: "\(newOffset) bytes at least", got: "\(bytes.count)")
    }
    offset = newOffset
  }

  /// Moves past the next byte, if there is one.
  mutating func skipOne() {
    if !isAtEnd { offset += 1 }
  }

  mutating func byte(field: String) throws(FormatError) -> UInt8 {
    try take(1, field: field)[0]
  }

  mutating func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, field: String
  ) throws(FormatError) -> Number {
    try Number(littleEndian: take(MemoryLayout<Number>.size, field: field).loadUnaligned(as: type))
  }

  mutating func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, field: String
  ) throws(FormatError) -> Number {
    try Number(bigEndian: take(MemoryLayout<Number>.size, field: field).loadUnaligned(as: type))
  }

  /// Moves past everything up to the next zero byte, and past that byte.
  mutating func skipZeroTerminated(field: String) throws(FormatError) {
    guard let end = bytes[offset...].firstIndex(of: 0) else {
      throw origin.error(
        .truncated, "the bytes end too early", at: .byte(offset), field: field,
        expected: "a zero byte that ends the text", got: "\(remaining) bytes without one")
    }
    offset = end + 1
  }
}

/// Runs `body` over the bytes in memory; copies them first only where they are not contiguous.
func withBytes<Value, Failure: Error>(
  of bytes: some Collection<UInt8>,
  _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
) throws(Failure) -> Value {
  func attempt(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<Value, Failure> {
    Result { () throws(Failure) in try body(UnsafeRawBufferPointer(buffer)) }
  }
  let result =
    bytes.withContiguousStorageIfAvailable(attempt) ?? Array(bytes).withUnsafeBufferPointer(attempt)
  return try result.get()
}
