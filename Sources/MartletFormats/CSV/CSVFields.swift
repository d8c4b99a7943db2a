/// Where the fields of a CSV file lie in its bytes, row by row.
struct CSVFields {
  /// A field: the bytes inside its quotes, if it has some.
  private struct Field {
    let start: Int
    let count: Int
    let isQuoted: Bool
    /// Whether quotes stand doubled inside it.
    let hasQuotes: Bool
  }

  private let input: UnsafeRawBufferPointer
  private let origin: Origin
  private var fields: [Field] = []
  /// The line on which each row starts, from 1.
  private var lines: [Int] = []
  private var width = 0
  private let hasHeader: Bool

  /// The number of rows, without the header.
  var rowCount: Int { lines.count - (hasHeader && !lines.isEmpty ? 1 : 0) }

  init(
    _ input: UnsafeRawBufferPointer, options: CSV.Options, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    self.input = input
    self.origin = origin
    hasHeader = options.hasHeader
    try split(by: options.delimiter, limits: limits)
    guard !lines.isEmpty else {
      throw origin.error(
        .truncated, "the file is empty", at: .whole, field: "rows",
        expected: hasHeader ? "a header" : "a row", got: "nothing",
        fix: "check that this is the file you mean.")
    }
  }

  // MARK: Fields

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed: UInt8 = 10
  private static let carriageReturn: UInt8 = 13

  private mutating func split(by delimiter: UInt8, limits: LoadLimits) throws(FormatError) {
    var position = input.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var line = 1
    while position < input.count {
      if isLineEnd(input[position]) {
        endLine(&position, &line)
        continue
      }
      let rowLine = line
      let first = fields.count
      while true {
        fields.append(
          try field(&position, &line, row: rowLine, index: fields.count - first, delimiter))
        guard position < input.count, input[position] == delimiter else { break }
        position += 1
      }
      if position < input.count { endLine(&position, &line) }
      try endRow(of: fields.count - first, line: rowLine, limits: limits)
    }
  }

  private func isLineEnd(_ byte: UInt8) -> Bool {
    byte == Self.lineFeed || byte == Self.carriageReturn
  }

  private func endLine(_ position: inout Int, _ line: inout Int) {
    if input[position] == Self.carriageReturn, position + 1 < input.count,
      input[position + 1] == Self.lineFeed
    {
      position += 1
    }
    position += 1
    line += 1
  }

  private mutating func endRow(of count: Int, line: Int, limits: LoadLimits) throws(FormatError) {
    if lines.isEmpty {
      width = count
    } else if count != width {
      throw origin.error(
        .mismatch, "a row has another number of fields than the first", at: .line(line),
        field: count < width ? "column \(count + 1)" : "column \(width + 1)",
        expected: "\(width) fields", got: "\(count)",
        fix: "check the delimiter, and quote fields that contain it.")
    }
    lines.append(line)
    guard fields.count * 32 <= limits.dataBytes else {
      throw origin.overLimit(
        .dataBytes, "the table is larger than the limit", most: limits.dataBytes,
        got: "\(fields.count) fields of 32 bytes", at: .line(line), field: "rows")
    }
  }

  /// The field at a position, which moves to the delimiter or line end behind it.
  private func field(
    _ position: inout Int, _ line: inout Int, row: Int, index: Int, _ delimiter: UInt8
  ) throws(FormatError) -> Field {
    let start = position
    guard position < input.count, input[position] == Self.quote else {
      while position < input.count, input[position] != delimiter, !isLineEnd(input[position]) {
        position += 1
      }
      return Field(start: start, count: position - start, isQuoted: false, hasQuotes: false)
    }
    position += 1
    var hasQuotes = false
    while true {
      guard position < input.count else {
        throw origin.error(
          .truncated, "a quoted field does not end", at: .line(row), field: "column \(index + 1)",
          expected: "a quote before the end of the file", got: "none",
          fix: "end the field with a quote, and double the quotes inside it.")
      }
      let byte = input[position]
      if byte == Self.quote {
        if position + 1 < input.count, input[position + 1] == Self.quote {
          hasQuotes = true
          position += 2
          continue
        }
        break
      }
      if isLineEnd(byte) {
        endLine(&position, &line)
      } else {
        position += 1
      }
    }
    let end = position
    position += 1
    guard position == input.count || input[position] == delimiter || isLineEnd(input[position])
    else {
      throw origin.error(
        .invalid, "something follows a quoted field", at: .line(line),
        field: "column \(index + 1)", expected: "the delimiter, or the end of the line",
        got: "byte \(input[position])", fix: "double the quotes inside the field.")
    }
    return Field(start: start + 1, count: end - start - 1, isQuoted: true, hasQuotes: hasQuotes)
  }

  // MARK: Values

