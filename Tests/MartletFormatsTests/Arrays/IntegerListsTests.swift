import Foundation
import Testing

@testable import MartletFormats

@Suite struct IntegerListsTests {
  /// The lists of `make_lists.py`.
  private static let lists: [[Int]] =
    [
      [], [0], [255, 256], [65535, 65536], [-1, 1 << 31 - 1, -1 << 31],
      [1 << 31, 1 << 40, .max, .min, -129], Array(1...2002),
    ] + (0..<1010).map { [$0, -$0] }

  @Test(arguments: Files.goldens(endingIn: ".npy").filter { $0.hasPrefix("lists-") })
  func `lists as NumPy has pickled them since Python 2`(name: String) throws {
    let url = Files.goldens.appendingPathComponent(name)
    let found = try IntegerLists(contentsOf: url).lists
    #expect(found == (name == "lists-empty.npy" ? [] : Self.lists))
  }

  @Test func `there is a file of each protocol and NumPy`() {
    let names = Files.goldens(endingIn: ".npy").filter { $0.hasPrefix("lists-") }
    #expect(names.count == 6)
  }

  @Test func `an archive has lists beside numbers`() throws {
    let zip = try Zip.content(of: [
      Zip.Entry("x.npy", FileContent(Files.golden("lists-numpy1.npy"))),
      Zip.Entry("y.npy", FileContent(Files.golden("version1.npy"))),
    ])
    let archive = try NPZ(zip.bytes, source: "file")
    #expect(try archive.integerLists("x") == Self.lists)
    #expect(try archive.array("y").shape == [2, 3, 4])
    let error = #expect(throws: FormatError.self) { try archive.integerLists("y") }
    #expect(error?.reason == .unsupported)
    #expect(error?.source == "file/y.npy")
    let numbers = #expect(throws: FormatError.self) { try archive.array("x") }
    #expect(numbers?.fix.contains("IntegerLists") == true)
  }

