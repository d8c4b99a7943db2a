/// The part of a `.npy` file before the elements: what a dictionary as Python writes it says of
/// them.
struct NPYHeader {
  let dtype: NumberType
  let isBigEndian: Bool
  let isFortranOrder: Bool
  let shape: [Int]
  /// The size of the header, after which the elements start.
  let byteCount: Int

  private static let codes: [(code: String, type: NumberType)] = [
    ("b1", .bool), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8),
    ("u2", .uint16), ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32),
    ("f8", .float64),
  ]

  init(
    _ bytes: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    let text = try NPYDescription(bytes, limits: limits, origin: origin)
    byteCount = text.byteCount
    let descr = text.descr
    guard let order = descr.first, "<>|".contains(order),
      let known = Self.codes.first(where: { $0.code == descr.dropFirst() }),
      order != "|" || known.type.byteCount == 1
    else {
      throw origin.error(
        .unsupported, "the type of the elements is not known", at: text.place,
        field: "descr", expected: Self.codes.map(\.code).joined(separator: " "), got: descr,
        fix: text.isOfObjects
          ? "save numbers: an array of objects is a program, which is not run here. Lists of "
            + "integers are read by IntegerLists."
          : "convert the array to one of these types.")
    }
    dtype = known.type
    isBigEndian = order == ">"
    isFortranOrder = text.isFortranOrder
    shape = text.shape
    let count = try origin.product(
      of: shape, times: dtype.byteCount, at: text.place, field: "shape")
    guard count <= limits.dataBytes else {
      throw origin.overLimit(
        .dataBytes, "the array is larger than the limit", most: limits.dataBytes,
        got: "\(count) bytes for \(shape)", at: text.place, field: "shape")
    }
    guard count == bytes.count - byteCount else {
      throw origin.error(
        count > bytes.count - byteCount ? .truncated : .trailingBytes,
        "the elements are not as many as declared", at: .byte(byteCount), field: "elements",
        expected: "\(count) bytes for \(shape)", got: "\(bytes.count - byteCount)")
    }
  }

  /// The header that NumPy writes for an array.
  static func bytes(for array: StoredArray, origin: Origin) throws(FormatError) -> [UInt8] {
    guard let code = codes.first(where: { $0.type == array.dtype })?.code else {
      throw origin.error(
        .unsupported, "NumPy has no such numbers", at: .whole, field: "array",
        expected: codes.map(\.type.rawValue).joined(separator: " "), got: array.dtype.rawValue,
        fix: "convert them first.")
    }
    let order = array.dtype.byteCount == 1 ? "|" : "<"
    let shape = array.shape.map(String.init).joined(separator: ", ")
    let comma = array.shape.count == 1 ? "," : ""
    var text = "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': (\(shape)\(comma)), }"
    // NumPy leaves room for the first axis to grow in place, to 21 digits.
    if let first = array.shape.first {
      text += String(repeating: " ", count: max(0, 21 - String(first).count))
    }
    // The elements start at a multiple of 64.
    let isLong = text.utf8.count + 11 + 63 > 0xffff
    let before = isLong ? 12 : 10
    text += String(repeating: " ", count: -(before + text.utf8.count + 1) & 63) + "\n"
    var bytes = NPYDescription.magic + [isLong ? 2 : 1, 0]
    if isLong {
      bytes.append(littleEndian: UInt32(text.utf8.count))
    } else {
      bytes.append(littleEndian: UInt16(text.utf8.count))
    }
    return bytes + text.utf8
  }
}

/// The text of a header, as it stands there.
struct NPYDescription {
  /// The type of the elements, as NumPy spells it.
  let descr: String
  let isFortranOrder: Bool
  let shape: [Int]
  /// The size of the header, after which the elements start.
  let byteCount: Int
  /// Where the text starts.
  let place: FormatError.Place

  /// Whether the elements are Python's objects, in a pickle.
  var isOfObjects: Bool { descr.drop { "<>|=".contains($0) }.hasPrefix("O") }

  static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

  init(
    _ bytes: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    var cursor = ByteCursor(bytes, origin: origin)
    guard bytes.starts(with: Self.magic) else {
      throw origin.error(
        Self.magic.starts(with: bytes) ? .truncated : .notThisFormat,
        "the bytes do not start as npy does", at: .byte(0), field: "magic string",
        expected: "93 4e 55 4d 50 59", got: "\(Array(bytes.prefix(6)))",
        fix: "check that this is the file you mean.")
    }
    _ = try cursor.take(6, field: "magic string")
    let version = try cursor.byte(field: "version")
    _ = try cursor.byte(field: "version")
    guard (1...3).contains(version) else {
      throw origin.error(
        .unsupported, "the version of the file is not known", at: .byte(6), field: "version",
        expected: "1, 2 or 3", got: "\(version)", fix: "save it with numpy.save.")
    }
    let size =
      version == 1
      ? Int(try cursor.littleEndian(UInt16.self, field: "header length"))
      : Int(try cursor.littleEndian(UInt32.self, field: "header length"))
    guard size <= limits.headerBytes else {
      throw origin.overLimit(
        .headerBytes, "the header is larger than the limit", most: limits.headerBytes,
        got: "\(size)", at: .byte(8), field: "header length")
    }
    let text = try cursor.take(size, field: "header")
    byteCount = cursor.offset
    place = .byte(byteCount - size)
    var parser = PythonDictionary(text, base: byteCount - size, origin: origin)
    try parser.read(limits: limits)
    guard let descr = parser.descr, let isFortranOrder = parser.isFortranOrder,
      let shape = parser.shape
    else {
      throw origin.error(
        .invalid, "the header is not complete", at: place, field: "header",
        expected: "descr, fortran_order and shape",
        got: "no \(parser.descr == nil ? "descr" : parser.shape == nil ? "shape" : "fortran_order")"
      )
    }
    self.descr = descr
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }
}

