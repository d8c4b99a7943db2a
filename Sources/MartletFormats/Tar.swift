/// The files in an archive as `tar` writes it, in memory.
///
/// - Source: POSIX.1-2017, pax, "ustar Interchange Format".
public enum Tar {
  /// One regular file of an archive.
  public struct Entry: Sendable, Hashable {
    /// The path in the archive.
    public let path: String
    /// Where its bytes stand in the archive.
    public let range: Range<Int>
  }

  private static let blockSize = 512

  /// The regular files of an archive, in their order; links, folders and other members are left
  /// out.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` if a header is damaged or the archive ends too early.
  public static func entries(
    of archive: some Collection<UInt8>, source: String = "bytes"
  ) throws(FormatError) -> [Entry] {
    let origin = Origin(reader: "tar", source: source)
    return try withBytes(of: archive) { bytes throws(FormatError) in
      var entries: [Entry] = []
      var cursor = ByteCursor(bytes, origin: origin)
      while !cursor.isAtEnd {
        let start = cursor.offset
        let header = try cursor.take(blockSize, field: "header")
        // The end is marked by blocks of zeros.
        if header.allSatisfy({ $0 == 0 }) { break }
        try checkSum(of: header, at: start, origin)
        let size = try octal(header[124..<136], at: start + 124, "size", origin)
        let first = cursor.offset
        _ = try cursor.take(size, field: "file")
        let padding = (blockSize - size % blockSize) % blockSize
        _ = try cursor.take(min(padding, cursor.remaining), field: "padding")
        guard header[156] == 0 || header[156] == UInt8(ascii: "0") else { continue }
        let isUstar = header[257..<262].elementsEqual("ustar".utf8)
        let prefix = isUstar ? text(header[345..<500]) : ""
        let name = text(header[0..<100])
        entries.append(
          Entry(path: prefix.isEmpty ? name : prefix + "/" + name, range: first..<(first + size)))
      }
      return entries
    }
  }

  private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func octal(
    _ field: Slice<UnsafeRawBufferPointer>, at offset: Int, _ name: String, _ origin: Origin
  ) throws(FormatError) -> Int {
    let digits = field.drop { $0 == UInt8(ascii: " ") }
      .prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
    // Only digits: the standard library would take a sign as well.
    let areDigits = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
    let string = String(decoding: digits, as: UTF8.self)
    guard areDigits, let number = Int(string, radix: 8) else {
      throw origin.error(
        .invalid, "a number is not written in octal digits", at: .byte(offset), field: name,
        expected: "digits 0 to 7", got: "\"\(string)\"")
    }
    return number
  }

  /// Compares the sum of the header's bytes, its own field taken as spaces, with what it says.
  private static func checkSum(
    of header: UnsafeRawBufferPointer, at start: Int, _ origin: Origin
  ) throws(FormatError) {
    let field = 148..<156
    let stored = try octal(header[field], at: start + 148, "chksum", origin)
    var sum = field.count * Int(UInt8(ascii: " "))
    for (index, byte) in header.enumerated() where !field.contains(index) { sum += Int(byte) }
    guard sum == stored else {
      throw origin.error(
        start == 0 ? .notThisFormat : .checksum, "the header's checksum is not that of its bytes",
        at: .byte(start + 148), field: "chksum", expected: "\(sum)", got: "\(stored)")
    }
  }
}
