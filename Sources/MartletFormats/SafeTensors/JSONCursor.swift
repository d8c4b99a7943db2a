/// A reader of JSON that takes one value after the other, as its caller expects them.
///
/// Nothing is built that the caller did not ask for, so hostile texts cost no more memory than
/// their own size.
/// - Source: RFC 8259.
struct JSONCursor {
  private var cursor: ByteCursor
  private let base: Int
  private let depth: Int
  private var origin: Origin { cursor.origin }

  /// - Parameter base: the offset of the text in its file, for messages.
  /// - Parameter depth: the deepest nesting that ``skipValue(field:)`` follows.
  init(_ text: UnsafeRawBufferPointer, base: Int, depth: Int, origin: Origin) {
    cursor = ByteCursor(text, origin: origin)
    self.base = base
    self.depth = depth
  }

  /// Where the next byte stands in the file.
  var place: FormatError.Place { .byte(base + cursor.offset) }

  /// Reads `{ "key": value, … }`; `body` reads each value.
  mutating func object(
    field: String, _ body: (inout JSONCursor, String) throws(FormatError) -> Void
  ) throws(FormatError) {
    try expect("{", field: field)
    if accept("}") { return }
    repeat {
      skipSpace()
      let key = try string(field: "key in \(field)")
      try expect(":", field: field)
      try body(&self, key)
    } while accept(",")
    try expect("}", field: field)
  }

  /// Reads `[ value, … ]`; `body` reads each value.
  mutating func array(
    field: String, _ body: (inout JSONCursor) throws(FormatError) -> Void
  ) throws(FormatError) {
    try expect("[", field: field)
    if accept("]") { return }
    repeat {
      try body(&self)
    } while accept(",")
    try expect("]", field: field)
  }

