import Foundation
import Testing

@testable import MartletFormats

@Suite struct HDF5RefusalTests {
  /// Reads all there is in a file.
  private static func readAll(_ bytes: [UInt8], _ limits: LoadLimits) throws(FormatError) {
    try readAll(in: HDF5Group(bytes, limits: limits))
  }

  private static func readAll(in group: HDF5Group) throws(FormatError) {
    for dataset in group.datasets.values { _ = try dataset.value() }
    for group in group.groups.values { try readAll(in: group) }
  }

  /// Files of h5py that this reader does not take, or should not.
  private static let files: [BadInput] = {
    func file(
      _ name: String, _ reason: FormatError.Reason, field: String,
      limits: LoadLimits = LoadLimits()
    ) -> BadInput {
      let bytes = (try? HDF5ReadingTests.bytes("bad-" + name)) ?? []
      return BadInput(name, bytes, reason, field: field, limits: limits)
    }
    return [
      file("loop", .invalid, field: "/a/b/back, links"),
      file("doubling", .limit(.members), field: "links"),
      file("deep", .limit(.depth), field: "links"),
      file("latest", .unsupported, field: "superblock version"),
      file("soft-link", .unsupported, field: "y"),
      file("external-link", .unsupported, field: "y"),
      file("dense-links", .unsupported, field: "link info"),
      file("dense-attributes", .unsupported, field: "/x"),
      file("lzf", .unsupported, field: "/x, filters"),
      file("unwritten", .limit(.dataBytes), field: "/x, dataspace"),
      file(
        "unwritten", .unsupported, field: "/x, data", limits: .with { $0.dataBytes = 1 << 50 }),
      file("unwritten-chunks", .unsupported, field: "/x, chunks"),
      file("complex", .unsupported, field: "/x, datatype"),
      file("record", .unsupported, field: "/x, datatype"),
      file("reference", .unsupported, field: "/, x"),
      file("list", .unsupported, field: "/x, datatype"),
      file("user-block", .notThisFormat, field: "signature"),
    ]
  }()

  @Test(arguments: files)
  func `what h5py can write and this reader does not take`(input: BadInput) {
    input.expectRefusal(by: Self.readAll)
  }

  /// A small file, changed in one place.
  private static let damaged: [BadInput] = {
    let root = HDF5Group(
      attributes: ["text": .string("hello"), "list": .numbers([1, 2, 3] as [Float], shape: [3])],
      datasets: ["x": HDF5Dataset(.numbers([1, 2, 3, 4] as [Int32], shape: [2, 2]))])
    let whole = (try? root.fileContent().bytes) ?? []
    func place(_ bytes: [UInt8]) -> Int {
      whole.indices.first { whole[$0...].starts(with: bytes) } ?? 0
    }
    func change(
      _ name: String, at offset: Int, _ bytes: [UInt8], _ reason: FormatError.Reason,
      field: String, limits: LoadLimits = LoadLimits()
    ) -> BadInput {
      var changed = whole
      changed.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
      return BadInput(name, changed, reason, field: field, limits: limits)
    }
    func signature(_ text: String) -> Int { place(Array(text.utf8)) }
    let far = littleEndian(UInt64(1) << 40)
    // The dataspace of the dataset, the layout with the size of its data, and the list's type.
    let shape = place([1, 2, 1, 0, 0, 0, 0, 0])
    let layout = place([3, 1])
    let float = place([0x11, 0x20])
    let integer = place([0x10, 8])
    let text = place(Array("text\0".utf8))
    return [
      BadInput("nothing", [], .truncated, field: "signature"),
      BadInput("half a signature", Array(whole.prefix(5)), .truncated, field: "signature"),
      BadInput("another format", Array("hello, world".utf8), .notThisFormat, field: "signature"),
      BadInput("half a superblock", Array(whole.prefix(50)), .truncated, field: "end of file"),
      BadInput("a byte too few", Array(whole.dropLast()), .truncated, field: "end of file"),
      change("a new superblock", at: 8, [3], .unsupported, field: "superblock version"),
      change("short addresses", at: 13, [4], .unsupported, field: "size of offsets"),
      change("a base", at: 24, [1], .unsupported, field: "base address"),
      change("a far end", at: 40, far, .truncated, field: "end of file"),
      change("a far root", at: 64, far, .truncated, field: "root group"),
      change("no root", at: 64, [UInt8](repeating: 255, count: 8), .invalid, field: "root group"),
      change(
        "a root that is no header", at: 64, littleEndian(UInt64(0)), .invalid,
        field: "object header"),
      change("no tree", at: signature("TREE"), [0], .invalid, field: "B-tree"),
      change("another tree", at: signature("TREE") + 4, [1], .invalid, field: "B-tree"),
      change("a high tree", at: signature("TREE") + 5, [200], .limit(.depth), field: "B-tree"),
      change("a tree over symbols", at: signature("TREE") + 5, [1], .invalid, field: "B-tree"),
      change(
        "an endless tree", at: signature("TREE") + 6, [255, 255], .invalid,
        field: "structure"),
      change("no symbols", at: signature("SNOD"), [0], .invalid, field: "symbol table node"),
      change("a soft link", at: signature("SNOD") + 24, [2], .unsupported, field: "x"),
      change("a far name", at: signature("SNOD") + 8, far, .invalid, field: "local heap"),
      change("a name of nothing", at: signature("SNOD") + 8, [0], .invalid, field: "name"),
      change(
        "a far object", at: signature("SNOD") + 16, far, .truncated,
        field: "symbol table node"),
      change("no names", at: signature("HEAP"), [0], .invalid, field: "local heap"),
      change("far names", at: signature("HEAP") + 24, far, .truncated, field: "local heap"),
      change("many names", at: signature("HEAP") + 8, far, .truncated, field: "local heap"),
      change("no texts", at: signature("GCOL"), [0], .invalid, field: "/, text, global heap"),
      change("many texts", at: signature("GCOL") + 8, far, .truncated, field: "global heap"),
      change("a long text", at: signature("GCOL") + 24, far, .invalid, field: "global heap"),
      change(
        "a text that is none", at: signature("GCOL") + 32, [0xff], .invalid,
        field: "/, text"),
      change("another text's number", at: signature("GCOL") + 16, [2], .invalid, field: "/, text"),
      change("a name that is none", at: text, [0xff], .invalid, field: "attribute name"),
      change(
        "a large dataset", at: shape + 8, littleEndian(UInt64(1) << 30), .limit(.dataBytes),
        field: "/x, dataspace"),
      change(
        "an endless dataset", at: shape + 8, littleEndian(UInt64(1) << 62), .overflow,
        field: "/x, dataspace"),
      change(
        "a negative axis", at: shape + 8, littleEndian(UInt64(1) << 63), .overflow,
        field: "/x, dataspace"),
      change("a larger dataset", at: shape + 8, [3], .mismatch, field: "/x, data"),
      change("a shape of the future", at: shape, [3], .unsupported, field: "/x, dataspace"),
      change("many axes", at: shape + 1, [33], .limit(.rank), field: "/x, dataspace"),
      change("far data", at: layout + 2, far, .truncated, field: "/x, data"),
      change(
        "data over the end", at: layout + 2, littleEndian(UInt64(whole.count - 8)),
        .truncated, field: "/x, data"),
      change(
        "no data", at: layout + 2, [UInt8](repeating: 255, count: 8), .unsupported,
        field: "/x, data"),
      change("an old layout", at: layout, [2], .unsupported, field: "/x, layout"),
      change("a virtual layout", at: layout + 1, [3], .unsupported, field: "/x, layout"),
      change("an odd float", at: float + 12, [24], .unsupported, field: "/, list"),
      change("a VAX float", at: float + 1, [0x61], .unsupported, field: "/, list"),
      change("an odd integer", at: integer + 10, [31], .unsupported, field: "/x, datatype"),
      change(
        "an integer of three bytes", at: integer + 4, [3], .unsupported,
        field: "/x, datatype"),
      change("an old type", at: integer, [0], .unsupported, field: "/x, datatype"),
      BadInput(
        "too many members", whole, .limit(.members), field: "links",
        limits: .with { $0.members = 0 }),
      BadInput(
        "too much data", whole, .limit(.dataBytes), field: "/x, dataspace",
        limits: .with { $0.dataBytes = 15 }),
    ]
  }()