  private func bytes(_ field: Field) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: input[field.start..<(field.start + field.count)])
  }

  private func text(_ row: Int, _ column: Int) throws(FormatError) -> String {
    let field = fields[row * width + column]
    let stored = bytes(field)
    let text = field.hasQuotes ? Self.text(Self.undoubled(stored)) : Self.text(stored)
    guard let text else {
      throw origin.error(
        .invalid, "a field is not UTF-8", at: .line(lines[row]), field: "column \(column + 1)",
        expected: "UTF-8", got: "\(stored.prefix(8).map { String($0, radix: 16) })",
        fix: "save the file as UTF-8.")
    }
    return text
  }

  /// The text of bytes, or nil where they are not UTF-8.
  ///
  /// Foundation's way would drop a byte order mark at the start.
  private static func text(_ bytes: some Collection<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.utf8.elementsEqual(bytes) ? text : nil
  }

  /// The bytes with one quote for two.
  ///
  /// Of characters it could not be done: a quote with an accent behind it is another character.
  private static func undoubled(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var isFirst = false
    for byte in bytes {
      isFirst = byte == quote && !isFirst
      if byte != quote || isFirst { result.append(byte) }
    }
    return result
  }

  /// The columns with the types that the options ask for, or that their values have.
  func columns(_ options: CSV.Options) throws(FormatError) -> [CSV.Column] {
    var names: [String] = []
    var places: [String: Int] = [:]
    for column in 0..<width {
      let name = hasHeader ? try text(0, column) : "column \(column + 1)"
      if let before = places.updateValue(column, forKey: name) {
        throw origin.error(
          .duplicate, "two columns have the same name", at: .line(lines[0]),
          field: "column \(column + 1)", expected: "names that differ",
          got: "\"\(name)\", as column \(before + 1)", fix: "rename one of them.")
      }
      names.append(name)
    }
    if let unknown = options.types.keys.sorted().first(where: { places[$0] == nil }) {
      throw origin.error(
        .mismatch, "a column to be typed does not exist", at: .line(lines[0]), field: unknown,
        expected: "one of " + names.map { "\"\($0)\"" }.joined(separator: ", "),
        got: "\"\(unknown)\"", fix: "check the name.")
    }
    var columns: [CSV.Column] = []
    for (index, name) in names.enumerated() {
      columns.append(
        CSV.Column(
          name: name, values: try values(index, name, options.types[name], options.missing)))
    }
    return columns
  }

  private func isMissing(_ field: Field, _ missing: Set<String>) -> Bool {
    if field.count == 0 { return true }
    if field.isQuoted { return false }
    return missing.contains(String(decoding: bytes(field), as: UTF8.self))
  }

  private func values(
    _ column: Int, _ name: String, _ type: CSV.ColumnType?, _ missing: Set<String>
  ) throws(FormatError) -> CSV.Values {
    let rows = (hasHeader ? 1 : 0)..<lines.count
    let isMissing = rows.map { self.isMissing(fields[$0 * width + column], missing) }
    if type == nil || type == .integer {
      if let values = try parsed(
        rows, column, name, isMissing, isAskedFor: type != nil, "a whole number", Self.integer)
      {
        return .integers(values)
      }
    }
    if type == nil || type == .number {
      if let values = try parsed(
        rows, column, name, isMissing, isAskedFor: type != nil, "a number", Self.number)
      {
        return .numbers(values)
      }
    }
    var texts: [String?] = []
    texts.reserveCapacity(rows.count)
    for row in rows { texts.append(isMissing[row - rows.lowerBound] ? nil : try text(row, column)) }
    return .texts(texts)
  }

  /// The values of a column; nil where one cannot be read and no type was asked for, or where there
  /// is none at all.
  private func parsed<Value>(
    _ rows: Range<Int>, _ column: Int, _ name: String, _ isMissing: [Bool], isAskedFor: Bool,
    _ kind: String, _ parse: (UnsafeRawBufferPointer) -> Value?
  ) throws(FormatError) -> [Value?]? {
    if !isAskedFor, isMissing.allSatisfy({ $0 }) { return nil }
    var values: [Value?] = []
    values.reserveCapacity(rows.count)
    for row in rows {
      if isMissing[row - rows.lowerBound] {
        values.append(nil)
      } else if let value = parse(bytes(fields[row * width + column])) {
        values.append(value)
      } else if isAskedFor {
        throw origin.error(
          .invalid, "a value is not of the type asked for", at: .line(lines[row]),
          field: "column \(column + 1), \"\(name)\"", expected: kind,
          got: "\"\(try text(row, column).prefix(40))\"",
          fix: "correct the value, or read the column as text.")
      } else {
        return nil
      }
    }
    return values
  }

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    var slice = bytes[...]
    while let first = slice.first, first == 32 || first == 9 { slice = slice.dropFirst() }
    while let last = slice.last, last == 32 || last == 9 { slice = slice.dropLast() }
    return slice
  }

  private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int? {
    Int(String(decoding: trimmed(bytes), as: UTF8.self))
  }

  private static func number(_ bytes: UnsafeRawBufferPointer) -> Double? {
    let digits = trimmed(bytes)
    let isDecimal = digits.allSatisfy {
      (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0)
    }
    let text = String(decoding: digits, as: UTF8.self)
    if isDecimal { return Double(text) }
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan": return .nan
    default: return nil
    }
  }
}
