/// The pickle of an array of lists of integers, as NumPy writes it.
///
/// A pickle is a program for a machine with a stack, a memo of values made before, and calls of
/// whatever it names. Here nothing is called: a global is one of five known names, and a "call" is
/// understood where its arguments are those that NumPy writes. Values that nothing of this needs
/// (floats, dictionaries, classes …) are unknown instructions.
struct ListPickle {
  /// A value on the stack.
  enum Value {
    case none
    case bool(Bool)
    case int(Int)
    case text(String)
    case bytes([UInt8])
    /// Its values, and whether tuples are among them: those hold no further ones.
    case tuple([Value], isNested: Bool)
    /// The number of a list.
    case list(Int)
    case global(Global)
    /// NumPy's type of objects.
    case objectType
    /// The array, of which there is one.
    case array
  }

  /// What may be named.
  enum Global {
    case reconstruct, array, dtype, encode

    init?(_ module: String, _ name: String) {
      switch (module, name) {
      case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
        self = .reconstruct
      case ("numpy", "ndarray"): self = .array
      case ("numpy", "dtype"): self = .dtype
      // How Python 3 writes bytes in protocol 2: as a text to be encoded.
      case ("_codecs", "encode"): self = .encode
      default: return nil
      }
    }
  }

  /// A list that is being filled, either with integers or with lists of integers.
  struct List {
    enum Kind { case open, integers, lists }
    var kind = Kind.open
    var integers: [Int] = []
    var lists: [Int] = []
  }

  /// NumPy's pickler puts at most 1,000 values on the stack for each of two nested lists.
  static let mostValues = 4096
  /// The longest word in such a pickle is a module's name.
  static let longestWord = 64
  /// The longest tuple is the state of a type, of 9 values at most.
  static let longestTuple = 16

  var cursor: ByteCursor
  let origin: Origin
  let limits: LoadLimits
  var bytesLeft: Int
  var stack: [Value] = []
  /// How high the stack was at each mark.
  var marks: [Int] = []
  var memo: [Value] = []
  /// The number of the first value of the memo: 0 in Python 3, 1 in Python 2.
  var firstMemo: Int?
  var lists: [List] = []
  var hasArray = false
  var state: (count: Int, list: Int)?
  /// Where the present instruction stands.
  var place = 0

  init(
    _ bytes: UnsafeRawBufferPointer, from start: Int, limits: LoadLimits, origin: Origin
  ) {
    cursor = ByteCursor(bytes, origin: origin)
    self.origin = origin
    self.limits = limits
    bytesLeft = limits.dataBytes
    place = start
  }

  /// Reads the pickle to its end, which is that of the file.
  mutating func lists(count: Int) throws(FormatError) -> [[Int]] {
    try cursor.move(to: place, field: "pickle")
    guard try cursor.byte(field: "PROTO") == 0x80 else {
      throw error(
        .unsupported, "this is no pickle of a known protocol", "PROTO",
        expected: "instruction 80, of protocol 2 or later", got: "another",
        fix: "save it with numpy.save.")
    }
    let version = try cursor.byte(field: "PROTO")
    guard (2...5).contains(version) else {
      throw error(
        .unsupported, "this is no pickle of a known protocol", "PROTO", expected: "2 to 5",
        got: "\(version)", fix: "save it with numpy.save.")
    }
    repeat { place = cursor.offset } while try run(cursor.byte(field: "instruction"))
    guard stack.count == 1, case .array = stack[0], marks.isEmpty, let state else {
      throw invalid("the pickle ends without an array alone", "STOP", expected: "an array", "else")
    }
    guard cursor.isAtEnd else {
      throw error(
        .trailingBytes, "bytes follow where the pickle ends", "STOP", expected: "the end",
        got: "\(cursor.remaining) bytes")
    }
    let found = lists[state.list].lists
    guard state.count == count, found.count == count else {
      throw error(
        .mismatch, "the array has not as many lists as declared", "shape",
        expected: "\(count)", got: "\(state.count) in the array's shape, \(found.count) lists")
    }
    // A list may stand there several times: what comes of them counts, not what is written.
    for list in found { try spend(8 * lists[list].integers.count) }
    return found.map { lists[$0].integers }
  }

  // MARK: Instructions

