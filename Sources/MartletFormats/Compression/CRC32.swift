/// The checksum of gzip, zip and PNG: the remainder of the bytes, as a polynomial over GF(2), by
/// `x³² + x²⁶ + x²³ + x²² + x¹⁶ + x¹² + x¹¹ + x¹⁰ + x⁸ + x⁷ + x⁵ + x⁴ + x² + x + 1`.
///
/// - Source: RFC 1952, section 8; the sixteen tables look up sixteen bytes at once.
public struct CRC32: Sendable {
  private var state: UInt32 = 0xffff_ffff

  /// Makes the checksum of no bytes.
  public init() {}

  /// The checksum of the bytes so far.
  public var value: UInt32 { ~state }

  /// The checksum of some bytes.
  public static func checksum(of bytes: some Collection<UInt8>) -> UInt32 {
    var checksum = CRC32()
    checksum.update(with: bytes)
    return checksum.value
  }

  /// Takes more bytes into the checksum.
  public mutating func update(with bytes: some Collection<UInt8>) {
    let state = state
    self.state =
      bytes.withContiguousStorageIfAvailable { Self.advance(state, over: .init($0)) }
      ?? Array(bytes).withUnsafeBytes { Self.advance(state, over: $0) }
  }

  mutating func update(with bytes: UnsafeRawBufferPointer) {
    state = Self.advance(state, over: bytes)
  }

  /// `tables[256 · k + b]` is the remainder of byte `b` followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 {
        remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xedb8_8320
      }
      tables[byte] = remainder
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xff)]
    }
    return tables
  }()

  private static func advance(_ start: UInt32, over bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { buffer in
      guard let table = buffer.baseAddress, let base = bytes.baseAddress else { return start }
      var crc = start
      var next = base
      let end = base + bytes.count
      while end - next >= 16 {
        let low = UInt64(littleEndian: next.loadUnaligned(as: UInt64.self)) ^ UInt64(crc)
        let high = UInt64(littleEndian: next.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        var sum: UInt32 = 0
        for lane in 0..<8 {
          sum ^= table[(15 - lane) * 256 + Int((low &>> UInt64(8 * lane)) & 0xff)]
          sum ^= table[(7 - lane) * 256 + Int((high &>> UInt64(8 * lane)) & 0xff)]
        }
        crc = sum
        next += 16
      }
      while next < end {
        crc = crc >> 8 ^ table[Int((crc ^ UInt32(next.load(as: UInt8.self))) & 0xff)]
        next += 1
      }
      return crc
    }
  }
}
