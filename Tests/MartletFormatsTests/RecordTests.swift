import FileFaults
import Foundation
import Testing

@testable import MartletFormats

@Suite struct RecordTests {
  /// From RFC 3720, appendix B.4.
  @Test func `CRC-32C gives the values of its standard`() {
    let read: [UInt8] =
      [1, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14]
      + [0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
      (Array(repeating: 0, count: 32), 0x8a91_36aa),
      (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
      (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c),
      (read, 0xd996_3a56), (Array("123456789".utf8), 0xe306_9283), ([], 0),
    ]
    for (bytes, checksum) in vectors {
      #expect(CRC32C.checksum(of: bytes) == checksum)
      var parts = CRC32C()
      parts.update(with: bytes.prefix(5))
      parts.update(with: bytes.dropFirst(5))
      #expect(parts.value == checksum)
    }
  }

  private static let events = [
    SummaryEvent(wallTime: 1.5, step: 0, .fileVersion(SummaryEvent.version)),
    SummaryEvent(wallTime: 2, step: 3, .scalar(tag: "epoch_loss", 0.25)),
    SummaryEvent(wallTime: 3, step: -1, .scalar(tag: "", 0)),
    SummaryEvent(wallTime: 4, step: 1 << 40, .scalar(tag: String(repeating: "é", count: 99), -1)),
    SummaryEvent(wallTime: 5, step: 0, .kerasModel(tag: "keras", json: "{}")),
  ]

  @Test func `events come back as they were written`() throws {
    let bytes = Self.events.flatMap { TFRecord.encoded($0.encoded) }
    let contents = try TFRecord.contents(of: bytes)
    #expect(contents.byteCount == bytes.count)
    #expect(try SummaryEvent.events(in: contents) == Self.events)
  }

  @Test func `a file that was cut short is read to its last whole record`() throws {
    let records = Self.events.map { TFRecord.encoded($0.encoded) }
    let bytes = Array(records.joined())
    for length in 0...bytes.count {
      var whole = 0
      var end = 0
      for record in records {
        if end + record.count > length { break }
        end += record.count
        whole += 1
      }
      let contents = try TFRecord.contents(of: Array(bytes.prefix(length)))
      #expect(contents.byteCount == end)
      #expect(try SummaryEvent.events(in: contents) == Array(Self.events.prefix(whole)))
    }
  }

  @Test func `a changed byte is found`() throws {
    let bytes = TFRecord.encoded(Array("abcdefgh".utf8)) + TFRecord.encoded([])
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        let error = #expect(throws: FormatError.self) { try TFRecord.contents(of: changed) }
        #expect(error?.reason == .checksum)
      }
    }
  }

  @Test func `limits hold, and bytes that are no message are refused`() throws {
    var limits = LoadLimits()
    limits.members = 2
    let bytes = Array(repeating: TFRecord.encoded([1]), count: 3).flatMap { $0 }
    #expect(throws: FormatError.self) { try TFRecord.contents(of: bytes, limits: limits) }
    limits.members = 3
    #expect(try TFRecord.contents(of: bytes, limits: limits).records.count == 3)
    limits.dataBytes = 0
    #expect(throws: FormatError.self) { try TFRecord.contents(of: bytes, limits: limits) }
    let texts: [[UInt8]] = [
      [0x08], [0x09, 0, 0], [0x2a, 5, 0], [0x2a] + Array(repeating: 0xff, count: 8) + [0x7f],
      [0x0b], [0x0d, 1, 2], Array(repeating: 0x80, count: 12), [0x2a, 2, 0x0a, 7],
    ]
    for text in texts {
      #expect(throws: FormatError.self) { try SummaryEvent(record: text[...]) }
    }
    // Fields that are not known are passed over.
    let other = try SummaryEvent(record: [0x10, 7, 0x52, 1, 0, 0x5d, 0, 0, 0, 0][...])
    #expect(other == SummaryEvent(wallTime: 0, step: 7, .other))
  }

  @Test func `a writer that dies leaves whole records`() throws {
    let folder = URL(filePath: "/logs/train")
    func run(_ files: FaultyFileSystem) throws {
      let file = try SummaryFile(inFolder: folder, wallTime: 1, in: files)
      for event in Self.events.dropFirst() { try file.append([event]) }
    }
    let healthy = FaultyFileSystem(folders: ["/"])
    try run(healthy)
    let count = healthy.operationCount
    #expect(count > 20)
    for operation in 0..<count {
      let files = FaultyFileSystem(folders: ["/"], fault: .death(at: operation))
      #expect(throws: FormatError.self) { try run(files) }
      for outcome in files.outcomes {
        for (_, bytes) in outcome {
          let found = try SummaryEvent.events(in: try TFRecord.contents(of: bytes))
          #expect(
            found.dropFirst() == Self.events.dropFirst().prefix(Swift.max(found.count - 1, 0)))
        }
      }
    }
    #expect(throws: FormatError.self) {
      try FileWriting.append([1], to: URL(filePath: "/nowhere/file"))
    }
    #expect(throws: FormatError.self) { try FileWriting.append([1], to: URL(filePath: "/tmp")) }
  }
}
