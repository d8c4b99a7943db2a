import Foundation
import Testing

@testable import MartletFormats

@Suite struct HDF5WritingTests {
  /// The tree of `written.h5.gz`, which `check_hdf5.py` expects too.
  static let tree: HDF5Group = {
    var root = HDF5Group(attributes: [
      "text": .string("größe 🐦"), "nothing": .string(""),
      "long": .string(String(repeating: "0123456789", count: 7000)),
      "texts": .strings(["one", "", "drei"]), "no texts": .strings([]),
      "empty list": .numbers([Double](), shape: [0]), "number": .numbers([3 as Int64], shape: []),
      "matrix": .numbers([0, 1, 2, 3, 4, 5] as [Int16], shape: [2, 3]),
      "größe": .numbers([2.5], shape: []), "flag": .numbers([true, false], shape: [2]),
    ])
    let ramp = 0..<24
    func add<Scalar: StoredScalar>(_ name: String, _ scalars: [Scalar]) {
      let array = StoredArray(shape: [2, 3, 4], scalars: scalars)
      root.insert(HDF5Dataset(array), at: "numbers/\(name)")
    }
    add("i1", ramp.map { Int8($0 * 5 - 60) })
    add("i2", ramp.map { Int16($0 * 5 - 60) })
    add("i4", ramp.map { Int32($0 * 5 - 60) })
    add("i8", ramp.map { Int64($0 * 5 - 60) })
    add("u1", ramp.map { UInt8($0 * 5) })
    add("u2", ramp.map { UInt16($0 * 5) })
    add("u4", ramp.map { UInt32($0 * 5) })
    add("u8", ramp.map { UInt64($0 * 5) })
    add("f4", ramp.map { Float($0 * 5 - 60) })
    add("f8", ramp.map { Double($0 * 5 - 60) })
    add("bool", ramp.map { $0 % 2 == 1 })
    let half: [UInt8] = [0, 0x38, 0x00, 0xbc]
    root.datasets["half"] = HDF5Dataset(
      StoredArray(dtype: .float16, shape: [2], bytes: half[...]))
    let bits: [UInt8] = [0x80, 0x3f, 0, 0xc0]
    root.datasets["bfloat16"] = HDF5Dataset(
      StoredArray(dtype: .bfloat16, shape: [2, 1], bytes: bits[...]))
    root.datasets["scalar"] = HDF5Dataset(.numbers([0.5 as Float], shape: []))
    root.datasets["empty"] = HDF5Dataset(.numbers([Float](), shape: [0, 3]))
    root.datasets["texts"] = HDF5Dataset(.strings(["a", "größe", "", "🐦"], shape: [2, 2]))
    root.datasets["made"] = HDF5Dataset(
      dtype: .int32, shape: [500],
      content: FileContent(byteCount: 2000) { (0..<500).flatMap { littleEndian(Int32($0)) }[...] },
      attributes: ["unit": .string("m"), "scale": .numbers([1e-3 as Float], shape: [])])
    for count in [8, 9, 256, 257] {
      root.updateGroup(at: "many/\(count)") { group in
        for index in 0..<count { group.groups["g\(index)"] = HDF5Group() }
      }
    }
    for index in 0..<300 {
      root.insert(HDF5Dataset(.numbers([Int32(index)], shape: [])), at: "datasets/d\(index)")
    }
    root.insert(HDF5Dataset(.numbers([1 as Int8], shape: [1])), at: "a/b/c/d/e")
    return root
  }()

  /// A group of 300 names in small nodes, so that its tree has four levels.
  static let narrow: HDF5Group = {
    var root = HDF5Group()
    for index in 0..<300 { root.insert(HDF5Dataset(.string("\(index)")), at: "many/d\(index)") }
    return root
  }()
  static let narrowSizes = HDF5Writer.NodeSizes(symbols: 4, children: 4)

  @Test func `the bytes that h5py was asked about`() throws {
    let files = [
      ("written", try HDF5Writer.content(of: Self.tree)),
      ("written-narrow", try HDF5Writer.content(of: Self.narrow, sizes: Self.narrowSizes)),
    ]
    for (name, content) in files {
      if content.bytes == (try? HDF5ReadingTests.bytes(name)) { continue }
      let file = FileManager.default.temporaryDirectory.appendingPathComponent(name + ".h5")
      try FileWriting.write(content, to: file)
      Issue.record("other bytes: see \(file.path), and ask Goldens/check_hdf5.py about them")
    }
  }

  @Test func `a tree of four levels reads back`() throws {
    let bytes = try HDF5Writer.content(of: Self.narrow, sizes: Self.narrowSizes).bytes
    try Self.expectEqual(HDF5Group(bytes), Self.narrow, path: "")
  }

