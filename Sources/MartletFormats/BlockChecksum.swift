/// What the checksums that go over blocks of 64 bytes have in common.
///
/// - Source: RFC 1321, sections 3.1, 3.2 and 3.5; FIPS 180-4, section 5.1.1.
enum BlockChecksum {
  /// What fills the last block: a bit, zeros, and the number of the message's bits.
  ///
  /// - Parameter ordered: The number with its bytes in the order of the checksum.
  static func padding(
    after byteCount: some BinaryInteger, ordered: (UInt64) -> UInt64
  ) -> [UInt8] {
    let count = UInt64(byteCount)
    let zeros = [UInt8](repeating: 0, count: (119 - Int(count % 64)) % 64)
    return [0x80] + zeros + withUnsafeBytes(of: ordered(count &* 8)) { Array($0) }
  }

  /// Eight hexadecimal digits for each word, the highest first.
  static func hexDigits(of words: [UInt32]) -> String {
    words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }
}
