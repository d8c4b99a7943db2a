import Foundation
import Testing

@testable import MartletFormats

@Suite struct SafeTensorsTests {
  @Test func `a file of the reference implementation`() throws {
    let file = try SafeTensors(
      contentsOf: Files.goldens.appendingPathComponent("tensors.safetensors"))
    #expect(file.metadata == ["made by": "make_goldens.py\t✓"])
    #expect(file.names.count == 9)
    let kernel = try #require(file["weights/kernel"])
    #expect(kernel.shape == [2, 3])
    #expect(kernel.dtype == .float32)
    // NumPy: linspace(-1, 1, 6, dtype=float32).
    #expect(try kernel.scalars() == [-1, -0.6, -0.2, 0.2, 0.6, 1] as [Float])
    #expect(try file["weights/bias"]?.scalars() == [0.5, -0.25, Float(bitPattern: 71362)])
    let exact = try #require(try file["exact"]?.scalars(as: Double.self))
    #expect(exact == [1 / 3, .infinity, -.infinity, 0] as [Double])
    #expect(exact[3].sign == .minus)
    #expect(try file["labels"]?.scalars() == [1, -2, 3, -4] as [Int32])
    #expect(try file["counter"]?.scalars() == [1 << 62 + 1] as [Int64])
    #expect(file["counter"]?.shape == [])
    #expect(try file["pixels"]?.scalars() == Array(0...255) as [UInt8])
    #expect(try file["mask"]?.scalars() == [true, false, true])
    #expect(file["nothing"]?.shape == [0, 3])
    #expect(file["nothing"]?.bytes.isEmpty == true)
    #expect(try file["größe \"x\"\n"]?.scalars() == [7] as [Int16])
    #expect(file["absent"] == nil)
  }

  @Test(arguments: ["tensors.safetensors", "no-tensors.safetensors"])
  func `writing gives the bytes of the reference implementation`(name: String) throws {
    let bytes = try Files.golden(name)
    let file = try SafeTensors(bytes)
    #expect(try SafeTensors.fileBytes(of: file.entries, metadata: file.metadata) == bytes)
    let shuffled = file.entries.reversed() as [SafeTensors.Entry]
    #expect(try SafeTensors.fileBytes(of: shuffled, metadata: file.metadata) == bytes)
  }

  @Test func `what is written reads back`() throws {
    let entries = [
      SafeTensors.Entry("a", shape: [2], scalars: [Float.pi, .greatestFiniteMagnitude]),
      SafeTensors.Entry(
        "b", shape: [1, 3], scalars: [Double.ulpOfOne, -0.0, .leastNonzeroMagnitude]),
      SafeTensors.Entry("c", shape: [], scalars: [Int64.min]),
      SafeTensors.Entry("d", shape: [2], scalars: [Int32.min, .max]),
      SafeTensors.Entry("e", shape: [2], scalars: [UInt8(0), 255]),
      SafeTensors.Entry("f", shape: [2], scalars: [true, false]),
      SafeTensors.Entry("g", shape: [0], scalars: [Int8]()),
      SafeTensors.Entry("h", shape: [1], scalars: [UInt16.max]),
      SafeTensors.Entry("i", shape: [1], scalars: [UInt32.max]),
      SafeTensors.Entry("j", shape: [1], scalars: [UInt64.max]),
      SafeTensors.Entry(
        name: "\u{1} \u{1f} \u{8}\u{c}\r\\/ 🐦 \u{7f}", dtype: .bfloat16, shape: [1],
        bytes: [0x80, 0x3f]),
    ]
    let metadata = ["z": "\u{0}", "": "ü"]
    let bytes = try SafeTensors.fileBytes(of: entries, metadata: metadata)
    let file = try SafeTensors(bytes)
    #expect(Set(file.entries) == Set(entries))
    #expect(file.metadata == metadata)
    // The header ends on a multiple of eight, so numbers of eight bytes are aligned.
    #expect((bytes.count - entries.reduce(0) { $0 + $1.bytes.count }) % 8 == 0)
  }

