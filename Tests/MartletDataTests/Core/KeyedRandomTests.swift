import Testing

@testable import MartletData

@Suite struct KeyedRandomTests {
  // xoshiro256** of the state that SplitMix64 makes of the seed, both as their authors publish them
  // (prng.di.unimi.it), computed in Python.
  @Test func `the numbers are those of the published generators`() {
    var zero = KeyedRandom(seed: 0)
    #expect(
      (0..<4).map { _ in zero.next() } == [
        0x99ec5f36cb75f2b4,
        0xbf6e1f784956452a,
        0x1a5f849d4933e6e0,
        0x6aa594f1262d2d2c,
      ])
    var other = KeyedRandom(seed: 42)
    #expect(
      (0..<4).map { _ in other.next() } == [
        0x15780b2e0c2ec716,
        0x6104d9866d113a7e,
        0xae17533239e499a1,
        0xecb8ad4703b360a1,
      ])
  }

  @Test func `numbers that tell uses apart do`() {
    var seen = Set<UInt64>()
    for epoch in 0..<50 {
      for index in -10..<50 {
        var random = KeyedRandom(seed: 7, epoch, index)
        seen.insert(random.next())
      }
    }
    #expect(seen.count == 50 * 60)
  }

  @Test func `all integers below a bound come about as often`() {
    var random = KeyedRandom(seed: 1)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.below(7)] += 1 }
    // 10,000 each, deviation 93.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 450 }, "\(counts)")
  }

  @Test func `every order of three comes about as often`() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 {
      var random = KeyedRandom(seed: UInt64(seed))
      counts[random.permutation(3), default: 0] += 1
    }
    // 1,000 each, deviation 29.
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 }, "\(counts)")
  }

  @Test func `a bell has mean 0 and deviation 1`() {
    var random = KeyedRandom(seed: 3)
    let numbers = (0..<100_000).map { _ in Double(random.bell()) }
    let mean = numbers.reduce(0, +) / 100_000
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    #expect(abs(mean) < 0.015)
    #expect(abs(variance - 1) < 0.02)
  }
}
