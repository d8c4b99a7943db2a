import Foundation
import Testing

@testable import MartletFormats

@Suite struct HDF5ReadingTests {
  static func bytes(_ name: String) throws(FormatError) -> [UInt8] {
    try Gzip.decompress(Files.golden(name + ".h5.gz"))
  }

  static func golden(_ name: String) throws(FormatError) -> HDF5Group {
    try HDF5Group(bytes(name))
  }

  @Test(arguments: ["little", "big"])
  func `numbers of every type, in both byte orders`(order: String) throws {
    let group = try #require(Self.golden("types").groups[order])
    #expect(group.datasets.count == 11)
    func check<Scalar: StoredScalar & FixedWidthInteger>(
      _ name: String, _ type: Scalar.Type
    ) throws {
      let dataset = try #require(group.datasets[name])
      #expect(dataset.shape == [2, 3, 4])
      #expect(dataset.dtype == type.numberType)
      let first = type.isSigned ? -60 : 0
      let expected = (0..<24).map { Scalar(truncatingIfNeeded: $0 * 5 + first) }
      #expect(try dataset.array().scalars(as: type) == expected)
    }
    try check("i1", Int8.self)
    try check("i2", Int16.self)
    try check("i4", Int32.self)
    try check("i8", Int64.self)
    try check("u1", UInt8.self)
    try check("u2", UInt16.self)
    try check("u4", UInt32.self)
    try check("u8", UInt64.self)
    let values = (0..<24).map { Double($0 * 5 - 60) }
    #expect(try group.datasets["f4"]?.array().scalars() == values.map(Float.init))
    #expect(try group.datasets["f8"]?.array().scalars() == values)
    let half = try #require(try group.datasets["f2"]?.array())
    #expect(half.dtype == .float16)
    // −60 and 55 in half precision.
    #expect(Array(half.bytes.prefix(2)) == [0x80, 0xd3])
    #expect(Array(half.bytes.suffix(2)) == [0xe0, 0x52])
  }

