import Testing

@testable import MartletData

@Suite struct MersenneTwisterTests {
  @Test func `words are those of NumPy and of the C++ standard`() throws {
    var random = MersenneTwister(seed: 5489)
    let words = (0..<10_000).map { _ in random.word() }
    #expect(try Array(words[..<3]) == LoaderGoldens.read().words)
    // The 10,000th of std::mt19937, which the standard prints ([rand.predef]).
    #expect(words[9999] == 4_123_659_995)
  }

  @Test func `orders are those of NumPy's shuffle`() throws {
    for golden in try LoaderGoldens.read().shuffles {
      var random = MersenneTwister(seed: golden.seed)
      #expect(random.permutation(golden.order.count) == golden.order)
    }
    var random = MersenneTwister(seed: 1)
    #expect(random.permutation(0).isEmpty)
  }
}