  @Test(arguments: damaged)
  func `damaged files are refused`(input: BadInput) {
    input.expectRefusal(by: Self.readAll)
  }

  @Test(arguments: ["types", "attributes", "chunks", "links", "hard-links", "bad-dense-links"])
  func `files cut short or changed anywhere are read or refused`(name: String) throws {
    let whole = try HDF5ReadingTests.bytes(name)
    let places = Contents.noise(3000, seed: 9).enumerated().map { index, byte in
      (index * 257 + Int(byte)) * 31 % whole.count
    }
    var refused = 0
    for (index, place) in places.enumerated() {
      var bytes = whole
      if index % 16 == 0 { bytes = Array(whole[..<place]) }
      if index % 16 != 0 { bytes[place] = [0, 0xff, bytes[place] ^ 1, 0x80][index % 4] }
      do throws(FormatError) {
        try Self.readAll(bytes, LoadLimits())
      } catch {
        refused += 1
      }
    }
    #expect(refused > places.count / 20)
  }

  @Test func `texts that share their bytes are refused`() throws {
    // 2,000 elements of one text in a file that is no larger than 64 of them.
    let text = String(repeating: "x", count: 1000)
    let root = HDF5Group(datasets: ["x": HDF5Dataset(.strings([text] + (1..<2000).map { "\($0)" }))]
    )
    let bytes = try root.fileContent().bytes
    let collection = try #require(
      bytes.indices.first { bytes[$0...].starts(with: Array("GCOL".utf8)) })
    let reference = littleEndian(UInt64(collection)) + littleEndian(UInt32(1))
    let first = try #require(bytes.indices.first { bytes[$0...].starts(with: reference) }) - 4
    var same = bytes
    for element in 0..<2000 {
      same.replaceSubrange(
        (first + 16 * element)..<(first + 16 * element + 16),
        with: littleEndian(UInt32(1000)) + reference)
    }
    // The same text many times is one text in memory.
    let texts = try #require(try HDF5Group(same).datasets["x"]?.strings())
    #expect(texts.count == 2000 && texts.allSatisfy { $0 == text })
    for element in 0..<2000 {
      same.replaceSubrange(
        (first + 16 * element)..<(first + 16 * element + 4),
        with: littleEndian(UInt32(1000 - element % 900)))
    }
    let error = #expect(throws: FormatError.self) { try HDF5Group(same).datasets["x"]?.strings() }
    #expect(error?.what == "texts share their bytes")
  }
}