  @Test func `booleans, bfloat16, scalars, empty and compact datasets`() throws {
    let file = try Self.golden("types")
    #expect(try file.dataset(at: "bool")?.array().scalars() == [true, false, true])
    #expect(file.dataset(at: "bool")?.shape == [1, 3])
    #expect(try file.dataset(at: "scalar")?.array().scalars() == [0.5 as Float])
    #expect(file.dataset(at: "scalar")?.shape == [])
    #expect(try file.dataset(at: "integer")?.array().scalars() == [-(1 << 62) - 1 as Int64])
    #expect(file.dataset(at: "empty")?.shape == [0, 3])
    #expect(try file.dataset(at: "empty")?.array().bytes.isEmpty == true)
    #expect(file.dataset(at: "null")?.shape == [0])
    let bfloat16 = try #require(file.dataset(at: "bfloat16"))
    #expect(bfloat16.dtype == .bfloat16)
    #expect(bfloat16.attributes["dtype"]?.string == "bfloat16")
    #expect(Array(try bfloat16.array().bytes) == [0x80, 0x3f, 0, 0xc0, 0x80, 0x7f])
    #expect(try file.dataset(at: "compact")?.array().scalars() == [7, 8, 9] as [Int32])
    #expect(
      try file.dataset(at: "/deep/er/and/deeper/still/x")?.array().scalars() == [0, 1, 2] as [Int32]
    )
    #expect(file.group(at: "nothing")?.datasets.isEmpty == true)
    #expect(file.group(at: "nothing/at/all") == nil)
    #expect(file.dataset(at: "nothing") == nil)
  }

  @Test func `text of any size and of a fixed one`() throws {
    let file = try Self.golden("types")
    #expect(try file.dataset(at: "texts")?.strings() == ["a", "größe", "", "🐦🐦🐦"])
    #expect(file.dataset(at: "texts")?.dtype == nil)
    #expect(try file.dataset(at: "fixed")?.strings() == ["ab", "abcdef", "", "x"])
    #expect(file.dataset(at: "fixed")?.shape == [2, 2])
    #expect(try file.dataset(at: "one text")?.value().string == "the only one")
    let error = #expect(throws: FormatError.self) { try file.dataset(at: "texts")?.array() }
    #expect(error?.reason == .mismatch)
    #expect(throws: FormatError.self) { try file.dataset(at: "bool")?.strings() }
  }

  @Test func `attributes of every kind`() throws {
    let file = try Self.golden("attributes")
    let attributes = file.attributes
    #expect(attributes.count == 14)
    #expect(attributes["text"]?.string == "größe 🐦")
    #expect(attributes["nothing"]?.string == "")
    #expect(attributes["long"]?.string == String(repeating: "0123456789", count: 7000))
    #expect(attributes["bytes"]?.string == "fixed")
    #expect(attributes["ascii"]?.string == "plain")
    #expect(attributes["texts"] == .strings(["one", "two", "drei"]))
    #expect(attributes["fixed texts"] == .strings(["one", "three"], shape: [1, 2]))
    #expect(attributes["empty list"] == .numbers([Double](), shape: [0]))
    #expect(attributes["number"] == .numbers([3 as Int64], shape: []))
    #expect(attributes["float"] == .numbers([1.5 as Float], shape: []))
    #expect(attributes["matrix"] == .numbers([0, 1, 2, 3, 4, 5] as [Int16], shape: [2, 3]))
    #expect(attributes["flag"] == .numbers([true], shape: []))
    #expect(attributes["größe"] == .numbers([2.5], shape: []))
    #expect(attributes["null"] == .numbers([Double](), shape: [0]))
    #expect(file.groups["group"]?.attributes == ["own": .string("of the group")])
    let texts = (0..<7).map { ("a\($0)", HDF5Value.string("text \($0)")) }
    #expect(file.datasets["dataset"]?.attributes == Dictionary(uniqueKeysWithValues: texts))
  }

  @Test(arguments: [300, 3000])
  func `a group of many names`(count: Int) throws {
    let group = try #require(Self.golden("many").groups["group\(count)"])
    #expect(group.datasets.count == count)
    for index in 0..<count {
      let dataset = try #require(group.datasets["entry_\(index)"])
      #expect(try dataset.array().scalars() == [0, 1, 2, 3] as [Float])
    }
  }

  @Test func `chunks, compressed and not, smaller and larger than their dataset`() throws {
    let file = try Self.golden("chunks")
    let cube = (0..<350).map { Int32($0 - 100) }
    for name in ["gzip", "both", "big", "plain"] {
      let array = try #require(try file.datasets[name]?.array())
      #expect(array.shape == [7, 10, 5])
      #expect(try array.scalars() == cube, "\(name)")
    }
    #expect(try file.datasets["many"]?.array().scalars() == (0..<1000).map(Double.init))
    #expect(try file.datasets["texts"]?.strings() == ["one", "two", "three"])
    #expect(try file.datasets["room"]?.array().scalars() == [1, 2, 3] as [Int16])
  }

  @Test func `names outside ASCII, which h5py stores in another way`() throws {
    let file = try Self.golden("links")
    #expect(Set(file.groups.keys) == ["größe", "кит", "ascii"])
    #expect(try file.dataset(at: "größe/x")?.array().scalars() == [5 as Int64])
    #expect(try file.dataset(at: "кит/x")?.array().scalars() == [3 as Int64])
  }

  @Test func `several links to one object`() throws {
    let file = try Self.golden("hard-links")
    for path in ["a/b/x", "c/x", "y"] {
      #expect(try file.dataset(at: path)?.array().scalars() == [4 as Int32])
    }
  }

  @Test func `a file without objects`() throws {
    let file = try Self.golden("no-objects")
    #expect(file.attributes.isEmpty && file.groups.isEmpty && file.datasets.isEmpty)
  }

  @Test func `a member of an archive is read where it lies`() throws {
    let bytes = try Self.bytes("types")
    let zip = try Zip(
      Zip.content(of: [Zip.Entry("a", [1, 2, 3]), Zip.Entry("w.h5", bytes)]).bytes)
    let file = try HDF5Group(zip.bytes(of: "w.h5"))
    #expect(try file.dataset(at: "compact")?.array().scalars() == [7, 8, 9] as [Int32])
    #expect(try file.dataset(at: "little/i4")?.array().scalars(as: Int32.self).first == -60)
    #expect(try file.dataset(at: "texts")?.strings().first == "a")
  }
}
