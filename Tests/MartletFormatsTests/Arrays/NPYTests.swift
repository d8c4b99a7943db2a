import Foundation
import Testing

@testable import MartletFormats

@Suite struct NPYTests {
  @Test(arguments: ["arrays.npz", "arrays-compressed.npz"])
  func `arrays of every type that NumPy wrote`(name: String) throws {
    let file = try NPZ(contentsOf: Files.goldens.appendingPathComponent(name))
    #expect(file.names.count == 18)
    func check<Scalar: StoredScalar & FixedWidthInteger>(
      _ name: String, _ type: Scalar.Type
    ) throws {
      let array = try file.array(name)
      #expect(array.shape == [2, 3, 4])
      let first = type.isSigned ? -60 : 0
      let expected = (0..<24).map { Scalar(truncatingIfNeeded: $0 * 5 + first) }
      #expect(try array.scalars(as: type) == expected, "\(name)")
    }
    try check("i1", Int8.self)
    try check("i2", Int16.self)
    try check("i4", Int32.self)
    try check("i8", Int64.self)
    try check("u1", UInt8.self)
    try check("u2", UInt16.self)
    try check("u4", UInt32.self)
    try check("u8", UInt64.self)
    try check("big", Int32.self)
    try check("fortran", Int32.self)
    let values = (0..<24).map { Double($0 * 5 - 60) }
    #expect(try file.array("f4").scalars() == values.map(Float.init))
    #expect(try file.array("f8").scalars() == values)
    #expect(try file.array("big fortran").scalars() == values)
    #expect(try file.array("b1").scalars() == values.map { $0 != 0 })
    // −60 in half precision.
    #expect(try Array(file.array("f2").bytes.prefix(2)) == [0x80, 0xd3])
    #expect(try file.array("scalar") == StoredArray(shape: [], scalars: [0.5 as Float]))
    #expect(try file.array("empty") == StoredArray(shape: [0, 3], scalars: [Float]()))
    #expect(try file.array("größe").scalars() == [0, 1, 2] as [Double])
    let error = #expect(throws: FormatError.self) { try file.array("absent") }
    #expect(error?.field == "absent.npy")
  }

  @Test(arguments: 1...3)
  func `every version of the format`(version: Int) throws {
    let url = Files.goldens.appendingPathComponent("version\(version).npy")
    let array = try NPY(contentsOf: url).array
    #expect(try array.scalars() == (0..<24).map { Int16($0 * 5 - 60) })
  }

