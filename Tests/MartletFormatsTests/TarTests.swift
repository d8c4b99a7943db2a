import Testing

@testable import MartletFormats

@Suite struct TarTests {
  /// A header in the ustar format, and the blocks of the file.
  static func member(_ path: String, _ content: [UInt8], type: String = "0") -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    func octal(_ number: Int, _ digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(path, at: 0)
    put("0000644\u{0}0000000\u{0}0000000\u{0}", at: 100)
    put(octal(content.count, 11), at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put(type, at: 156)
    put("ustar\u{0}00", at: 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
    let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    return header + content + padding
  }

  @Test func `files are found, folders are not`() throws {
    let end = [UInt8](repeating: 0, count: 1024)
    let archive =
      Self.member("a/", [], type: "5") + Self.member("a/b.bin", [1, 2, 3])
      + Self.member("c", [UInt8](repeating: 7, count: 512)) + end
    let entries = try Tar.entries(of: archive)
    #expect(entries.map(\.path) == ["a/b.bin", "c"])
    #expect(Array(archive[entries[0].range]) == [1, 2, 3])
    #expect(entries[1].range.count == 512)
    #expect(try Tar.entries(of: [UInt8]()).isEmpty)
  }

  @Test func `damage is an error that says where`() throws {
    let good = Self.member("a", [1, 2, 3])
    var sum = good
    sum[0] ^= 1
    #expect(throws: FormatError.self) { try Tar.entries(of: sum) }
    var later = good + good
    later[512 + 512] ^= 1
    let error = #expect(throws: FormatError.self) { try Tar.entries(of: later) }
    #expect(error?.reason == .checksum)
    #expect(error?.place == .byte(1024 + 148))
    let short = #expect(throws: FormatError.self) { try Tar.entries(of: good[..<514]) }
    #expect(short?.reason == .truncated)
    let cut = #expect(throws: FormatError.self) { try Tar.entries(of: good[..<100]) }
    #expect(cut?.reason == .truncated)
  }

  @Test func `no byte of a header can make reading trap`() throws {
    let good = Self.member("a", [1, 2, 3])
    for position in 0..<512 {
      for value in [UInt8(0), 0x2b, 0x37, 0xff] {
        var bytes = good
        bytes[position] = value
        _ = try? Tar.entries(of: bytes)
      }
    }
  }
}
