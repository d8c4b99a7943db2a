/// A prefix code as it is written: a word of bits for each symbol.
///
/// - Source: RFC 1951, section 3.2.2.
struct PrefixCode {
  /// The bits of each symbol's word; 0 where a symbol does not occur.
  let lengths: [UInt8]
  /// Each symbol's word, its first bit lowest, as the stream sends it.
  let words: [UInt16]

  /// The code that these lengths define.
  init(lengths: [UInt8]) {
    self.lengths = lengths
    var counts = [Int](repeating: 0, count: 17)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var next = [Int](repeating: 0, count: 17)
    for length in 1...16 { next[length] = (next[length - 1] + counts[length - 1]) << 1 }
    words = lengths.map { length in
      guard length > 0 else { return 0 }
      defer { next[Int(length)] += 1 }
      var word: UInt16 = 0
      for bit in 0..<Int(length) where next[Int(length)] >> bit & 1 != 0 {
        word |= 1 << UInt16(Int(length) - 1 - bit)
      }
      return word
    }
  }

  /// The code with the fewest bits for symbols that occur so often, none of its words longer than
  /// `longest`.
  ///
  /// - Source: "A fast algorithm for optimal length-limited Huffman codes", Larmore and Hirschberg,
  ///   Journal of the ACM 37, 1990 (package-merge).
  init(frequencies: [Int], longest: Int) {
    let used = frequencies.indices.filter { frequencies[$0] > 0 }
      .sorted { frequencies[$0] < frequencies[$1] }
    var lengths = [UInt8](repeating: 0, count: frequencies.count)
    guard used.count > 1 else {
      for symbol in used { lengths[symbol] = 1 }
      self.init(lengths: lengths)
      return
    }
    // Each level holds the symbols and the pairs of the level before, lightest first.
    var isSymbol: [[Bool]] = []
    var weights: [Int] = []
    for _ in 0..<longest {
      var merged: [Int] = []
      var flags: [Bool] = []
      var (symbol, pair) = (0, 0)
      while symbol < used.count || pair + 1 < weights.count {
        let package = pair + 1 < weights.count ? weights[pair] + weights[pair + 1] : Int.max
        if symbol < used.count, frequencies[used[symbol]] <= package {
          merged.append(frequencies[used[symbol]])
          flags.append(true)
          symbol += 1
        } else {
          merged.append(package)
          flags.append(false)
          pair += 2
        }
      }
      weights = merged
      isSymbol.append(flags)
    }
    var taken = 2 * used.count - 2
    for flags in isSymbol.reversed() {
      let symbols = flags[..<taken].count { $0 }
      for symbol in used[..<symbols] { lengths[symbol] += 1 }
      taken = 2 * (taken - symbols)
    }
    self.init(lengths: lengths)
  }

  /// The bits that symbols of these frequencies take, without their extra bits.
  func cost(of frequencies: [Int]) -> Int {
    zip(frequencies, lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
  }

  /// The code of literals and lengths that the format itself defines.
  static let fixedLiterals = PrefixCode(
    lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  /// The code of distances that the format itself defines.
  static let fixedDistances = PrefixCode(lengths: [UInt8](repeating: 5, count: 30))
}