  @Test func `writing gives the bytes of NumPy`() throws {
    let file = try NPZ(Files.golden("arrays.npz"))
    let zip = try Zip(Files.golden("arrays.npz"))
    for name in file.names where !name.contains("big") && name != "fortran" {
      let content = try NPY(file.array(name)).content()
      #expect(try content.bytes == Array(zip.bytes(of: name + ".npy")), "\(name)")
    }
    #expect(
      try NPY(NPY(contentsOf: Files.goldens.appendingPathComponent("version1.npy")).array)
        .content().bytes == Files.golden("version1.npy"))
  }

  @Test func `what is written reads back`() throws {
    let arrays = [
      "x": StoredArray(shape: [2, 0, 3], scalars: [Double]()),
      "größe/y": StoredArray(shape: [1234567, 1], scalars: [UInt8](repeating: 7, count: 1234567)),
      "z": StoredArray(shape: [Int](repeating: 1, count: 32), scalars: [true]),
    ]
    let file = try NPZ(NPZ.content(of: arrays).bytes)
    #expect(Set(file.names) == Set(arrays.keys))
    for (name, array) in arrays { #expect(try file.array(name) == array) }
  }

  @Test(arguments: ["text", "bytes", "object", "complex", "record", "date"])
  func `what is not numbers is refused by name`(name: String) {
    let error = #expect(throws: FormatError.self) { try NPY(Files.golden("bad-\(name).npy")) }
    #expect(error?.reason == .unsupported)
    #expect(error?.field == "descr")
    #expect(error?.description.contains("a program") == (name == "object"))
  }

  private static func file(_ header: String, _ elements: [UInt8] = []) -> [UInt8] {
    [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] + littleEndian(UInt16(header.utf8.count))
      + header.utf8 + elements
  }

  @Test(arguments: [
    #"{"shape":(2,),"fortran_order":True,"descr":"|u1"}"#,
    "  {'descr' : '<u1' ,\t'shape':( 2 , ), 'fortran_order':False,}\n\n",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }",
  ])
  func `headers as others write them`(header: String) throws {
    #expect(try NPY(Self.file(header, [3, 4])).array.scalars() == [3, 4] as [UInt8])
  }

  private static let inputs: [BadInput] = {
    func header(_ text: String, _ count: Int = 4) -> [UInt8] {
      file(text, [UInt8](repeating: 0, count: count))
    }
    func shape(_ text: String) -> [UInt8] {
      header("{'descr': '<f4', 'fortran_order': False, 'shape': \(text)}")
    }
    let whole = shape("(1,)")
    return [
      BadInput("nothing", [], .truncated, field: "magic"),
      BadInput("another format", Array("hello, world".utf8), .notThisFormat, field: "magic"),
      BadInput(
        "a future version", [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 4, 0], .unsupported,
        field: "version"),
      BadInput("no length", Array(whole.prefix(9)), .truncated, field: "header length"),
      BadInput("half a header", Array(whole.prefix(30)), .truncated, field: "header"),
      BadInput("a short file", Array(whole.dropLast()), .truncated, field: "elements"),
      BadInput("a long file", whole + [0], .trailingBytes, field: "elements"),
      BadInput(
        "a long header", whole, .limit(.headerBytes), field: "header length",
        limits: .with { $0.headerBytes = 10 }),
      BadInput("no dictionary", header("(1,)"), .invalid, field: "header", at: .byte(10)),
      BadInput("an empty dictionary", header("{}"), .invalid, field: "header"),
      BadInput(
        "no shape", header("{'descr': '<f4', 'fortran_order': False}"), .invalid,
        field: "header"),
      BadInput("an unknown key", header("{'x': 1}"), .invalid, field: "header"),
      BadInput(
        "a key twice", header("{'descr': '<f4', 'descr': '<f4'}"), .duplicate,
        field: "descr"),
      BadInput("no end", header("{'descr': '<f4"), .invalid, field: "header"),
      BadInput("an escape", header(#"{'desc\x72': '<f4'}"#), .invalid, field: "header"),
      BadInput("text after the end", header("{} x"), .invalid, field: "header"),
      BadInput("no boolean", header("{'fortran_order': None}"), .invalid, field: "header"),
      BadInput("a number for a tuple", shape("4"), .invalid, field: "header"),
      BadInput("a number in brackets", shape("(4)"), .invalid, field: "header"),
      BadInput("a negative length", shape("(-1,)"), .invalid, field: "header"),
      BadInput("an endless length", shape("(99999999999999999999,)"), .overflow, field: "shape"),
      BadInput("an endless product", shape("(4611686018427387904, 4)"), .overflow, field: "shape"),
      BadInput(
        "more than the limit", shape("(1073741824, 2)"), .limit(.dataBytes),
        field: "shape"),
      BadInput("more than there is", shape("(1000000, 2)"), .truncated, field: "elements"),
      BadInput(
        "too many axes", shape("(1, 1, 1,)"), .limit(.rank), field: "shape",
        limits: .with { $0.rank = 2 }),
      BadInput(
        "no byte order", header("{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}"),
        .unsupported, field: "descr"),
      BadInput(
        "a wide type of no order",
        header("{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}"), .unsupported,
        field: "descr"),
    ]
  }()

  @Test(arguments: inputs)
  func `malformed files are refused`(input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try NPY(bytes, limits: limits)
    }
  }

  @Test func `a writer refuses what NumPy has not`() {
    func reason(_ array: StoredArray) -> FormatError.Reason? {
      #expect(throws: FormatError.self) { try NPY(array).content() }?.reason
    }
    #expect(reason(StoredArray(dtype: .bfloat16, shape: [1], bytes: [0, 0])) == .unsupported)
    #expect(reason(StoredArray(shape: [2], scalars: [1 as Float])) == .mismatch)
  }
}