  @Test func `a byte that is neither 0 nor 1 reads as true`() throws {
    let entry = SafeTensors.Entry(name: "m", dtype: .bool, shape: [3], bytes: [0, 2, 255])
    #expect(try entry.scalars() == [false, true, true])
  }

  @Test func `numbers of another type are not reinterpreted`() throws {
    let entry = SafeTensors.Entry("x", shape: [1], scalars: [Float(1)])
    let error = #expect(throws: FormatError.self) { try entry.scalars(as: Int32.self) }
    #expect(error?.reason == .mismatch)
    #expect(error?.expected == "I32")
    #expect(error?.got == "F32")
  }

  @Test func `a writer refuses what no reader would take`() {
    func reason(_ entries: [SafeTensors.Entry]) -> FormatError.Reason? {
      #expect(throws: FormatError.self) { try SafeTensors.fileBytes(of: entries) }?.reason
    }
    let a = SafeTensors.Entry("a", shape: [1], scalars: [Float(1)])
    #expect(reason([a, a]) == .duplicate)
    #expect(
      reason([SafeTensors.Entry("__metadata__", shape: [1], scalars: [Float(1)])]) == .duplicate)
    #expect(reason([SafeTensors.Entry("a", shape: [2], scalars: [Float(1)])]) == .mismatch)
    #expect(reason([SafeTensors.Entry("a", shape: [-1], scalars: [Float(1)])]) == .mismatch)
    #expect(reason([SafeTensors.Entry("a", shape: [0, -1], scalars: [Float]())]) == .mismatch)
    let huge = SafeTensors.Entry("a", shape: [.max, 2], scalars: [Float(1)])
    #expect(reason([huge]) == .overflow)
  }

  @Test func `fields that are not known yet are skipped`() throws {
    let bytes = Self.file(
      """
      {"a":{"note":{"x":[1,-2.5e+3,true,null,{"y":"]}"}],"z":{}},"dtype":"U8", "shape":[1],
      "data_offsets":[0,1],"more":[[],{}]}}
      """, data: [7])
    #expect(try SafeTensors(bytes)["a"]?.scalars() == [7] as [UInt8])
  }

  @Test func `every escape of JSON`() throws {
    let bytes = Self.file(#"{"__metadata__":{"\"\\\/\b\f\n\r\t":"\u00e9\u20AC\ud83d\uDC26"}}"#)
    let file = try SafeTensors(bytes)
    #expect(file.metadata == ["\"\\/\u{8}\u{c}\n\r\t": "é€🐦"])
  }

  @Test func `the order of the header is not that of the data`() throws {
    let bytes = Self.file(
      "{" + Self.tensor("a", shape: "[1]", offsets: "[1,2]") + ","
        + Self.tensor("b", shape: "[1]", offsets: "[0,1]") + ","
        + Self.tensor("n", shape: "[0]", offsets: "[1,1]") + "}  \n", data: [5, 6])
    let file = try SafeTensors(bytes)
    #expect(file.names == ["b", "n", "a"])
    #expect(try file["a"]?.scalars() == [6] as [UInt8])
  }

  // MARK: - Refusals

  /// A file with this header, which need not be JSON.
  private static func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
    file(Array(header.utf8), data: data)
  }

  private static func file(_ header: [UInt8], data: [UInt8] = []) -> [UInt8] {
    littleEndian(UInt64(header.count)) + header + data
  }

  /// The description of a tensor in a header.
  private static func tensor(
    _ name: String = "a", dtype: String = "\"U8\"", shape: String = "[2]",
    offsets: String = "[0,2]"
  ) -> String {
    "\"\(name)\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  private static func one(
    _ name: String, _ tensor: String, _ reason: FormatError.Reason, field: String,
    data: [UInt8] = [1, 2], limits: LoadLimits = LoadLimits()
  ) -> BadInput {
    BadInput(name, file("{\(tensor)}", data: data), reason, field: field, limits: limits)
  }

  private static func text(
    _ name: String, _ header: String, _ reason: FormatError.Reason, field: String,
    at place: FormatError.Place? = nil, limits: LoadLimits = LoadLimits()
  ) -> BadInput {
    BadInput(name, file(header), reason, field: field, at: place, limits: limits)
  }

  @Test(arguments: [
    BadInput("no bytes", [], .truncated, field: "header size", at: .byte(0)),
    BadInput("seven bytes", [2, 0, 0, 0, 0, 0, 0], .truncated, field: "header size"),
    BadInput("header cut", Array(file("{}").dropLast()), .truncated, field: "header"),
    BadInput(
      "header of 100 MB and 1", littleEndian(UInt64(100_000_001)) + [123], .invalid,
      field: "header size", limits: .with { $0.headerBytes = .max }),
    BadInput(
      "header of 100 MB", littleEndian(UInt64(100_000_000)) + [123], .truncated, field: "header",
      limits: .with { $0.headerBytes = .max }),
    BadInput("header of 2^64 - 1", littleEndian(UInt64.max), .invalid, field: "header size"),
    BadInput("header of 2^63", littleEndian(UInt64(1) << 63), .invalid, field: "header size"),
    BadInput(
      "header above the limit", file("{}        "), .limit(.headerBytes), field: "header size",
      limits: .with { $0.headerBytes = 8 }),
    text("no header", "", .notThisFormat, field: "header"),
    text("an array", "[]", .notThisFormat, field: "header", at: .byte(8)),
    text("space before", " {}", .notThisFormat, field: "header"),
    text("object without end", "{", .truncated, field: "header", at: .byte(9)),
    text("text after the object", "{} x", .trailingBytes, field: "header", at: .byte(11)),
    text("zero after the object", "{}\0", .trailingBytes, field: "header"),
    text("second object", "{}{}", .trailingBytes, field: "header"),
    text("comma at the end", "{\"__metadata__\":{},}", .invalid, field: "key in header"),
    text("key without quotes", "{a:1}", .invalid, field: "key in header", at: .byte(9)),
    text("key without colon", "{\"a\" {}}", .invalid, field: "header"),
    text("key without end", "{\"a", .truncated, field: "key in header"),
    text("tensor is a number", "{\"a\":1}", .invalid, field: "a"),
    text("tensor is null", "{\"a\":null}", .invalid, field: "a"),
    text("control character", "{\"a\n\":1}", .invalid, field: "key"),
    text("unknown escape", "{\"\\x\":1}", .invalid, field: "key"),
    text("wrong digit", "{\"\\u12g4\":1}", .invalid, field: "key"),
    text("half a surrogate pair", "{\"\\ud800\":1}", .invalid, field: "key"),
    text("half a pair and a character", "{\"\\ud800\\u0041\":1}", .invalid, field: "key"),
    text("low surrogate alone", "{\"\\udc00\":1}", .invalid, field: "key"),
    text("escape cut", "{\"\\u12", .truncated, field: "key"),
    BadInput("not UTF-8", file([123, 34, 0xff, 34, 58, 123]), .invalid, field: "key"),
    BadInput("overlong UTF-8", file([123, 34, 0xc0, 0x80, 34, 58]), .invalid, field: "key"),
    BadInput(
      "surrogate in UTF-8", file([123, 34, 0xed, 0xa0, 0x80, 34, 58]), .invalid, field: "key"),
    text("metadata is text", "{\"__metadata__\":\"x\"}", .invalid, field: "__metadata__"),
    text("metadata of numbers", "{\"__metadata__\":{\"x\":1}}", .invalid, field: "__metadata__.x"),
    text(
      "metadata key twice", "{\"__metadata__\":{\"x\":\"1\",\"x\":\"2\"}}", .duplicate,
      field: "x"),
    text(
      "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", .duplicate,
      field: "__metadata__"),
    one("name twice", tensor() + "," + tensor(), .duplicate, field: "a"),
    one(
      "name twice, once with an escape",
      tensor("a", shape: "[0]", offsets: "[0,0]") + "," + tensor("\\u0061"), .duplicate,
      field: "a"),
    one(
      "name twice for Unicode", tensor("\u{e9}") + "," + tensor("e\u{301}"), .duplicate,
      field: "\u{e9}"),
    text(
      "dtype twice", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", .duplicate, field: "a.dtype"),
    text("shape twice", "{\"a\":{\"shape\":[],\"shape\":[]}}", .duplicate, field: "a.shape"),
    text(
      "offsets twice", "{\"a\":{\"data_offsets\":[0,1],\"data_offsets\":[0,1]}}", .duplicate,
      field: "a.data_offsets"),
    text("nothing about a tensor", "{\"a\":{}}", .invalid, field: "a"),
    text(
      "no dtype", "{\"a\":{\"shape\":[],\"data_offsets\":[0,1]}}", .invalid, field: "a"),
    text("no shape", "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", .invalid, field: "a"),
    text("no offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}", .invalid, field: "a"),
    one("unknown dtype", tensor(dtype: "\"F128\""), .unsupported, field: "a.dtype"),
    one("dtype of half a byte", tensor(dtype: "\"F4\""), .unsupported, field: "a.dtype"),
    one("dtype is a number", tensor(dtype: "8"), .invalid, field: "a.dtype"),
    one("shape is a number", tensor(shape: "2"), .invalid, field: "a.shape"),
    one("negative axis", tensor(shape: "[-2]"), .invalid, field: "a.shape"),
    one("axis with a point", tensor(shape: "[2.0]"), .invalid, field: "a.shape"),
    one("axis with an exponent", tensor(shape: "[2e0]"), .invalid, field: "a.shape"),
    one("axis with a zero before", tensor(shape: "[02]"), .invalid, field: "a.shape"),
    one("axis of text", tensor(shape: "[\"2\"]"), .invalid, field: "a.shape"),
    one("axis in an axis", tensor(shape: "[[2]]"), .invalid, field: "a.shape"),
    one("shape without end", tensor(shape: "[2"), .invalid, field: "a.shape"),
    one("axis of 2^63", tensor(shape: "[9223372036854775808]"), .overflow, field: "a.shape"),
    one("axis of 2^64 + 2", tensor(shape: "[18446744073709551618]"), .overflow, field: "a.shape"),
    one(
      "axes whose product wraps to 2", tensor(shape: "[4294967296,4294967296,2]"), .overflow,
      field: "a"),
    one(
      "bytes that wrap", tensor(dtype: "\"F64\"", shape: "[2305843009213693952]"), .overflow,
      field: "a"),
    one(
      "too many axes", tensor(shape: "[1,1,2]"), .limit(.rank), field: "a.shape",
      limits: .with { $0.rank = 2 }),
    one(
      "too many tensors", tensor() + "," + tensor("b", offsets: "[2,4]"), .limit(.tensors),
      field: "b", limits: .with { $0.tensors = 1 }),
    one("one offset", tensor(offsets: "[0]"), .invalid, field: "a.data_offsets"),
    one("no offsets in the list", tensor(offsets: "[]"), .invalid, field: "a.data_offsets"),
    one("three offsets", tensor(offsets: "[0,2,2]"), .invalid, field: "a.data_offsets"),
    one("negative offset", tensor(offsets: "[-1,1]"), .invalid, field: "a.data_offsets"),
    one(
      "end before begin",
      tensor(offsets: "[0,2],\"x\":0")
        + "," + tensor("b", offsets: "[2,1]"), .invalid, field: "b.data_offsets"),
    one("gap at the start", tensor(offsets: "[1,3]"), .invalid, field: "a.data_offsets"),
    one(
      "gap between", tensor() + "," + tensor("b", offsets: "[3,5]"), .invalid,
      field: "b.data_offsets", data: [1, 2, 3, 4, 5]),
    one(
      "overlap", tensor() + "," + tensor("b", offsets: "[1,3]"), .invalid,
      field: "b.data_offsets", data: [1, 2, 3]),
    one("the same bytes twice", tensor() + "," + tensor("b"), .invalid, field: "data_offsets"),
    one("fewer bytes than the shape", tensor(shape: "[3]"), .mismatch, field: "a.data_offsets"),
    one("more bytes than the shape", tensor(shape: "[1]"), .mismatch, field: "a.data_offsets"),
    one("bytes for an empty shape", tensor(shape: "[0]"), .mismatch, field: "a.data_offsets"),
    one(
      "wider than the type", tensor(dtype: "\"I32\""), .mismatch, field: "a.data_offsets"),
    one("data cut", tensor(), .truncated, field: "data", data: [1]),
    one("no data", tensor(), .truncated, field: "data", data: []),
    one("a byte more", tensor(), .trailingBytes, field: "data", data: [1, 2, 3]),
    BadInput("data without tensors", file("{}", data: [1]), .trailingBytes, field: "data"),
    one(
      "offsets near 2^63",
      tensor(shape: "[9223372036854775807]", offsets: "[0,9223372036854775807]"),
      .truncated, field: "data"),
    one(
      "data above the limit", tensor(), .limit(.dataBytes), field: "data",
      limits: .with { $0.dataBytes = 1 }),
    text(
      "an unknown field too deep",
      "{\"a\":{\"x\":" + String(repeating: "[", count: 100) + "}}", .limit(.depth), field: "a.x"),
    text(
      "an unknown field far too deep",
      "{\"a\":{\"x\":" + String(repeating: "{\"y\":", count: 100_000), .limit(.depth),
      field: "a.x"),
    text("an unknown field without value", "{\"a\":{\"x\":}}", .invalid, field: "a.x"),
    text("an unknown field of nonsense", "{\"a\":{\"x\":trup}}", .invalid, field: "a.x"),
    text("an unknown field of half a word", "{\"a\":{\"x\":nul", .truncated, field: "a.x"),
    text("an unknown number of a point", "{\"a\":{\"x\":1.}}", .invalid, field: "a.x"),
    text("an unknown number of a sign", "{\"a\":{\"x\":-}}", .invalid, field: "a.x"),
    text("an unknown number of a letter", "{\"a\":{\"x\":1e}}", .invalid, field: "a.x"),
    text("an unknown list without end", "{\"a\":{\"x\":[1}}", .invalid, field: "a.x"),
    text("an unknown object without key", "{\"a\":{\"x\":{1:2}}}", .invalid, field: "a.x"),
  ])
  func `bad files are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try SafeTensors(bytes, limits: limits)
    }
  }

  @Test func `a file that is cut is refused at every length`() throws {
    let stored = try Files.golden("tensors.safetensors")
    for count in 0..<stored.count {
      let error = #expect(throws: FormatError.self) { try SafeTensors(stored[..<count]) }
      #expect(error?.reason == .truncated, "\(count) bytes")
    }
  }

  @Test func `the time to read grows with the number of tensors, not with its square`() throws {
    func seconds(_ count: Int) throws -> Double {
      let entries = (0..<count).map {
        SafeTensors.Entry(name: "t\($0)", dtype: .uint8, shape: [1], bytes: [UInt8($0 % 256)])
      }
      let bytes = try SafeTensors.fileBytes(of: entries)
      let (file, seconds) = try timed { try SafeTensors(bytes) }
      #expect(file.names.count == count)
      return seconds
    }
    // A square would make it 2,500 times; 50 is linear, the rest is for caches with other work.
    let few = try (0..<5).map { _ in try seconds(2_000) }.min() ?? 0
    #expect(try seconds(100_000) < few * 500)
  }
}