  /// Runs one instruction; false for the last.
  mutating func run(_ opcode: UInt8) throws(FormatError) -> Bool {
    switch opcode {
    case UInt8(ascii: "."): return false
    case UInt8(ascii: "("): try mark()
    case UInt8(ascii: "N"): try push(.none)
    case 0x88: try push(.bool(true))
    case 0x89: try push(.bool(false))
    case UInt8(ascii: "K"): try push(.int(Int(cursor.byte(field: "BININT1"))))
    case UInt8(ascii: "M"): try push(.int(Int(cursor.littleEndian(UInt16.self, field: "BININT2"))))
    case UInt8(ascii: "J"): try push(.int(Int(cursor.littleEndian(Int32.self, field: "BININT"))))
    case 0x8a: try push(.int(long()))
    case 0x8c: try push(.text(word(Int(cursor.byte(field: "SHORT_BINUNICODE")))))
    case UInt8(ascii: "X"):
      try push(.text(word(Int(cursor.littleEndian(UInt32.self, field: "BINUNICODE")))))
    case UInt8(ascii: "U"), UInt8(ascii: "C"):
      try push(.bytes(word(Int(cursor.byte(field: "SHORT_BINBYTES"))).latin1))
    case UInt8(ascii: "T"), UInt8(ascii: "B"):
      try push(.bytes(word(Int(cursor.littleEndian(UInt32.self, field: "BINBYTES"))).latin1))
    case UInt8(ascii: "c"): try push(.global(global(line(), line())))
    case 0x93:
      let name = try popWord("STACK_GLOBAL")
      try push(.global(global(popWord("STACK_GLOBAL"), name)))
    case UInt8(ascii: ")"): try push(.tuple([], isNested: false))
    case 0x85, 0x86, 0x87: try tuple(Int(opcode - 0x84))
    case UInt8(ascii: "t"): try tuple(unmark("TUPLE"))
    case UInt8(ascii: "]"): try newList()
    case UInt8(ascii: "a"): try append(1)
    case UInt8(ascii: "e"): try append(unmark("APPENDS"))
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "q"): try put(Int(cursor.byte(field: "BINPUT")))
    case UInt8(ascii: "r"): try put(Int(cursor.littleEndian(UInt32.self, field: "LONG_BINPUT")))
    case 0x94: try put(memo.count + (firstMemo ?? 0))
    case UInt8(ascii: "h"): try get(Int(cursor.byte(field: "BINGET")))
    case UInt8(ascii: "j"): try get(Int(cursor.littleEndian(UInt32.self, field: "LONG_BINGET")))
    case 0x95: try frame()
    default:
      throw error(
        .unsupported, "an instruction is none of those that make lists of integers",
        "instruction", expected: "an array of lists of integers",
        got: "instruction \(String(opcode, radix: 16))",
        fix: "save lists of plain integers only; nothing else is read from a pickle.")
    }
    return true
  }

  /// A new frame, which says how many bytes to read ahead.
  mutating func frame() throws(FormatError) {
    let size = try cursor.littleEndian(UInt64.self, field: "FRAME")
    guard size <= UInt64(cursor.remaining) else {
      throw error(
        .truncated, "the bytes end too early", "FRAME", expected: "\(size) more bytes",
        got: "\(cursor.remaining)")
    }
  }

  mutating func long() throws(FormatError) -> Int {
    let bytes = try cursor.take(Int(cursor.byte(field: "LONG1")), field: "LONG1")
    guard bytes.count <= 8 else {
      throw error(
        .overflow, "an integer does not fit in 64 bits", "LONG1", expected: "8 bytes at most",
        got: "\(bytes.count)")
    }
    var value: UInt64 = bytes.last.map { $0 >= 0x80 ? .max : 0 } ?? 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return Int(Int64(bitPattern: value))
  }

  mutating func global(
    _ module: String, _ name: String
  ) throws(FormatError) -> Global {
    if let global = Global(module, name) { return global }
    throw error(
      .unsupported, "the pickle names what is not part of an array of lists", "global",
      expected: "numpy.ndarray, numpy.dtype or NumPy's _reconstruct", got: "\(module).\(name)",
      fix: "do not trust this file: a pickle may run any program. Save lists of plain integers.")
  }

  // MARK: Errors

  func error(
    _ reason: FormatError.Reason, _ what: String, _ field: String, expected: String, got: String,
    fix: String = Origin.damaged
  ) -> FormatError {
    origin.error(
      reason, what, at: .byte(place), field: field, expected: expected, got: got, fix: fix)
  }

  func invalid(
    _ what: String, _ field: String, expected: String, _ got: String
  ) -> FormatError {
    error(.invalid, what, field, expected: expected, got: got)
  }
}
