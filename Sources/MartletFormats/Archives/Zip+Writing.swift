import Foundation

extension Zip {
  /// A file that is to be put into an archive.
  public struct Entry: Sendable {
    /// The name with its folders, separated by slashes.
    public var name: String
    /// The contents.
    public var content: FileContent

    /// Names contents.
    public init(_ name: String, _ content: FileContent) {
      self.name = name
      self.content = content
    }

    /// Names bytes.
    public init(_ name: String, _ bytes: some Sequence<UInt8>) {
      self.init(name, FileContent(bytes))
    }
  }

  /// The content of a zip file with these entries in their order: stored, not compressed; of the
  /// time 1980-01-01, so the same entries give the same bytes; with 64-bit sizes only where 32
  /// bits do not suffice.
  ///
  /// The contents are made twice, once here for their checksums.
  ///
  /// - Throws: ``FormatError`` if a name is empty, longer than 65,535 bytes, or there twice.
  public static func content(of entries: [Entry]) throws(FormatError) -> FileContent {
    try content(of: entries, wideAbove: UInt32.max)
  }

  /// Writes a zip file with these entries: the old file or the new one stands, never a part.
  ///
  /// - Throws: as ``content(of:)`` and ``FileWriting``.
  public static func write(
    _ entries: [Entry], to url: URL, in files: some FileSystem = .disk
  ) throws(FormatError) {
    try FileWriting.write(content(of: entries), to: url, writer: "zip", in: files)
  }

  /// - Parameter largest: the largest number that goes into a field of 32 bits: tests lower it.
  static func content(
    of entries: [Entry], wideAbove largest: UInt32
  ) throws(FormatError) -> FileContent {
    let largest = UInt64(largest) - (largest == .max ? 1 : 0)
    var file = FileContent()
    var directory: [UInt8] = []
    var names: Set<String> = []
    for entry in entries {
      try check(entry.name, isNew: names.insert(entry.name).inserted)
      var record = ZipRecord(entry, start: UInt64(file.byteCount), largest: largest)
      file.append(record.localHeader)
      file.append(entry.content)
      record.appendDirectoryEntry(to: &directory)
    }
    let start = UInt64(file.byteCount)
    file.append(directory)
    file.append(
      endRecords(
        count: UInt64(entries.count), directorySize: UInt64(directory.count),
        directoryStart: start, largest: largest))
    return file
  }

  private static func check(_ name: String, isNew: Bool) throws(FormatError) {
    let origin = Origin(reader: "zip", source: "bytes")
    guard isNew else {
      throw origin.error(
        .duplicate, "a name is taken", at: .whole, field: name, expected: "each name once",
        got: name, fix: "give the entries different names.")
    }
    guard (1...0xffff).contains(name.utf8.count) else {
      throw origin.error(
        .invalid, "a name is empty or too long", at: .whole, field: "name",
        expected: "1 to 65,535 bytes", got: "\(name.utf8.count)", fix: "choose another name.")
    }
  }

  private static func endRecords(
    count: UInt64, directorySize: UInt64, directoryStart: UInt64, largest: UInt64
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    if count >= 0xffff || directorySize > largest || directoryStart > largest {
      bytes.append(littleEndian: 0x0606_4b50 as UInt32)
      bytes.append(littleEndian: 44 as UInt64)
      bytes.append(littleEndian: 45 | 3 << 8 as UInt16)
      bytes.append(littleEndian: 45 as UInt16)
      bytes.append(littleEndian: 0 as UInt64)
      for number in [count, count, directorySize, directoryStart] {
        bytes.append(littleEndian: number)
      }
      bytes.append(littleEndian: 0x0706_4b50 as UInt32)
      bytes.append(littleEndian: 0 as UInt32)
      bytes.append(littleEndian: directoryStart + directorySize)
      bytes.append(littleEndian: 1 as UInt32)
    }
    bytes.append(littleEndian: 0x0605_4b50 as UInt32)
    bytes.append(littleEndian: 0 as UInt32)
    let shortCount = UInt16(min(count, 0xffff))
    bytes.append(littleEndian: shortCount)
    bytes.append(littleEndian: shortCount)
    bytes.append(littleEndian: directorySize > largest ? UInt32.max : UInt32(directorySize))
    bytes.append(littleEndian: directoryStart > largest ? UInt32.max : UInt32(directoryStart))
    bytes.append(littleEndian: 0 as UInt16)
    return bytes
  }
}

/// What the header before a member and its entry in the directory share.
private struct ZipRecord {
  private let name: [UInt8]
  private let size: UInt64
  private let start: UInt64
  private let checksum: UInt32
  private let largest: UInt64

  init(_ entry: Zip.Entry, start: UInt64, largest: UInt64) {
    name = Array(entry.name.utf8)
    size = UInt64(entry.content.byteCount)
    self.start = start
    self.largest = largest
    var checksum = CRC32()
    entry.content.forEachPiece { checksum.update(with: $0) }
    self.checksum = checksum.value
  }

  private var isLarge: Bool { size > largest }
  private var isFar: Bool { start > largest }

  var localHeader: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: 0x0403_4b50 as UInt32)
    appendCommon(to: &bytes, isWide: isLarge)
    bytes.append(littleEndian: UInt16(isLarge ? 20 : 0))
    bytes += name
    if isLarge { appendExtra([size, size], to: &bytes) }
    return bytes
  }

  mutating func appendDirectoryEntry(to bytes: inout [UInt8]) {
    let numbers = (isLarge ? [size, size] : []) + (isFar ? [start] : [])
    bytes.append(littleEndian: 0x0201_4b50 as UInt32)
    // Made on Unix, so that the permissions below are understood.
    bytes.append(littleEndian: UInt16(numbers.isEmpty ? 20 : 45) | 3 << 8)
    appendCommon(to: &bytes, isWide: !numbers.isEmpty)
    bytes.append(littleEndian: UInt16(numbers.isEmpty ? 0 : 4 + 8 * numbers.count))
    bytes.append(littleEndian: 0 as UInt16)
    bytes.append(littleEndian: 0 as UInt32)
    bytes.append(littleEndian: 0o100644 << 16 as UInt32)
    bytes.append(littleEndian: isFar ? UInt32.max : UInt32(start))
    bytes += name
    if !numbers.isEmpty { appendExtra(numbers, to: &bytes) }
  }

  /// The fields from the version to the length of the name.
  private func appendCommon(to bytes: inout [UInt8], isWide: Bool) {
    bytes.append(littleEndian: UInt16(isWide ? 45 : 20))
    // Flag 11: the name is in UTF-8; ASCII needs none.
    bytes.append(littleEndian: UInt16(name.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11))
    bytes.append(littleEndian: 0 as UInt16)
    bytes.append(littleEndian: 0 as UInt16)
    bytes.append(littleEndian: 0x0021 as UInt16)
    bytes.append(littleEndian: checksum)
    let shortSize = isLarge ? UInt32.max : UInt32(size)
    bytes.append(littleEndian: shortSize)
    bytes.append(littleEndian: shortSize)
    bytes.append(littleEndian: UInt16(name.count))
  }

  private func appendExtra(_ numbers: [UInt64], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: 1 as UInt16)
    bytes.append(littleEndian: UInt16(8 * numbers.count))
    for number in numbers { bytes.append(littleEndian: number) }
  }
}