/// The dictionary in a header, of the three keys that the format knows.
private struct PythonDictionary {
  private(set) var descr: String?
  private(set) var isFortranOrder: Bool?
  private(set) var shape: [Int]?

  private var cursor: ByteCursor
  private let base: Int

  init(_ text: UnsafeRawBufferPointer, base: Int, origin: Origin) {
    cursor = ByteCursor(text, origin: origin)
    self.base = base
  }

  mutating func read(limits: LoadLimits) throws(FormatError) {
    try expect("{")
    while !accept("}") {
      let place = self.place
      let key = try string()
      try expect(":")
      let isNew: Bool
      switch key {
      case "descr":
        isNew = descr == nil
        descr = try type()
      case "fortran_order":
        isNew = isFortranOrder == nil
        isFortranOrder = try boolean()
      case "shape":
        isNew = shape == nil
        shape = try tuple(limits: limits)
      default: throw error("descr, fortran_order or shape", got: key, at: place)
      }
      guard isNew else {
        throw cursor.origin.error(
          .duplicate, "a key stands in the header twice", at: place, field: key,
          expected: "each key once", got: key)
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard cursor.isAtEnd else { throw unexpected("the end of the header") }
  }

  /// A string, or the start of a list, which describes records.
  private mutating func type() throws(FormatError) -> String {
    let place = self.place
    guard !accept("[") else {
      throw cursor.origin.error(
        .unsupported, "the elements are records", at: place, field: "descr", expected: "numbers",
        got: "a list of fields", fix: "save each field as an array of its own.")
    }
    return try string()
  }

  private mutating func string() throws(FormatError) -> String {
    skipSpace()
    guard let quote = cursor.next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw unexpected("a string")
    }
    cursor.skipOne()
    var bytes: [UInt8] = []
    while let byte = cursor.next, byte != quote {
      // Types and keys have no need to escape anything.
      guard byte != UInt8(ascii: "\\") else { throw unexpected("a string without a backslash") }
      bytes.append(byte)
      cursor.skipOne()
    }
    guard !cursor.isAtEnd, let text = String(validating: bytes, as: UTF8.self) else {
      throw unexpected("the end of the string")
    }
    cursor.skipOne()
    return text
  }

  private mutating func boolean() throws(FormatError) -> Bool {
    let place = self.place
    var letters: [UInt8] = []
    skipSpace()
    while let byte = cursor.next, byte >= UInt8(ascii: "A"), letters.count < 6 {
      letters.append(byte)
      cursor.skipOne()
    }
    switch String(decoding: letters, as: UTF8.self) {
    case "True": return true
    case "False": return false
    case let other: throw error("True or False", got: other, at: place)
    }
  }

  private mutating func tuple(limits: LoadLimits) throws(FormatError) -> [Int] {
    let place = self.place
    try expect("(")
    var lengths: [Int] = []
    while !accept(")") {
      guard lengths.count < limits.rank else {
        throw cursor.origin.overLimit(
          .rank, "the array has too many axes", most: limits.rank, got: "more", at: place,
          field: "shape")
      }
      lengths.append(try number())
      if !accept(",") {
        guard lengths.count > 1 else { throw unexpected("a comma after the only axis") }
        try expect(")")
        break
      }
    }
    return lengths
  }

  private mutating func number() throws(FormatError) -> Int {
    skipSpace()
    let place = self.place
    var value = 0
    var count = 0
    while let byte = cursor.next, (0x30...0x39).contains(byte) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else {
        throw cursor.origin.error(
          .overflow, "the length of an axis does not fit in 63 bits", at: place, field: "shape",
          expected: "below 2^63", got: "more")
      }
      value = sum
      count += 1
      cursor.skipOne()
    }
    guard count > 0 else { throw unexpected("a length") }
    // Files of Python 2 have an L after a long one.
    if cursor.next == UInt8(ascii: "L") { cursor.skipOne() }
    return value
  }

  private var place: FormatError.Place { .byte(base + cursor.offset) }

  private mutating func skipSpace() {
    while let byte = cursor.next, byte == 0x20 || (0x09...0x0d).contains(byte) {
      cursor.skipOne()
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard cursor.next == UInt8(ascii: character) else { return false }
    cursor.skipOne()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FormatError) {
    guard accept(character) else { throw unexpected("'\(character)'") }
  }

  private func unexpected(_ expected: String) -> FormatError {
    error(expected, got: cursor.next.map { "byte \($0)" } ?? "the end", at: place)
  }

  private func error(_ expected: String, got: String, at place: FormatError.Place) -> FormatError {
    cursor.origin.error(
      .invalid, "the header is not the dictionary that it should be", at: place, field: "header",
      expected: expected, got: got)
  }
}
