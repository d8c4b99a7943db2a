import MartletTensors

/// A small random generator whose numbers are a function of the words it was made from, on every
/// machine: what orders data and draws pictures on the host.
///
/// xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64.
public struct KeyedRandom: RandomNumberGenerator, Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// Creates the generator of a seed and of numbers that tell one use of it from others, an epoch
  /// and an index say.
  public init(seed: UInt64, _ words: Int...) {
    var state = seed
    for word in words {
      state = KeyedRandom.mixed(state &+ 0x9E37_79B9_7F4A_7C15) ^ UInt64(bitPattern: Int64(word))
    }
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return KeyedRandom.mixed(state)
    }
    (s0, s1, s2, s3) = (next(), next(), next(), next())
  }

  /// The finalizer of SplitMix64.
  private static func mixed(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    let fivefold = s1 &* 5
    let result = (fivefold << 7 | fivefold >> 57) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = s3 << 45 | s3 >> 19
    return result
  }

  /// An integer in `0 ..< bound`, all equally likely (Lemire, 2019).
  public mutating func below(_ bound: Int) -> Int {
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// A number in `0 ..< 1`.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number between two bounds.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * unit()
  }

  /// The integers `0 ..< count` in random order (Durstenfeld's shuffle, 1964).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    order.withUnsafeMutableBufferPointer { order in
      for last in stride(from: count - 1, to: 0, by: -1) {
        order.swapAt(last, below(last + 1))
      }
    }
    return order
  }
}

/// The seed that a data set takes where none is named: from the program's own source.
func freshSeed() -> UInt64 { RandomSource.implicit.makeSource().seed }
