/// The type of the elements of a dataset or an attribute, as the file describes it.
enum HDF5Datatype: Sendable {
  case number(NumberType, isBigEndian: Bool)
  /// Text of a fixed size, filled up with zeros or spaces.
  case fixedString(byteCount: Int, isSpacePadded: Bool)
  /// Text of any size, which lies in a global heap.
  case variableString

  /// The size of one element where the dataset has it, in bytes.
  var byteCount: Int {
    switch self {
    case .number(let type, _): type.byteCount
    case .fixedString(let byteCount, _): byteCount
    case .variableString: 16
    }
  }

  var numberType: NumberType? {
    if case .number(let type, _) = self { type } else { nil }
  }
}

extension HDF5Datatype {
  /// Reads the body of a datatype message.
  init(_ cursor: inout ByteCursor, field: String) throws(FormatError) {
    let place = cursor.offset
    let origin = cursor.origin
    func unsupported(_ got: String) -> FormatError {
      origin.error(
        .unsupported, "the type of the elements is not known", at: .byte(place), field: field,
        expected: "integers, floats of 16, 32 or 64 bits, booleans, bfloat16 or text", got: got,
        fix: "write the file again without it.")
    }
    let versionAndClass = try cursor.byte(field: field)
    let version = versionAndClass >> 4
    guard (1...3).contains(version) else { throw unsupported("version \(version)") }
    let bits = try [
      cursor.byte(field: field), cursor.byte(field: field), cursor.byte(field: field),
    ]
    let size = try cursor.littleEndian(UInt32.self, field: field)
    let isBigEndian = bits[0] & 1 == 1
    switch versionAndClass & 15 {
    case 0:
      let offset = try cursor.littleEndian(UInt16.self, field: field)
      let precision = try cursor.littleEndian(UInt16.self, field: field)
      let types: [UInt32: (NumberType, NumberType)] = [
        1: (.uint8, .int8), 2: (.uint16, .int16), 4: (.uint32, .int32), 8: (.uint64, .int64),
      ]
      guard let (unsigned, signed) = types[size], offset == 0, UInt32(precision) == size * 8 else {
        throw unsupported("an integer of \(precision) bits in \(size) bytes")
      }
      self = .number(bits[0] & 8 == 0 ? unsigned : signed, isBigEndian: isBigEndian)
    case 1:
      let layout = [UInt8](try cursor.take(12, field: field))
      let known: [(NumberType, [UInt8])] = [
        (.float16, [0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0]),
        (.bfloat16, [0, 0, 16, 0, 7, 8, 0, 7, 127, 0, 0, 0]),
        (.float32, [0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]),
        (.float64, [0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0]),
      ]
      guard let (type, _) = known.first(where: { $0.1 == layout && $0.0.byteCount == size }),
        bits[0] & 0x40 == 0
      else { throw unsupported("a float of \(size) bytes laid out as \(layout)") }
      self = .number(type, isBigEndian: isBigEndian)
    case 3:
      guard size > 0 else { throw unsupported("text of 0 bytes") }
      self = .fixedString(byteCount: Int(size), isSpacePadded: bits[0] & 15 == 2)
    case 5:
      // HDF5 has no bfloat16; Keras stores its bits and says so in an attribute.
      guard size == 2 else { throw unsupported("opaque elements of \(size) bytes") }
      _ = try cursor.take(Int(bits[0]), field: field)
      self = .number(.bfloat16, isBigEndian: false)
    case 8:
      self = try .enumeration(
        &cursor, memberCount: Int(bits[0]) | Int(bits[1]) << 8, version: version, field: field)
    case 9:
      guard bits[0] & 15 == 1, size == 16 else { throw unsupported("lists of any length") }
      self = .variableString
    case let other:
      let names = [2: "times", 4: "bit fields", 6: "records", 7: "references", 10: "arrays"]
      throw unsupported(names[Int(other)] ?? "class \(other)")
    }
  }

  /// Booleans are an enumeration of FALSE and TRUE; of any other one the numbers are taken.
  private static func enumeration(
    _ cursor: inout ByteCursor, memberCount: Int, version: UInt8, field: String
  ) throws(FormatError) -> HDF5Datatype {
    let place = cursor.offset
    // The base of an enumeration is an integer: were it another enumeration, a small message
    // could nest without end.
    guard let next = cursor.next, next & 15 == 0 else {
      throw cursor.origin.error(
        .invalid, "an enumeration is not of integers", at: .byte(place), field: field,
        expected: "class 0", got: cursor.next.map { "class \($0 & 15)" } ?? "nothing")
    }
    let base = try HDF5Datatype(&cursor, field: field)
    guard base.byteCount == 1, memberCount == 2 else { return base }
    var names: [[UInt8]] = []
    for _ in 0..<2 {
      let start = cursor.offset
      try cursor.skipZeroTerminated(field: field)
      names.append([UInt8](cursor.bytes[start..<(cursor.offset - 1)]))
      if version < 3 { _ = try cursor.take(-(cursor.offset - start) & 7, field: field) }
    }
    let values = [UInt8](try cursor.take(2, field: field))
    let isBoolean = names == [Array("FALSE".utf8), Array("TRUE".utf8)] && values == [0, 1]
    return isBoolean ? .number(.bool, isBigEndian: false) : base
  }
}

extension HDF5Datatype {
  /// The body of the datatype message for numbers, or nil for a type that HDF5 has not.
  static func message(for type: NumberType) -> [UInt8]? {
    func integer(_ size: UInt8, isSigned: Bool) -> [UInt8] {
      [0x10, isSigned ? 8 : 0, 0, 0, size, 0, 0, 0, 0, 0, size * 8, 0]
    }
    func float(_ size: UInt8, _ exponent: UInt8, _ mantissa: UInt8, _ bias: [UInt8]) -> [UInt8] {
      [0x11, 0x20, size * 8 - 1, 0, size, 0, 0, 0]
        + [0, 0, size * 8, 0, mantissa, exponent, 0, mantissa] + bias + [0, 0]
    }
    return switch type {
    case .uint8: integer(1, isSigned: false)
    case .uint16: integer(2, isSigned: false)
    case .uint32: integer(4, isSigned: false)
    case .uint64: integer(8, isSigned: false)
    case .int8: integer(1, isSigned: true)
    case .int16: integer(2, isSigned: true)
    case .int32: integer(4, isSigned: true)
    case .int64: integer(8, isSigned: true)
    case .float16: float(2, 5, 10, [15, 0])
    case .float32: float(4, 8, 23, [127, 0])
    case .float64: float(8, 11, 52, [0xff, 3])
    case .bfloat16: [0x15, 0, 0, 0, 2, 0, 0, 0]
    case .bool:
      [0x18, 2, 0, 0, 1, 0, 0, 0] + integer(1, isSigned: true)
        + Array("FALSE\0\0\0TRUE\0\0\0\0".utf8) + [0, 1]
    case .float8e4m3, .float8e5m2: nil
    }
  }

  /// The body of the datatype message for text of any size in UTF-8.
  static let variableStringMessage: [UInt8] =
    [0x19, 1, 1, 0, 16, 0, 0, 0] + [0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]
}
