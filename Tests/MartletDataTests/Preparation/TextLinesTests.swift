import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite struct TextLinesTests {
  private func lines(_ bytes: [UInt8], limit: Int? = nil) throws -> [String] {
    try withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/text"))
      return try textLines(of: folder + "/text", limit: limit)
    }
  }

  @Test func `lines end as on any system`() throws {
    #expect(try lines(Array("a\nb\r\n\nç".utf8)) == ["a", "b", "", "ç"])
    #expect(try lines(Array("a\n".utf8)) == ["a"])
    #expect(try lines([]) == [])
    #expect(try lines([0xef, 0xbb, 0xbf] + Array("a\rb".utf8)) == ["a\rb"])
    #expect(try lines(Array("a\nb\nc".utf8), limit: 2) == ["a", "b"])
  }

  @Test func `what is no text says in which line`() throws {
    let error = #expect(throws: Diagnostic.self) { try lines(Array("a\n".utf8) + [0xff]) }
    #expect(error?.got?.hasPrefix("line 2 of ") == true)
    #expect(throws: FormatError.self) { try textLines(of: "/nowhere/to/be/found") }
  }
}
