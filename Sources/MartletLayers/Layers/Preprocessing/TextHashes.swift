/// Hashes of texts that do not change from run to run or from machine to machine: those by which
/// TensorFlow's buckets, and so Keras' `Hashing`, are numbered.
enum TextHash: Sendable, Hashable {
  /// FarmHash's `Fingerprint64`, which everyone can compute.
  case fingerprint
  /// SipHash-2-4, which only those can foresee who know the key.
  case keyed(UInt64, UInt64)

  /// The hash of bytes.
  func callAsFunction(_ bytes: [UInt8]) -> UInt64 {
    switch self {
    case .fingerprint: Fingerprint(bytes).value
    case .keyed(let first, let second): sipHash(bytes, key: (first, second))
    }
  }

  /// The number of the bucket that a text falls into, from 0.
  func bucket(of text: String, among count: Int) -> Int {
    Int(self(Array(text.utf8)) % UInt64(count))
  }
}

/// Two hashes in one, of which each bit depends on all of both; not symmetric.
///
/// Source: TensorFlow's `FingerprintCat64`, MurmurHash's mix.
func joinedHashes(_ first: UInt64, _ second: UInt64) -> UInt64 {
  let factor: UInt64 = 0xc6a4_a793_5bd1_e995
  var result = first ^ factor
  result ^= mixed(second &* factor) &* factor
  result = result &* factor
  return mixed(mixed(result) &* factor)
}

/// FarmHash's `Fingerprint64` (Pike and Alakuijala, 2014), which will not change in later versions.
///
/// Each range of lengths has a way of its own: up to 16 bytes, 32, 64, and more.
private struct Fingerprint {
  private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
  private static let k1: UInt64 = 0xb492_b66f_be98_f273
  private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f

