/// The checksum of iSCSI and of TensorFlow's record files: the remainder of the bytes by
/// Castagnoli's polynomial.
///
/// - Source: RFC 3720, section 12.1; one table, since records are short.
public struct CRC32C: Sendable {
  private var state: UInt32 = 0xffff_ffff

  /// Makes the checksum of no bytes.
  public init() {}

  /// The checksum of the bytes so far.
  public var value: UInt32 { ~state }

  /// The checksum of some bytes.
  public static func checksum(of bytes: some Collection<UInt8>) -> UInt32 {
    var checksum = CRC32C()
    checksum.update(with: bytes)
    return checksum.value
  }

  /// Takes more bytes into the checksum.
  public mutating func update(with bytes: some Collection<UInt8>) {
    var crc = state
    for byte in bytes { crc = crc >> 8 ^ Self.table[Int((crc ^ UInt32(byte)) & 0xff)] }
    state = crc
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    var remainder = UInt32(byte)
    for _ in 0..<8 {
      remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0x82f6_3b78
    }
    return remainder
  }
}
