/// A message of protocol buffers that is written field by field.
///
/// - Source: Protocol Buffers, "Encoding": each field is a number and a kind in one varint, then
///   the value; numbers begin with the lowest byte. What is 0 or empty is left out, as proto3 does.
struct MessageWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, _ value: Int) {
    if value == 0 { return }
    key(field, 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Double) {
    if value.bitPattern == 0 { return }
    key(field, 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// The bytes of a number.
  mutating func add(_ field: Int, _ value: Float) {
    add(field, message: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
  }

  mutating func add(_ field: Int, _ text: String) {
    if !text.isEmpty { add(field, message: Array(text.utf8)) }
  }

  /// A message inside, or bytes; written where they are empty too.
  mutating func add(_ field: Int, message: [UInt8]) {
    key(field, 2)
    varint(UInt64(message.count))
    bytes += message
  }

  mutating func add(_ field: Int, _ fill: (inout MessageWriter) -> Void) {
    var inside = MessageWriter()
    fill(&inside)
    add(field, message: inside.bytes)
  }

  private mutating func key(_ field: Int, _ kind: Int) { varint(UInt64(field << 3 | kind)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The fields of a message of protocol buffers, as far as they are asked for.
struct MessageReader {
  private var cursor: ByteCursor

  /// A field's value.
  enum Value {
    case number(UInt64)
    case word(UInt64)
    case half(UInt32)
    case bytes(UnsafeRawBufferPointer)
  }

  init(_ cursor: ByteCursor) { self.cursor = cursor }

  /// The next field; nil at the end.
  ///
  /// - Throws: ``FormatError``: `truncated`, or `invalid` for a kind that there is not.
  mutating func next() throws(FormatError) -> (field: Int, value: Value)? {
    if cursor.isAtEnd { return nil }
    let start = cursor.offset
    let key = try varint()
    let field = Int(truncatingIfNeeded: key >> 3)
    switch key & 7 {
    case 0: return (field, .number(try varint()))
    case 1: return (field, .word(try cursor.littleEndian(UInt64.self, field: "fixed64")))
    case 2:
      let count = try varint()
      return (field, .bytes(try cursor.take(Int(clamping: count), field: "length")))
    case 5: return (field, .half(try cursor.littleEndian(UInt32.self, field: "fixed32")))
    default:
      throw cursor.origin.error(
        .invalid, "a field is of no known kind", at: .byte(start), field: "key",
        expected: "kind 0, 1, 2 or 5", got: "\(key & 7)")
    }
  }

  /// The reader of a message inside.
  func inside(_ bytes: UnsafeRawBufferPointer) -> MessageReader {
    MessageReader(ByteCursor(bytes, origin: cursor.origin))
  }

  private mutating func varint() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    for place in 0..<10 {
      let byte = try cursor.byte(field: "varint")
      value |= UInt64(byte & 0x7f) << (7 * place)
      if byte < 0x80 { return value }
    }
    throw cursor.origin.error(
      .overflow, "a number does not fit in 64 bits", at: .byte(cursor.offset), field: "varint",
      expected: "10 bytes at most", got: "more")
  }
}