  private let bytes: [UInt8]
  private let count: UInt64

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    count = UInt64(bytes.count)
  }

  var value: UInt64 {
    switch bytes.count {
    case 0...16: upTo16
    case 17...32: upTo32
    case 33...64: upTo64
    default: longer
    }
  }

  private func word(_ offset: Int) -> UInt64 { bytes.littleEndian(8, at: offset) }
  private func half(_ offset: Int) -> UInt64 { bytes.littleEndian(4, at: offset) }

  /// Two words in one.
  private func joined(_ u: UInt64, _ v: UInt64, _ factor: UInt64) -> UInt64 {
    let a = mixed((u ^ v) &* factor)
    return mixed((v ^ a) &* factor) &* factor
  }

  private var upTo16: UInt64 {
    let end = bytes.count
    let factor = Self.k2 &+ count &* 2
    if end >= 8 {
      let (a, b) = (word(0) &+ Self.k2, word(end - 8))
      return joined(
        b.rotated(37) &* factor &+ a, (a.rotated(25) &+ b) &* factor, factor)
    }
    if end >= 4 { return joined(count &+ half(0) << 3, half(end - 4), factor) }
    if end == 0 { return Self.k2 }
    let y = UInt64(bytes[0]) + UInt64(bytes[end / 2]) << 8
    let z = count + UInt64(bytes[end - 1]) << 2
    return mixed(y &* Self.k2 ^ z &* Self.k0) &* Self.k2
  }

  private var upTo32: UInt64 {
    let end = bytes.count
    let factor = Self.k2 &+ count &* 2
    let (a, b) = (word(0) &* Self.k1, word(8))
    let (c, d) = (word(end - 8) &* factor, word(end - 16) &* Self.k2)
    return joined(
      (a &+ b).rotated(43) &+ c.rotated(30) &+ d, a &+ (b &+ Self.k2).rotated(18) &+ c, factor)
  }

  private var upTo64: UInt64 {
    let end = bytes.count
    let factor = Self.k2 &+ count &* 2
    let (a, b) = (word(0) &* Self.k2, word(8))
    let (c, d) = (word(end - 8) &* factor, word(end - 16) &* Self.k2)
    let y = (a &+ b).rotated(43) &+ c.rotated(30) &+ d
    let z = joined(y, a &+ (b &+ Self.k2).rotated(18) &+ c, factor)
    let (e, f) = (word(16) &* factor, word(24))
    let g = (y &+ word(end - 32)) &* factor
    let h = (z &+ word(end - 24)) &* factor
    return joined(
      (e &+ f).rotated(43) &+ g.rotated(30) &+ h, e &+ (f &+ a).rotated(18) &+ g, factor)
  }

  /// 56 bytes of state, and the block of 64 bytes that goes into them.
  private struct State {
    var x: UInt64
    var y: UInt64
    var z: UInt64
    var v: (UInt64, UInt64) = (0, 0)
    var w: (UInt64, UInt64) = (0, 0)
  }

  private var longer: UInt64 {
    let seed: UInt64 = 81
    let y = seed &* Self.k1 &+ 113
    var state = State(
      x: seed &* Self.k2 &+ word(0), y: y, z: mixed(y &* Self.k2 &+ 113) &* Self.k2)
    let last = (bytes.count - 1) / 64 * 64
    for start in stride(from: 0, to: last, by: 64) {
      absorb(at: start, into: &state, factor: Self.k1, weights: (1, 1))
    }
    // The last block ends with the text and may share bytes with the one before.
    let factor = Self.k1 &+ (state.z & 0xff) << 1
    state.w.0 = state.w.0 &+ (count - 1) & 63
    state.v.0 = state.v.0 &+ state.w.0
    state.w.0 = state.w.0 &+ state.v.0
    absorb(at: bytes.count - 64, into: &state, factor: factor, weights: (9, 9))
    return joined(
      joined(state.v.0, state.w.0, factor) &+ mixed(state.y) &* Self.k0 &+ state.z,
      joined(state.v.1, state.w.1, factor) &+ state.x, factor)
  }

  private func absorb(
    at start: Int, into state: inout State, factor: UInt64, weights: (UInt64, UInt64)
  ) {
    var (x, y, z) = (state.x, state.y, state.z)
    x = (x &+ y &+ state.v.0 &+ word(start + 8)).rotated(37) &* factor
    y = (y &+ state.v.1 &+ word(start + 48)).rotated(42) &* factor
    x ^= state.w.1 &* weights.0
    y = y &+ state.v.0 &* weights.1 &+ word(start + 40)
    z = (z &+ state.w.0).rotated(33) &* factor
    state.v = weak(start, state.v.1 &* factor, x &+ state.w.0)
    state.w = weak(start + 32, z &+ state.w.1, y &+ word(start + 16))
    (state.x, state.y, state.z) = (z, y, x)
  }

  /// A quick hash of 32 bytes and two seeds, 16 bytes long.
  private func weak(_ start: Int, _ first: UInt64, _ second: UInt64) -> (UInt64, UInt64) {
    let z = word(start + 24)
    let a = first &+ word(start)
    let b = (second &+ a &+ z).rotated(21)
    let sum = a &+ word(start + 8) &+ word(start + 16)
    return (sum &+ z, b &+ sum.rotated(44) &+ a)
  }
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012): two rounds for each word, four at the end.
private func sipHash(_ bytes: [UInt8], key: (UInt64, UInt64)) -> UInt64 {
  var a = key.0 ^ 0x736f_6d65_7073_6575
  var b = key.1 ^ 0x646f_7261_6e64_6f6d
  var c = key.0 ^ 0x6c79_6765_6e65_7261
  var d = key.1 ^ 0x7465_6462_7974_6573
  func round() {
    a = a &+ b
    b = a ^ b.rotated(51)
    a = a.rotated(32)
    c = c &+ d
    d = c ^ d.rotated(48)
    a = a &+ d
    d = a ^ d.rotated(43)
    c = c &+ b
    b = c ^ b.rotated(47)
    c = c.rotated(32)
  }
  func absorb(_ word: UInt64) {
    d ^= word
    round()
    round()
    a ^= word
  }
  let whole = bytes.count & ~7
  for start in stride(from: 0, to: whole, by: 8) { absorb(bytes.littleEndian(8, at: start)) }
  // The last word holds what is left, and the length in its highest byte.
  absorb(bytes.littleEndian(bytes.count - whole, at: whole) | UInt64(bytes.count & 0xff) << 56)
  c ^= 0xff
  for _ in 0..<4 { round() }
  return a ^ b ^ c ^ d
}

private func mixed(_ value: UInt64) -> UInt64 { value ^ value >> 47 }

extension UInt64 {
  /// The bits moved to the right, those that fall out come in at the left.
  fileprivate func rotated(_ places: UInt64) -> UInt64 {
    self &>> places | self &<< (64 - places)
  }
}

extension [UInt8] {
  /// Up to 8 bytes as a number, the first its lowest.
  fileprivate func littleEndian(_ count: Int, at start: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<count).reversed() { value = value << 8 | UInt64(self[start + index]) }
    return value
  }
}
