/// The checksum of zlib: the sum of the bytes, and the sum of those sums, modulo 65,521.
///
/// - Source: RFC 1950, section 8.2.
public struct Adler32: Sendable {
  private var low: UInt32 = 1
  private var high: UInt32 = 0

  /// Makes the checksum of no bytes.
  public init() {}

  /// The checksum of the bytes so far.
  public var value: UInt32 { high << 16 | low }

  /// The checksum of some bytes.
  public static func checksum(of bytes: some Collection<UInt8>) -> UInt32 {
    var checksum = Adler32()
    checksum.update(with: bytes)
    return checksum.value
  }

  /// Takes more bytes into the checksum.
  public mutating func update(with bytes: some Collection<UInt8>) {
    let updated =
      bytes.withContiguousStorageIfAvailable { advanced(over: .init($0)) }
      ?? Array(bytes).withUnsafeBytes { advanced(over: $0) }
    self = updated
  }

  private static let modulus: UInt32 = 65_521

  private func advanced(over bytes: UnsafeRawBufferPointer) -> Adler32 {
    var (low, high) = (low, high)
    var start = 0
    while start < bytes.count {
      // 5,552 is the most bytes for which the sums stay below 2³² without a reduction.
      let end = min(start + 5552, bytes.count)
      while end - start >= 32 {
        // Over 32 bytes b₀ … b₃₁: low grows by Σ bᵢ, high by 32 · low + Σ (32 − i) bᵢ.
        var sum: UInt32 = 0
        var weighted: UInt32 = 0
        for lane in 0..<32 {
          let byte = UInt32(bytes[start + lane])
          sum &+= byte
          weighted &+= UInt32(32 - lane) &* byte
        }
        high &+= 32 &* low &+ weighted
        low &+= sum
        start += 32
      }
      while start < end {
        low &+= UInt32(bytes[start])
        high &+= low
        start += 1
      }
      low %= Self.modulus
      high %= Self.modulus
    }
    var result = self
    (result.low, result.high) = (low, high)
    return result
  }
}
