extension ListPickle {
  // MARK: Words

  mutating func word(_ count: Int) throws(FormatError) -> String {
    guard count <= Self.longestWord else {
      throw invalid(
        "a word is longer than any of an array", "word", expected: "\(Self.longestWord) bytes",
        "\(count)")
    }
    let bytes = try cursor.take(count, field: "word")
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  /// The text up to the end of a line.
  mutating func line() throws(FormatError) -> String {
    var text = ""
    while true {
      let byte = try cursor.byte(field: "GLOBAL")
      if byte == 0x0a { return text }
      text.unicodeScalars.append(Unicode.Scalar(byte))
      guard text.unicodeScalars.count <= Self.longestWord else {
        throw invalid(
          "a name is longer than any of an array", "GLOBAL", expected: "\(Self.longestWord) bytes",
          "more")
      }
    }
  }

  mutating func popWord(_ field: String) throws(FormatError) -> String {
    guard let word = try pop(field).word else {
      throw invalid("a name is no text", field, expected: "a text", "another value")
    }
    return word
  }

  // MARK: The stack

  mutating func push(_ value: Value) throws(FormatError) {
    guard stack.count < Self.mostValues else {
      throw invalid(
        "more values wait than NumPy ever leaves", "stack", expected: "\(Self.mostValues) at most",
        "more")
    }
    stack.append(value)
  }

  mutating func pop(_ field: String) throws(FormatError) -> Value {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw invalid("a value is missing", field, expected: "a value on the stack", "none")
    }
    return value
  }

  mutating func mark() throws(FormatError) {
    // One for each list that is being filled, and for a tuple.
    guard marks.count < 8 else {
      throw error(
        .unsupported, "values are nested too deeply", "MARK", expected: "lists in an array",
        got: "more than 8 marks")
    }
    marks.append(stack.count)
  }

  /// Removes the last mark, and says how many values stood on it.
  mutating func unmark(_ field: String) throws(FormatError) -> Int {
    guard let mark = marks.popLast() else {
      throw invalid("a mark is missing", field, expected: "a mark on the stack", "none")
    }
    return stack.count - mark
  }

  mutating func tuple(_ count: Int) throws(FormatError) {
    guard count <= Self.longestTuple, stack.count - (marks.last ?? 0) >= count else {
      throw invalid(
        "a tuple has another length than any of an array", "TUPLE",
        expected: "\(Self.longestTuple) values at most, all on the stack", "\(count)")
    }
    let values = Array(stack.suffix(count))
    var isNested = false
    for value in values {
      guard case .tuple(_, let hasTuples) = value else { continue }
      isNested = true
      guard !hasTuples else {
        throw invalid(
          "tuples are nested too deeply", "TUPLE", expected: "a tuple in a tuple", "more")
      }
    }
    stack.removeLast(count)
    try push(.tuple(values, isNested: isNested))
  }

  // MARK: The memo

  mutating func put(_ number: Int) throws(FormatError) {
    let value = try pop("PUT")
    stack.append(value)
    let first = firstMemo ?? number
    guard (0...1).contains(first), number == first + memo.count else {
      throw invalid(
        "values are not numbered in their order", "PUT", expected: "\(first + memo.count)",
        "\(number)")
    }
    firstMemo = first
    try spend(64)
    memo.append(value)
  }

  mutating func get(_ number: Int) throws(FormatError) {
    guard memo.indices.contains(number - (firstMemo ?? 0)) else {
      throw invalid(
        "no value has this number", "GET",
        expected: "a number of the \(memo.count) values before", "\(number)")
    }
    try push(memo[number - (firstMemo ?? 0)])
  }
}

extension ListPickle.Value {
  /// An integer, or a boolean as one.
  var integer: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// A text, or bytes as one: Python 2 knows no difference.
  var word: String? {
    switch self {
    case .text(let text): text
    case .bytes(let bytes): String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    default: nil
    }
  }
}

extension String {
  /// The bytes that ``ListPickle`` made the text of, one for each scalar.
  var latin1: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}
