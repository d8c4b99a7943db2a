import Foundation
import Testing

@testable import MartletFormats

@Suite struct ZipRefusalTests {
  private static func readAll(_ bytes: [UInt8], _ limits: LoadLimits) throws(FormatError) {
    let zip = try Zip(bytes, limits: limits)
    for member in zip.members { _ = try zip.bytes(of: member) }
  }

  private static let entries = [
    Zip.Entry("one", Contents.noise(40, seed: 5)), Zip.Entry("two", Contents.noise(40, seed: 6)),
  ]

  /// Where things are in an archive of two members, in 32 bits and in 64.
  private struct Layout {
    let bytes: [UInt8]
    let headers: [Int]
    let directory: [Int]
    let end: Int

    init(wideAbove largest: UInt32 = .max) {
      let bytes = (try? Zip.content(of: entries, wideAbove: largest).bytes) ?? []
      self.bytes = bytes
      func places(_ type: UInt8, _ next: UInt8) -> [Int] {
        bytes.indices.filter { bytes[$0...].starts(with: [0x50, 0x4b, type, next]) }
      }
      headers = places(3, 4)
      directory = places(1, 2)
      end = places(5, 6).last ?? 0
    }

    func changed(at offset: Int, _ new: [UInt8]) -> [UInt8] {
      var changed = bytes
      changed.replaceSubrange(offset..<(offset + new.count), with: new)
      return changed
    }
  }

  private static let inputs: [BadInput] = {
    let layout = Layout()
    let wide = Layout(wideAbove: 0)
    let bytes = layout.bytes
    let (one, two, end) = (layout.directory[0], layout.directory[1], layout.end)
    func change(
      _ name: String, at offset: Int, _ new: [UInt8], _ reason: FormatError.Reason, field: String
    ) -> BadInput {
      BadInput(name, layout.changed(at: offset, new), reason, field: field)
    }
    func changeWide(
      _ name: String, at offset: Int, _ new: [UInt8], _ reason: FormatError.Reason, field: String
    ) -> BadInput {
      BadInput(name, wide.changed(at: offset, new), reason, field: field)
    }
    let far = littleEndian(UInt64(1) << 40)
    return [
      BadInput("nothing", [], .notThisFormat, field: "end of central directory"),
      BadInput(
        "another format", Array("hello, world, how are you today?".utf8), .notThisFormat,
        field: "end of central directory"),
      BadInput(
        "no directory", Array(bytes.prefix(100)), .truncated,
        field: "end of central directory"),
      BadInput(
        "a byte too few", Array(bytes.dropLast()), .truncated,
        field: "end of central directory"),
      BadInput("bytes before", [0] + bytes, .invalid, field: "directory offset"),
      BadInput("bytes after", bytes + [0], .truncated, field: "end of central directory"),
      change("a second disk", at: end + 4, [1], .unsupported, field: "number of disks"),
      change("entries elsewhere", at: end + 8, [1], .unsupported, field: "number of disks"),
      change("fewer entries", at: end + 8, [1, 0, 1, 0], .mismatch, field: "directory size"),
      change("more entries", at: end + 8, [3, 0, 3, 0], .truncated, field: "directory entry"),
      change("a longer directory", at: end + 12, [200], .invalid, field: "directory offset"),
      change(
        "a huge directory", at: end + 12, [0, 0, 0, 127], .limit(.headerBytes),
        field: "directory size"),
      change("a moved directory", at: end + 16, [1], .invalid, field: "directory offset"),
      change("no entry", at: one, [0], .invalid, field: "directory entry"),
      change("an encrypted member", at: one + 8, [1], .unsupported, field: "one"),
      change("a masked member", at: one + 9, [0x20], .unsupported, field: "one"),
      change("another compression", at: one + 10, [12], .unsupported, field: "one"),
      change("a wrong checksum", at: one + 16, [bytes[one + 16] ^ 1], .checksum, field: "one"),
      change("a longer stored member", at: one + 24, [41], .mismatch, field: "one"),
      change(
        "a member on another disk", at: one + 34, [1], .unsupported,
        field: "number of disks"),
      change("a far header", at: one + 42, [0, 0, 1], .truncated, field: "one, header offset"),
      change("the same name", at: two + 46, Array("one".utf8), .mismatch, field: "one"),
      change("a name that is none", at: one + 46, [0xff], .invalid, field: "name"),
      change("a name with a zero", at: one + 46, [0], .invalid, field: "name"),
      change(
        "another name at the member", at: layout.headers[0] + 30, [0x78], .mismatch,
        field: "one"),
      change("no header", at: layout.headers[1], [0], .invalid, field: "two, header"),
      change(
        "a longer name at the member", at: layout.headers[1] + 26, [255], .truncated,
        field: "two, name"),
      BadInput("a name twice", twice(), .duplicate, field: "one"),
      BadInput(
        "too many members", bytes, .limit(.members), field: "entries",
        limits: .with { $0.members = 1 }),
      BadInput(
        "too much data", bytes, .limit(.dataBytes), field: "two",
        limits: .with { $0.dataBytes = 79 }),
      BadInput("members in each other", overlapping(), .invalid, field: "two"),
      BadInput(
        "a member in the directory",
        layout.changed(
          at: two + 20, littleEndian(UInt32(200), UInt32(200))), .truncated, field: "two"),
      BadInput(
        "too small for what it holds",
        layout.changed(
          at: one + 10, [8, 0] + bytes[(one + 12)..<(one + 24)] + [0, 0, 0, 1]), .mismatch,
        field: "one"),
      changeWide("a far record", at: wide.end - 12, far, .invalid, field: "zip64 record offset"),
      changeWide(
        "an endless record", at: wide.end - 12, [UInt8](repeating: 255, count: 8),
        .overflow, field: "zip64 record offset"),
      changeWide("no record", at: wide.end - 76, [0], .invalid, field: "zip64 record"),
      changeWide("disks", at: wide.end - 4, [2], .unsupported, field: "number of disks"),
      changeWide(
        "endless members", at: wide.end - 52, far + far, .limit(.members),
        field: "entries"),
      changeWide(
        "an endless size", at: wide.directory[0] + 53,
        [UInt8](repeating: 255, count: 8), .overflow, field: "one, size"),
      changeWide(
        "a short extra field", at: wide.directory[0] + 51, [4], .truncated,
        field: "zip64 size"),
    ]
  }()

