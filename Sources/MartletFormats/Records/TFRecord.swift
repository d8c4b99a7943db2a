import Foundation

/// Files of records one after the other, as TensorFlow writes them: of each its length, a checksum
/// of that, the bytes, a checksum of these.
///
///     length: 8 bytes | its masked CRC-32C: 4 bytes | data | their masked CRC-32C: 4 bytes
///
/// All numbers begin with the lowest byte. A file only ever grows at its end, so one that was cut
/// short, or is being written, is whole up to its last whole record.
///
/// - Source: TensorFlow, `tensorflow/core/lib/io/record_writer.h`.
public enum TFRecord {
  /// The records of a file, and how far they reach.
  public struct Contents: Sendable, Hashable {
    /// The records that are whole.
    public var records: [ArraySlice<UInt8>]
    /// How many bytes they take; fewer than there are where the last record was cut short.
    public var byteCount: Int
  }

  /// A record as it stands in a file.
  public static func encoded(_ record: some Collection<UInt8>) -> [UInt8] {
    let length = littleEndian(UInt64(record.count))
    return length + littleEndian(masked(CRC32C.checksum(of: length))) + record
      + littleEndian(masked(CRC32C.checksum(of: record)))
  }

  /// The records in bytes, up to the last whole one.
  ///
  /// - Throws: ``FormatError``: `checksum` where a record that is whole, or its length, is damaged;
  ///   `limit(.dataBytes)` or `limit(.members)`.
  public static func contents(
    of bytes: [UInt8], limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) -> Contents {
    let origin = Origin(reader: "TFRecord", source: source)
    var found = Contents(records: [], byteCount: 0)
    while let record = try record(at: found.byteCount, in: bytes, limits, origin) {
      guard found.records.count < limits.members else {
        throw origin.overLimit(
          .members, "there are more records than the limit", most: limits.members,
          got: "more", at: .byte(found.byteCount), field: "length")
      }
      found.records.append(record)
      found.byteCount = record.endIndex + 4
    }
    return found
  }

  /// The records of a file, up to the last whole one.
  ///
  /// - Throws: ``FormatError``: as ``contents(of:limits:source:)``, or for a file that cannot be
  ///   read.
  public static func contents(
    of url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) -> Contents {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "TFRecord", in: files)
    return try contents(of: bytes, limits: limits, source: url.path)
  }

  /// The record that begins at an offset; nil where it is not whole.
  private static func record(
    at start: Int, in bytes: [UInt8], _ limits: LoadLimits, _ origin: Origin
  ) throws(FormatError) -> ArraySlice<UInt8>? {
    guard bytes.count - start >= 12 else { return nil }
    let length = bytes[start..<(start + 8)]
    try check(length, storedIn: bytes, origin, field: "length")
    let count = number(length)
    guard count <= UInt64(limits.dataBytes) else {
      throw origin.overLimit(
        .dataBytes, "a record is longer than the limit", most: limits.dataBytes,
        got: "\(count) bytes", at: .byte(start), field: "length")
    }
    let first = start + 12
    guard bytes.count - first >= 4, Int(count) <= bytes.count - first - 4 else { return nil }
    let record = bytes[first..<(first + Int(count))]
    try check(record, storedIn: bytes, origin, field: "data")
    return record
  }

  /// Compares the checksum of bytes with the one that follows them.
  private static func check(
    _ part: ArraySlice<UInt8>, storedIn bytes: [UInt8], _ origin: Origin, field: String
  ) throws(FormatError) {
    let stored = UInt32(number(bytes[part.endIndex..<(part.endIndex + 4)]))
    let found = masked(CRC32C.checksum(of: part))
    guard stored == found else {
      throw origin.error(
        .checksum, "the checksum is not that of the bytes", at: .byte(part.startIndex),
        field: field, expected: "\(stored)", got: "\(found)")
    }
  }

  /// The checksum as files keep it, so that bytes that hold checksums have good ones themselves.
  private static func masked(_ checksum: UInt32) -> UInt32 {
    (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
