/// Files as gzip writes them: members one after the other, each a header, a DEFLATE stream, a
/// CRC-32 and a size.
///
/// - Source: RFC 1952.
public enum Gzip {
  /// Whether bytes start as a gzip file does.
  public static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x1f, 0x8b])
  }

  /// Decodes all members, checks each one's CRC-32 and size, and joins them.
  ///
  /// - Parameter byteCount: how many bytes must come out, where that is known.
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but complete, valid members to the last byte.
  public static func decompress(
    _ bytes: some Collection<UInt8>, byteCount: Int? = nil, limits: LoadLimits = LoadLimits(),
    source: String = "bytes"
  ) throws(FormatError) -> [UInt8] {
    let origin = Origin(reader: "gzip", source: source)
    return try withBytes(of: bytes) { input throws(FormatError) in
      // The size of the last member, and of the file where it has only one.
      let hint =
        input.count < 18
        ? 0 : input.loadUnaligned(fromByteOffset: input.count - 4, as: UInt32.self)
      var output = try GrowingBytes(
        for: input.count, declared: byteCount, hint: Int(UInt32(littleEndian: hint)),
        limits: limits, origin: origin)
      guard try decodeMembers(of: input, into: &output, origin: origin) else {
        throw origin.outputIsOverLimit(of: output, declared: byteCount, at: input.count)
      }
      try origin.check(output, declared: byteCount)
      return output.finished()
    }
  }

  /// Decodes members until the input ends, or until the output is at its limit and more is to
  /// come.
  ///
  /// - Returns: whether everything was decoded.
  static func decodeMembers(
    of input: UnsafeRawBufferPointer, into output: inout GrowingBytes, origin: Origin
  ) throws(FormatError) -> Bool {
    var cursor = ByteCursor(input, origin: origin)
    var inflater = Inflater(input, startingAt: 0, origin: origin)
    repeat {
      try skipHeader(&cursor)
      inflater.restart(at: cursor.offset, outputStart: output.count)
      guard try inflater.run(into: &output) else { return false }
      _ = try cursor.take(inflater.position - cursor.offset, field: "compressed data")
      let stored = try cursor.littleEndian(UInt32.self, field: "CRC32")
      let size = try cursor.littleEndian(UInt32.self, field: "ISIZE")
      let checksum = output.withBytes(from: inflater.outputStart) { bytes in
        var checksum = CRC32()
        checksum.update(with: bytes)
        return checksum.value
      }
      guard stored == checksum else {
        throw origin.wrongChecksum(
          stored: stored, computed: checksum, at: cursor.offset - 8, field: "CRC32")
      }
      let count = output.count - inflater.outputStart
      guard size == UInt32(truncatingIfNeeded: count) else {
        throw origin.error(
          .mismatch, "the stored size is not that of the data", at: .byte(cursor.offset - 4),
          field: "ISIZE", expected: "\(count), the bytes decoded", got: "\(size)")
      }
    } while !cursor.isAtEnd
    return true
  }

  private static func skipHeader(_ cursor: inout ByteCursor) throws(FormatError) {
    let start = cursor.offset
    let magic = try cursor.bigEndian(UInt16.self, field: "ID1, ID2")
    guard magic == 0x1f8b else {
      throw cursor.origin.error(
        start == 0 ? .notThisFormat : .trailingBytes,
        start == 0 ? "the bytes do not start as gzip does" : "what follows is no gzip member",
        at: .byte(start), field: "ID1, ID2", expected: "1f 8b",
        got: String(magic, radix: 16),
        fix: start == 0
          ? "check that this is the gzip file you mean." : "cut off what follows the last member.")
    }
    let method = try cursor.byte(field: "CM")
    guard method == 8 else {
      throw cursor.origin.error(
        .unsupported, "the compression method is unknown", at: .byte(start + 2), field: "CM",
        expected: "8, deflate", got: "\(method)")
    }
    let flags = try cursor.byte(field: "FLG")
    guard flags & 0xe0 == 0 else {
      throw cursor.origin.error(
        .unsupported, "reserved flags are set", at: .byte(start + 3), field: "FLG",
        expected: "the upper three bits 0", got: "0x" + String(flags, radix: 16))
    }
    _ = try cursor.take(6, field: "MTIME, XFL, OS")
    if flags & 4 != 0 {
      let length = try cursor.littleEndian(UInt16.self, field: "XLEN")
      _ = try cursor.take(Int(length), field: "FEXTRA")
    }
    if flags & 8 != 0 { try cursor.skipZeroTerminated(field: "FNAME") }
    if flags & 16 != 0 { try cursor.skipZeroTerminated(field: "FCOMMENT") }
    if flags & 2 != 0 {
      var checksum = CRC32()
      checksum.update(with: UnsafeRawBufferPointer(rebasing: cursor.bytes[start..<cursor.offset]))
      let stored = try cursor.littleEndian(UInt16.self, field: "FHCRC")
      let computed = UInt16(truncatingIfNeeded: checksum.value)
      guard stored == computed else {
        throw cursor.origin.wrongChecksum(
          stored: UInt32(stored), computed: UInt32(computed), at: cursor.offset - 2,
          field: "FHCRC")
      }
    }
  }
}