  @Test func `what is written reads back`() throws {
    let file = try HDF5Group(Self.tree.fileContent().bytes)
    try Self.expectEqual(file, Self.tree, path: "")
  }

  @Test(arguments: ["types", "attributes", "many", "chunks", "hard-links", "no-objects"])
  func `what h5py wrote can be written and read again`(name: String) throws {
    let file = try HDF5ReadingTests.golden(name)
    let again = try HDF5Group(file.fileContent().bytes)
    try Self.expectEqual(again, file, path: "")
  }

  private static func expectEqual(_ a: HDF5Group, _ b: HDF5Group, path: String) throws {
    #expect(a.attributes == b.attributes, "\(path)")
    #expect(Set(a.groups.keys) == Set(b.groups.keys), "\(path)")
    #expect(Set(a.datasets.keys) == Set(b.datasets.keys), "\(path)")
    for (name, group) in a.groups {
      let other = try #require(b.groups[name])
      try expectEqual(group, other, path: "\(path)/\(name)")
    }
    for (name, dataset) in a.datasets {
      let other = try #require(b.datasets[name])
      #expect(try dataset.value() == other.value(), "\(path)/\(name)")
      var attributes = other.attributes
      if other.dtype == .bfloat16 { attributes["dtype"] = .string("bfloat16") }
      #expect(dataset.attributes == attributes, "\(path)/\(name)")
    }
  }

  @Test func `more texts than one heap has numbers for`() throws {
    let texts = (0..<70_000).map { "text \($0)" }
    let root = HDF5Group(datasets: ["texts": HDF5Dataset(.strings(texts))])
    let file = try HDF5Group(root.fileContent().bytes)
    #expect(try file.datasets["texts"]?.strings() == texts)
  }

  @Test func `data made when it is written stands where the data of others does`() throws {
    let array = StoredArray(shape: [3000], scalars: (0..<3000).map(Float.init))
    let made = HDF5Dataset(
      dtype: .float32, shape: [3000],
      content: FileContent(byteCount: 12_000) { array.bytes })
    let a = HDF5Group(datasets: ["x": made])
    let b = HDF5Group(datasets: ["x": HDF5Dataset(array)])
    #expect(try a.fileContent().bytes == b.fileContent().bytes)
  }

  @Test func `a writer refuses what the format cannot hold`() {
    func reason(_ group: HDF5Group) -> FormatError.Reason? {
      #expect(throws: FormatError.self) { try group.fileContent() }?.reason
    }
    let one = HDF5Dataset(.numbers([1 as Float], shape: []))
    for name in ["", "a/b", ".", "größe", "a\0"] {
      #expect(reason(HDF5Group(groups: [name: HDF5Group()])) == .invalid)
      #expect(reason(HDF5Group(datasets: [name: one])) == .invalid)
    }
    #expect(reason(HDF5Group(groups: ["x": HDF5Group()], datasets: ["x": one])) == .duplicate)
    let huge = HDF5Value.numbers([UInt8](repeating: 0, count: 66_000), shape: [66_000])
    #expect(reason(HDF5Group(attributes: ["x": huge])) == .invalid)
    #expect(reason(HDF5Group(attributes: ["": huge])) == .invalid)
    #expect(
      reason(HDF5Group(attributes: ["x": .numbers([1 as Float], shape: [2])])) == .mismatch)
    #expect(reason(HDF5Group(attributes: ["x": .strings(["a"], shape: [2])])) == .mismatch)
    #expect(reason(HDF5Group(attributes: ["x": .strings(["a"], shape: [-1])])) == .mismatch)
    let float8 = StoredArray(dtype: .float8e4m3, shape: [1], bytes: [0])
    #expect(reason(HDF5Group(datasets: ["x": HDF5Dataset(float8)])) == .unsupported)
    let deep = StoredArray(shape: [Int](repeating: 1, count: 33), scalars: [1 as Float])
    #expect(reason(HDF5Group(datasets: ["x": HDF5Dataset(deep)])) == .invalid)
  }

  @Test func `groups are made on the way to a dataset`() {
    var root = HDF5Group()
    root.insert(HDF5Dataset(.numbers([1 as Float], shape: [])), at: "/a/b//c")
    root.updateGroup(at: "a/b") { $0.attributes["x"] = .string("y") }
    root.updateGroup(at: "") { $0.attributes["top"] = .string("z") }
    #expect(root.dataset(at: "a/b/c") != nil)
    #expect(root.group(at: "a/b")?.attributes["x"]?.string == "y")
    #expect(root.group(at: "")?.attributes["top"]?.string == "z")
  }
}