  /// The first member once more in the directory, with a header of its own.
  private static func twice() -> [UInt8] {
    let layout = Layout()
    var bytes = layout.changed(at: layout.directory[1] + 46, Array("one".utf8))
    bytes.replaceSubrange((layout.headers[1] + 30)..<(layout.headers[1] + 33), with: "one".utf8)
    return bytes
  }

  /// The first member reaches over the header of the second.
  private static func overlapping() -> [UInt8] {
    let layout = Layout()
    return layout.changed(at: layout.directory[0] + 20, littleEndian(UInt32(60), UInt32(60)))
  }

  @Test(arguments: inputs)
  func `malformed archives are refused`(input: BadInput) {
    input.expectRefusal(by: Self.readAll)
  }

  @Test func `a damaged deflated member names itself and its place`() throws {
    var bytes = try Files.golden("plain.zip")
    let member = try #require(Zip(bytes)["zeros"])
    bytes[member.start] = 7
    let error = #expect(throws: FormatError.self) { try Zip(bytes).bytes(of: "zeros") }
    #expect(error?.reader == "zip")
    #expect(error?.field.hasPrefix("zeros, ") == true)
    // The first three bits are read by then.
    #expect(error?.place == .byte(member.start + 1))
  }

  @Test(arguments: ["plain.zip", "streamed.zip", "wide.zip", "arrays-compressed.npz"])
  func `archives cut short or changed anywhere are read or refused`(name: String) throws {
    let whole = try Files.golden(name)
    for place in whole.indices {
      #expect(throws: FormatError.self) {
        try Self.readAll(Array(whole[..<place]), LoadLimits())
      }
      for byte in [0, 0xff, whole[place] ^ 1] {
        var bytes = whole
        bytes[place] = byte
        try? Self.readAll(bytes, LoadLimits())
      }
    }
  }
}