  @Test(arguments: [
    ("floats", "instruction", FormatError.Reason.unsupported), ("numbers", "BUILD", .invalid),
    ("deep", "APPEND", .unsupported), ("numpy", "global", .unsupported),
    ("huge", "LONG1", .overflow), ("table", "descr", .unsupported),
    ("program", "global", .unsupported), ("itself", "APPEND", .unsupported),
  ])
  func `other objects are refused`(name: String, field: String, reason: FormatError.Reason) {
    let error = #expect(throws: FormatError.self) {
      try IntegerLists(Files.golden("bad-lists-\(name).npy"))
    }
    #expect(error?.field == field)
    #expect(error?.reason == reason)
    if name == "program" { #expect(error?.got == "posix.system") }
    if name == "numpy" { #expect(error?.got == "numpy._core.multiarray.scalar") }
  }

  @Test func `every file that is cut short is refused`() throws {
    let whole = try Files.golden("bad-lists-itself.npy").prefix(128)
    for name in ["lists-empty.npy", "bad-lists-deep.npy"] {
      let bytes = try Files.golden(name)
      for count in 0..<bytes.count {
        #expect(throws: FormatError.self) { try IntegerLists(bytes[..<count]) }
      }
    }
    #expect(throws: FormatError.self) { try IntegerLists(whole) }
  }

  @Test func `no change of a byte is more than an error`() throws {
    let bytes = try Files.golden("lists-empty.npy")
    for place in 128..<bytes.count {
      for value in UInt8.min...UInt8.max {
        var changed = bytes
        changed[place] = value
        // What is read must be of the declared length; what is not is thrown.
        if let read = try? IntegerLists(changed) { #expect(read.lists.isEmpty) }
      }
    }
  }

  // MARK: Pickles made by hand

  /// A file of `count` lists with these instructions behind PROTO.
  private static func file(_ count: Int, _ parts: [UInt8]...) -> [UInt8] {
    let header = "{'descr': '|O', 'fortran_order': False, 'shape': (\(count),), }"
    return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] + littleEndian(UInt16(header.utf8.count))
      + header.utf8 + [0x80, 2] + parts.joined()
  }

  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// The array before its state, of a shape.
  private static func start(_ count: UInt8) -> [UInt8] {
    ascii("cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0") + [0x85]
      + ascii("U\u{1}b") + [0x87] + ascii("R(K\u{1}K") + [count, 0x85]
      + ascii("cnumpy\ndtype\nU\u{2}O8K\0K\u{1}") + [0x87] + ascii("R") + [0x89]
  }
  /// The end of the state, and of the pickle.
  private static let end = ascii("tb.")

  @Test func `a list may stand there twice`() throws {
    let file = Self.file(2, Self.start(2), Self.ascii("](]q\0(K\u{7}K\u{8}eh\0e"), Self.end)
    #expect(try IntegerLists(file).lists == [[7, 8], [7, 8]])
  }

  private static let inputs: [BadInput] = {
    func bad(
      _ name: String, _ reason: FormatError.Reason, _ field: String, _ file: [UInt8],
      limits: LoadLimits = LoadLimits()
    ) -> BadInput { BadInput(name, file, reason, field: field, limits: limits) }
    let one = ascii("]]K\u{1}aa")
    let whole = file(1, start(1), one, end)
    let header = whole.count - (start(1) + one + end).count - 2
    func changed(_ place: Int, _ byte: UInt8) -> [UInt8] {
      var bytes = whole
      bytes[header + place] = byte
      return bytes
    }
    // Each list holds the one before it twice: with a reader that follows, 2^40 integers.
    var laughs = ascii("]q\0(K\u{1}K\u{1}e")
    for index in 1..<40 as Range<UInt8> {
      laughs +=
        ascii("]q") + [index] + ascii("(h") + [index - 1] + ascii("h") + [index - 1] + ascii("e")
    }
    return [
      bad("no protocol", .unsupported, "PROTO", changed(0, 0x28)),
      bad("protocol 1", .unsupported, "PROTO", changed(1, 1)),
      bad("a protocol to come", .unsupported, "PROTO", changed(1, 6)),
      bad("bytes behind the end", .trailingBytes, "STOP", whole + [0]),
      bad("fewer lists than declared", .mismatch, "shape", file(2, start(1), one, end)),
      bad("fewer lists than the shape", .mismatch, "shape", file(2, start(2), one, end)),
      bad("nothing but the end", .invalid, "STOP", file(1, ascii("."))),
      bad("no array", .invalid, "STOP", file(1, ascii("].)"))),
      bad(
        "an array without a state", .invalid, "STOP",
        file(
          1, ascii("cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0"), [0x85],
          ascii("U\u{1}b"), [0x87], ascii("R."))),
      bad("a system call", .unsupported, "global", file(1, ascii("cos\nsystem\nU\u{1}a\u{85}R."))),
      bad(
        "an evaluation", .unsupported, "global",
        file(1, [0x8c, 8], ascii("builtins"), [0x8c, 4], ascii("eval"), [0x93], ascii("."))),
      bad("NumPy's loader", .unsupported, "global", file(1, ascii("cnumpy\nload\n."))),
      bad("a class of builtins", .unsupported, "global", file(1, ascii("c__builtin__\nlist\n."))),
      bad("an instance", .unsupported, "instruction", file(1, ascii("(ios\nsystem\n."))),
      bad("an object", .unsupported, "instruction", file(1, ascii("(U\u{1}ao."))),
      bad("a persistent name", .unsupported, "instruction", file(1, ascii("Pfile\n."))),
      bad("an extension", .unsupported, "instruction", file(1, [0x82, 1], ascii("."))),
      bad("a new object", .unsupported, "instruction", file(1, [0x81], ascii("."))),
      bad("a dictionary", .unsupported, "instruction", file(1, ascii("}."))),
      bad("a buffer outside", .unsupported, "instruction", file(1, [0x97], ascii("."))),
      bad("a call of nothing", .invalid, "REDUCE", file(1, ascii("R."))),
      bad("a call of a number", .invalid, "REDUCE", file(1, ascii("K\u{1})R."))),
      bad(
        "a call of the array's class", .invalid, "REDUCE",
        file(1, ascii("cnumpy\nndarray\n)R."))),
      bad(
        "another class than the array's", .invalid, "REDUCE",
        file(
          1, ascii("cnumpy._core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\0"), [0x85],
          ascii("U\u{1}b"), [0x87], ascii("R."))),
      bad(
        "an array of numbers", .invalid, "REDUCE",
        file(1, ascii("cnumpy\ndtype\nU\u{2}i8K\0K\u{1}"), [0x87], ascii("R."))),
      bad(
        "another encoding", .invalid, "REDUCE",
        file(1, ascii("c_codecs\nencode\nX\u{1}\0\0\0bU\u{3}rot"), [0x86], ascii("R."))),
      bad(
        "two arrays", .invalid, "REDUCE",
        file(
          1, start(1), one, ascii("tb"),
          ascii("cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0"), [0x85],
          ascii("U\u{1}b"), [0x87], ascii("R."))),
      bad("two states", .invalid, "BUILD", file(1, start(1), one, ascii("tb"), ascii(")b."))),
      bad("a state for a list", .invalid, "BUILD", file(1, ascii("])b."))),
      bad("a state that is no tuple", .invalid, "BUILD", file(1, ascii("]K\u{1}b."))),
      bad("a list in itself", .unsupported, "APPEND", file(1, ascii("]q\0h\0a."))),
      bad(
        "two lists in each other", .unsupported, "APPEND",
        file(1, ascii("]q\0]q\u{1}ah\u{1}h\0a."))),
      bad("lists that double", .unsupported, "APPEND", file(1, laughs, end)),
      bad(
        "one list many times", .limit(.dataBytes), "lists",
        file(
          200, start(200), ascii("](]q\0("), [UInt8](repeating: 0x4e, count: 0),
          Array(repeatElement(ascii("K\u{1}"), count: 900).joined()), ascii("e"),
          Array(repeatElement(ascii("h\0"), count: 199).joined()), ascii("e"), end),
        limits: .with { $0.dataBytes = 100_000 }),
      bad(
        "more than the limit", .limit(.dataBytes), "lists", whole,
        limits: .with { $0.dataBytes = 100 }),
      bad("a text in a list", .unsupported, "APPEND", file(1, ascii("]U\u{1}aa."))),
      bad("a list beside a number", .unsupported, "APPEND", file(1, ascii("](K\u{1}]e."))),
      bad("a number beside a list", .unsupported, "APPEND", file(1, ascii("](]K\u{1}e."))),
      bad("nothing to append to", .invalid, "APPEND", file(1, ascii("K\u{1}a."))),
      bad("an append below a mark", .invalid, "APPEND", file(1, ascii("](K\u{1}a."))),
      bad("an append without a mark", .invalid, "APPENDS", file(1, ascii("]e."))),
      bad("a tuple without a mark", .invalid, "TUPLE", file(1, ascii("t."))),
      bad("a tuple of too little", .invalid, "TUPLE", file(1, ascii("K\u{1}"), [0x87], end)),
      bad(
        "a long tuple", .invalid, "TUPLE",
        file(1, ascii("("), [UInt8](repeating: 0x4e, count: 17), ascii("t."))),
      bad(
        "deep tuples", .invalid, "TUPLE",
        file(1, ascii(")"), [UInt8](repeating: 0x85, count: 100_000), end)),
      bad("many marks", .unsupported, "MARK", file(1, [UInt8](repeating: 0x28, count: 100_000))),
      bad(
        "a high stack", .invalid, "stack", file(1, [UInt8](repeating: 0x4e, count: 100_000))),
      bad("a value that was not kept", .invalid, "GET", file(1, ascii("h\0."))),
      bad(
        "a far value", .invalid, "GET", file(1, ascii("]q\0j"), [0xff, 0xff, 0xff, 0xff], end)),
      bad("a far number", .invalid, "PUT", file(1, ascii("]r"), [0xff, 0xff, 0xff, 0xff], end)),
      bad("a number twice", .invalid, "PUT", file(1, ascii("]q\0]q\0."))),
      bad(
        "the memo without an end", .limit(.dataBytes), "lists",
        file(1, ascii("]"), [UInt8](repeating: 0x94, count: 10_000)),
        limits: .with { $0.dataBytes = 100_000 }),
      bad("a long word", .invalid, "word", file(1, ascii("X"), [0xff, 0xff, 0xff, 0x7f])),
      bad(
        "a long name", .invalid, "GLOBAL",
        file(1, ascii("c"), [UInt8](repeating: 0x61, count: 1000))),
      bad(
        "a name that is a number", .invalid, "STACK_GLOBAL", file(1, ascii("K\u{1}K\u{1}"), [0x93])),
      bad(
        "a long frame", .truncated, "FRAME",
        file(1, [0x95, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
      bad(
        "nine bytes for a number", .overflow, "LONG1",
        file(1, [0x8a, 9], [0, 0, 0, 0, 0, 0, 0, 0, 1])),
    ]
  }()

  @Test(arguments: inputs)
  func `malformed pickles are refused`(input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try IntegerLists(bytes, limits: limits)
    }
  }

  @Test func `the byte at fault is named`() {
    let file = Self.file(1, Self.ascii("NNcos\nsystem\n."))
    let error = #expect(throws: FormatError.self) { try IntegerLists(file, source: "x.npy") }
    #expect(error?.place == .byte(file.count - 12))
    #expect(error?.source == "x.npy")
    #expect(error?.got == "os.system")
  }

  @Test func `the limit counts what comes of it`() throws {
    let file = Self.file(1, Self.start(1), Self.ascii("]](K\u{1}K\u{2}ea"), Self.end)
    // Two lists, two integers, one list in a list, and the two integers of the result.
    #expect(try IntegerLists(file, limits: .with { $0.dataBytes = 168 }).lists == [[1, 2]])
    #expect(throws: FormatError.self) {
      try IntegerLists(file, limits: .with { $0.dataBytes = 167 })
    }
  }
}
