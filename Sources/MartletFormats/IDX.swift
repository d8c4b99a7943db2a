import Foundation

/// An array as the IDX format of the MNIST files holds it.
///
/// The bytes are in the machine's own order; `bytes.count` is the product of `shape` times the
/// size of an element.
/// - Source: "The MNIST database of handwritten digits", LeCun, Cortes and Burges, file formats.
public struct IDX: Sendable, Hashable {
  /// The type of the elements, numbered as the format numbers it.
  public enum ElementType: UInt8, Sendable, CaseIterable {
    /// Integers 0 to 255: pixels and labels.
    case uint8 = 0x08
    /// Integers of 8 bits with a sign.
    case int8 = 0x09
    /// Integers of 16 bits with a sign.
    case int16 = 0x0b
    /// Integers of 32 bits with a sign.
    case int32 = 0x0c
    /// IEEE 754's single precision.
    case float32 = 0x0d
    /// IEEE 754's double precision.
    case float64 = 0x0e

    /// The size of one element, in bytes.
    public var byteCount: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The length of each axis, the slowest first.
  public let shape: [Int]
  /// The type of the elements.
  public let elementType: ElementType
  /// The elements, the last axis fastest, each in the machine's byte order.
  public let bytes: [UInt8]

  /// Reads a file, compressed by gzip or not.
  ///
  /// - Throws: ``FormatError`` for anything but a whole IDX file within the limits.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let stored = try FileReading.bytes(of: url, limits: limits, reader: "IDX", in: files)
    try self.init(stored, limits: limits, source: url.path)
  }

  /// Reads bytes in memory, compressed by gzip or not.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole IDX file within the limits.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let origin = Origin(reader: "IDX", source: source)
    let (header, content) = try withBytes(of: stored) {
      input throws(FormatError) -> (Header, [UInt8]) in
      guard Gzip.isGzip(input) else {
        let header = try Header(input, limits: limits, origin: origin)
        guard input.count - header.byteCount == header.payloadByteCount else {
          throw header.wrongSize(got: "\(input.count - header.byteCount)", origin: origin)
        }
        return (header, [UInt8](input[header.byteCount...]))
      }
      return try Self.decompress(input, limits: limits, origin: origin)
    }
    shape = header.shape
    elementType = header.elementType
    bytes = Self.inHostOrder(content, elementSize: header.elementType.byteCount)
  }

  /// Decodes the header alone first: it says how many bytes there must be, and not one more is
  /// decoded.
  private static func decompress(
    _ input: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) -> (Header, [UInt8]) {
    let gzip = Origin(reader: "gzip", source: origin.source)
    var start = GrowingBytes(
      limit: Header.mostBytes + 258, hint: nil, compressed: input.count)
    _ = try Gzip.decodeMembers(of: input, into: &start, origin: gzip)
    let header = try start.withBytes(from: 0) { bytes in
      Result { () throws(FormatError) in try Header(bytes, limits: limits, origin: origin) }
    }.get()
    let total = header.byteCount + header.payloadByteCount
    var output = GrowingBytes(limit: total, hint: total, compressed: input.count)
    guard try Gzip.decodeMembers(of: input, into: &output, origin: gzip) else {
      throw header.wrongSize(got: "more", origin: origin)
    }
    guard output.count == total else {
      throw header.wrongSize(got: "\(output.count - header.byteCount)", origin: origin)
    }
    var content = output.finished()
    content.removeFirst(header.byteCount)
    return (header, content)
  }

  private static func inHostOrder(_ bytes: consuming [UInt8], elementSize: Int) -> [UInt8] {
    #if _endian(little)
      if elementSize > 1 {
        bytes.withUnsafeMutableBytes { buffer in
          for start in stride(from: 0, to: buffer.count, by: elementSize) {
            buffer[start..<(start + elementSize)].reverse()
          }
        }
      }
    #endif
    return bytes
  }

  /// The part before the elements, checked against the limits.
  private struct Header {
    /// Four bytes, and four more for each of 255 axes.
    static let mostBytes = 4 + 4 * 255

    let shape: [Int]
    let elementType: ElementType
    let payloadByteCount: Int

    var byteCount: Int { 4 + 4 * shape.count }

    init(
      _ bytes: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
    ) throws(FormatError) {
      var cursor = ByteCursor(bytes, origin: origin)
      let zeros = try cursor.bigEndian(UInt16.self, field: "magic number")
      guard zeros == 0 else {
        throw origin.error(
          .notThisFormat, "the bytes do not start as IDX does", at: .byte(0),
          field: "magic number", expected: "two zero bytes, or gzip's 1f 8b",
          got: "0x" + String(zeros, radix: 16), fix: "check that this is the file you mean.")
      }
      let code = try cursor.byte(field: "element type")
      guard let type = ElementType(rawValue: code) else {
        throw origin.error(
          .invalid, "the type of the elements is unknown", at: .byte(2), field: "element type",
          expected: "0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e", got: "0x" + String(code, radix: 16))
      }
      let rank = Int(try cursor.byte(field: "rank"))
      guard rank > 0 else {
        throw origin.error(
          .invalid, "the array has no axis", at: .byte(3), field: "rank",
          expected: "1 or more", got: "0")
      }
      guard rank <= limits.rank else {
        throw origin.overLimit(
          .rank, "the array has too many axes", most: limits.rank, got: "\(rank)", at: .byte(3),
          field: "rank")
      }
      var shape: [Int] = []
      for axis in 0..<rank {
        shape.append(Int(try cursor.bigEndian(UInt32.self, field: "length of axis \(axis)")))
      }
      let payload = try origin.product(
        of: shape, times: type.byteCount, at: .byte(4), field: "axes")
      guard payload <= limits.dataBytes else {
        throw origin.overLimit(
          .dataBytes, "the array is larger than the limit", most: limits.dataBytes,
          got: "\(payload) bytes for \(shape)", at: .byte(4), field: "axes")
      }
      self.shape = shape
      elementType = type
      payloadByteCount = payload
    }

    func wrongSize(got: String, origin: Origin) -> FormatError {
      origin.error(
        .mismatch, "the elements are not as many as declared", at: .byte(byteCount),
        field: "elements", expected: "\(payloadByteCount) bytes for \(shape)", got: got)
    }
  }
}
