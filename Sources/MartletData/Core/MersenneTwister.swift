/// The generator that NumPy's `RandomState` draws from: what splits data as Keras' loaders do.
///
/// Everything else of this library is ordered by ``KeyedRandom``, which is smaller and better.
///
/// - Source: "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number
///   generator", Matsumoto and Nishimura, 1998; seeding as in their program of 2002.
struct MersenneTwister: Sendable {
  private static let length = 624
  private var state: [UInt32]
  private var next = MersenneTwister.length

  init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(Self.length)
    for index in 1..<Self.length {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(index))
    }
  }

  /// 32 random bits.
  mutating func word() -> UInt32 {
    if next == Self.length { twist() }
    var word = state[next]
    next += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9d2c_5680
    word ^= word << 15 & 0xefc6_0000
    return word ^ word >> 18
  }

  private mutating func twist() {
    for index in 0..<Self.length {
      let mixed =
        state[index] & 0x8000_0000 | state[(index + 1) % Self.length] & 0x7fff_ffff
      state[index] =
        state[(index + 397) % Self.length] ^ mixed >> 1 ^ (mixed & 1 == 1 ? 0x9908_b0df : 0)
    }
    next = 0
  }

  /// An integer in `0 ... bound`, as NumPy's `random_interval` draws it: bits below the next power
  /// of two, again until they fit.
  private mutating func interval(_ bound: UInt32) -> UInt32 {
    let mask = bound == 0 ? 0 : UInt32.max >> UInt32(bound.leadingZeroBitCount)
    while true {
      let value = word() & mask
      if value <= bound { return value }
    }
  }

  /// The integers `0 ..< count` in the order of NumPy's `shuffle` of them; fewer than 2³² of them.
  mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(interval(UInt32(last))))
    }
    return order
  }
}
