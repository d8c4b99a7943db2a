import Foundation
import Testing

@testable import MartletFormats

@Suite struct ZipTests {
  @Test(arguments: ["plain.zip", "streamed.zip", "wide.zip"])
  func `members that Python wrote`(name: String) throws {
    let zip = try Zip(contentsOf: Files.goldens.appendingPathComponent(name))
    #expect(zip.names == ["metadata.json", "zeros", "größe/🐦.bin", "empty", "folder/"])
    #expect(try zip.bytes(of: "metadata.json").elementsEqual(#"{"a": 1}"#.utf8))
    #expect(try zip.bytes(of: "zeros").elementsEqual([UInt8](repeating: 0, count: 100_000)))
    #expect(try zip.bytes(of: "größe/🐦.bin").elementsEqual(Contents.noise(500, seed: 1)))
    #expect(try zip.bytes(of: "empty").isEmpty)
    #expect(zip["zeros"]?.byteCount == 100_000)
    #expect(zip["zeros"]?.isDeflated == true)
    #expect(zip["metadata.json"]?.storedByteCount == 8)
    #expect(zip["absent"] == nil)
    let error = #expect(throws: FormatError.self) { try zip.bytes(of: "absent") }
    #expect(error?.field == "absent")
  }

  @Test func `an archive without members`() throws {
    #expect(try Zip(Files.golden("empty.zip")).members.isEmpty)
    #expect(try Zip(Zip.content(of: []).bytes).members.isEmpty)
  }

  private static let entries = [
    Zip.Entry("metadata.json", Array(#"{"a": 1}"#.utf8)),
    Zip.Entry("größe", Contents.noise(3000, seed: 4)),
    Zip.Entry("empty", []),
    Zip.Entry("made", FileContent(byteCount: 2) { [1, 2] }),
  ]

  @Test(arguments: [.max, 2999, 2000, 100, 1, 0] as [UInt32])
  func `what is written reads back, with 64-bit sizes too`(largest: UInt32) throws {
    let content = try Zip.content(of: Self.entries, wideAbove: largest)
    let zip = try Zip(content.bytes)
    #expect(zip.names == Self.entries.map(\.name))
    for entry in Self.entries {
      #expect(try Array(zip.bytes(of: entry.name)) == entry.content.bytes)
      #expect(zip[entry.name]?.isDeflated == false)
    }
  }

  @Test func `the bytes that Python was asked about`() throws {
    for (name, largest) in [("written.zip", UInt32.max), ("written-wide.zip", 100)] {
      let bytes = try Zip.content(of: Self.entries, wideAbove: largest).bytes
      if bytes == (try? Files.golden(name)) { continue }
      let file = FileManager.default.temporaryDirectory.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      Issue.record("other bytes: see \(file.path), and ask Goldens/check_archives.py about them")
    }
  }

  @Test func `more members than sixteen bits count`() throws {
    let entries = (0..<70_000).map { Zip.Entry("\($0)", []) }
    let zip = try Zip(Zip.content(of: entries).bytes)
    #expect(zip.members.count == 70_000)
    #expect(zip.names.last == "69999")
  }

  @Test func `a writer refuses names that no reader would take`() {
    func reason(_ names: String...) -> FormatError.Reason? {
      let entries = names.map { Zip.Entry($0, []) }
      return #expect(throws: FormatError.self) { try Zip.content(of: entries) }?.reason
    }
    #expect(reason("a", "a") == .duplicate)
    #expect(reason("") == .invalid)
    #expect(reason(String(repeating: "x", count: 65_536)) == .invalid)
  }
}