  /// Reads an integer that is not negative.
  mutating func count(field: String) throws(FormatError) -> Int {
    skipSpace()
    let start = place
    var value = 0
    var digits = 0
    let startsWithZero = cursor.next == UInt8(ascii: "0")
    while let digit = cursor.next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      _ = try cursor.byte(field: field)
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !isTooLarge, !isOver else {
        throw origin.error(
          .overflow, "a number does not fit in 64 bits", at: start, field: field,
          expected: "below 2^63", got: "more")
      }
      value = sum
      digits += 1
    }
    let next = cursor.next.map { Unicode.Scalar($0) }
    guard digits > 0, !(startsWithZero && digits > 1), next != ".", next != "e", next != "E" else {
      throw origin.error(
        .invalid, "this is not a count", at: start, field: field,
        expected: "an integer, 0 or more, in plain digits", got: found)
    }
    return value
  }

  /// Reads a string.
  mutating func string(field: String) throws(FormatError) -> String {
    try expect("\"", field: field)
    let start = place
    var text: [UInt8] = []
    while true {
      let byte = try cursor.byte(field: field)
      switch byte {
      case UInt8(ascii: "\""):
        let string = String(decoding: text, as: UTF8.self)
        guard string.utf8.elementsEqual(text) else {
          throw origin.error(
            .invalid, "a string is not UTF-8", at: start, field: field, expected: "valid UTF-8",
            got: "other bytes")
        }
        return string
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(Character(try escape(field: field))).utf8)
      case ..<0x20:
        throw origin.error(
          .invalid, "a string holds a control character", at: start, field: field,
          expected: "an escape", got: "byte \(byte)")
      default:
        text.append(byte)
      }
    }
  }

  private mutating func escape(field: String) throws(FormatError) -> Unicode.Scalar {
    let start = place
    switch try cursor.byte(field: field) {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var unit = try codeUnit(field: field)
      if (0xd800..<0xdc00).contains(unit), cursor.next == UInt8(ascii: "\\") {
        _ = try cursor.byte(field: field)
        if try cursor.byte(field: field) == UInt8(ascii: "u") {
          let low = try codeUnit(field: field)
          if (0xdc00..<0xe000).contains(low) {
            unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
          }
        }
      }
      if let scalar = Unicode.Scalar(unit) { return scalar }
    default: break
    }
    throw origin.error(
      .invalid, "an escape is none of JSON's", at: start, field: field,
      expected: "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t, or \\u with a Unicode scalar",
      got: "another")
  }

  private mutating func codeUnit(field: String) throws(FormatError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      let start = place
      let digit = try cursor.byte(field: field)
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else {
        throw origin.error(
          .invalid, "an escape has a wrong digit", at: start, field: field,
          expected: "four hexadecimal digits", got: "byte \(digit)")
      }
      unit = unit << 4 | UInt32(value)
    }
    return unit
  }

  /// Moves past one value of any kind.
  ///
  /// It goes through nested values with a list of what is open instead of calling itself.
  mutating func skipValue(field: String) throws(FormatError) {
    var open: [Unicode.Scalar] = []
    repeat {
      skipSpace()
      switch cursor.next {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard open.count < depth else {
          throw origin.overLimit(
            .depth, "values are nested too deeply", most: depth, got: "more", at: place,
            field: field)
        }
        let isObject = try cursor.byte(field: field) == UInt8(ascii: "{")
        if accept(isObject ? "}" : "]") { break }
        open.append(isObject ? "}" : "]")
        if isObject { try skipKey(field: field) }
        continue
      case UInt8(ascii: "\""): _ = try string(field: field)
      case UInt8(ascii: "t"): try skipWord("true", field: field)
      case UInt8(ascii: "f"): try skipWord("false", field: field)
      case UInt8(ascii: "n"): try skipWord("null", field: field)
      default: try skipNumber(field: field)
      }
      // A value ended; so may the values around it.
      while let closing = open.last {
        if accept(",") {
          if closing == "}" { try skipKey(field: field) }
          break
        }
        try expect(closing, field: field)
        open.removeLast()
      }
    } while !open.isEmpty
  }

  private mutating func skipKey(field: String) throws(FormatError) {
    skipSpace()
    _ = try string(field: field)
    try expect(":", field: field)
  }

  private mutating func skipWord(_ word: StaticString, field: String) throws(FormatError) {
    let start = place
    let bytes = try cursor.take(word.utf8CodeUnitCount, field: field)
    guard bytes.elementsEqual(word.withUTF8Buffer { Array($0) }) else {
      throw origin.error(
        .invalid, "this is no value of JSON's", at: start, field: field, expected: "\(word)",
        got: "another word")
    }
  }

  private mutating func skipNumber(field: String) throws(FormatError) {
    let start = place
    func digits() throws(FormatError) -> Int {
      var count = 0
      while let next = cursor.next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
        _ = try cursor.byte(field: field)
        count += 1
      }
      return count
    }
    func takeIf(_ characters: Unicode.Scalar...) throws(FormatError) -> Bool {
      guard let next = cursor.next, characters.contains(Unicode.Scalar(next)) else { return false }
      _ = try cursor.byte(field: field)
      return true
    }
    _ = try takeIf("-")
    let startsWithZero = cursor.next == UInt8(ascii: "0")
    let whole = try digits()
    var isNumber = whole > 0 && !(startsWithZero && whole > 1)
    if try takeIf(".") { isNumber = try digits() > 0 && isNumber }
    if try takeIf("e", "E") {
      _ = try takeIf("+", "-")
      isNumber = try digits() > 0 && isNumber
    }
    guard isNumber else {
      throw origin.error(
        .invalid, "this is no value of JSON's", at: start, field: field, expected: "a value",
        got: found)
    }
  }

  /// Makes sure that nothing but space follows.
  mutating func end(field: String) throws(FormatError) {
    skipSpace()
    guard cursor.isAtEnd else {
      throw origin.error(
        .trailingBytes, "something follows the JSON text", at: place, field: field,
        expected: "nothing but space", got: found)
    }
  }

  private mutating func skipSpace() {
    while let next = cursor.next, next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 {
      cursor.skipOne()
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard let next = cursor.next, Unicode.Scalar(next) == character else { return false }
    cursor.skipOne()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, field: String) throws(FormatError) {
    guard !accept(character) else { return }
    throw origin.error(
      cursor.isAtEnd ? .truncated : .invalid, "this is not the JSON that the format asks for",
      at: place, field: field, expected: "\(character)", got: found)
  }

  private var found: String {
    guard let next = cursor.next else { return "the end" }
    return (0x20..<0x7f).contains(next) ? "\(Character(Unicode.Scalar(next)))" : "byte \(next)"
  }
}
