/// A prefix code as a table: the next bits of the stream are the index, the entry says what the
/// code word means and how many bits it and its extra bits take.
///
/// Code words longer than `bits` lead through an entry that points to a table of second level.
/// - Source: RFC 1951, section 3.2.
struct HuffmanTable {
  /// One entry, laid out so that a single shift removes a symbol from the bit buffer.
  ///
  ///     bits 0…5    how many bits to remove: the code word and its extra bits
  ///     bits 8…11   how many of them are the code word; in a pointer, the second level's bits
  ///     bit 13      a pointer to the second level, which starts at `base`
  ///     bit 14      the end of the block
  ///     bit 15      no code word
  ///     bits 16…30  base: a literal byte, a length, a distance, a symbol, or a start
  ///     bit 31      a literal
  typealias Entry = UInt32

  static let pointer: Entry = 1 << 13
  static let endOfBlock: Entry = 1 << 14
  static let noCodeWord: Entry = 1 << 15
  static let exceptional: Entry = pointer | endOfBlock | noCodeWord
  static let literal: Entry = 1 << 31

  /// The longest code word of the format.
  static let longestCodeWord = 15

  /// What went wrong with a list of code lengths.
  enum Mistake {
    case oversubscribed, incomplete
  }

  /// Owned by the ``Inflater``.
  let entries: UnsafeMutablePointer<Entry>
  /// The most bits of the first level.
  let mostBits: Int
  /// The bits of the first level, as the code now in the table has them.
  private(set) var bits = 0

  /// Makes room for any code of `symbols` symbols.
  ///
  /// Every table of second level serves at least two symbols, since incomplete codes are refused,
  /// and has at most `2^(15 − mostBits)` entries.
  init(mostBits: Int, symbols: Int) {
    self.mostBits = mostBits
    let secondLevel = (symbols / 2) << max(0, Self.longestCodeWord - mostBits)
    let count = 1 << mostBits + secondLevel
    entries = .allocate(capacity: count)
    entries.initialize(repeating: Self.noCodeWord, count: count)
  }

  func deallocate() { entries.deallocate() }

  /// Fills the table with the code whose word for symbol `i` has `lengths[i]` bits.
  ///
  /// As zlib does, an incomplete code is accepted only where it has one word of one bit, or none.
  ///
  /// - Parameter meanings: the entry of each symbol, with its extra bits, without its code word.
  /// - Parameter mayBeIncomplete: false for the code of the code lengths.
  mutating func fill(
    lengths: UnsafeBufferPointer<UInt8>, meanings: [Entry], mayBeIncomplete: Bool
  ) -> Mistake? {
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: lengths.count + 32) { scratch in
      scratch.initialize(repeating: 0)
      let counts = UnsafeMutableBufferPointer(rebasing: scratch[..<16])
      let starts = UnsafeMutableBufferPointer(rebasing: scratch[16..<32])
      let sorted = UnsafeMutableBufferPointer(rebasing: scratch[32...])
      for length in lengths { counts[Int(length)] += 1 }
      counts[0] = 0
      var longest = 0
      var free = 1
      var start: UInt16 = 0
      for length in 1...Self.longestCodeWord {
        starts[length] = start
        start += counts[length]
        free = free << 1 - Int(counts[length])
        if free < 0 { return .oversubscribed }
        if counts[length] > 0 { longest = length }
      }
      if free > 0, !mayBeIncomplete || longest > 1 { return .incomplete }
      for (symbol, length) in lengths.enumerated() where length > 0 {
        sorted[Int(starts[Int(length)])] = UInt16(symbol)
        starts[Int(length)] += 1
      }
      bits = max(1, min(mostBits, longest))
      if free > 0 { entries.update(repeating: Self.noCodeWord, count: 1 << bits) }

      // Code words in increasing order, bit-reversed: the stream sends their first bit lowest.
      var word = 0
      var next = 0
      var prefix = -1
      var second = 0
      var unused = 1 << bits
      for length in 1...Self.longestCodeWord {
        for _ in 0..<counts[length] {
          let meaning = meanings[Int(sorted[next])]
          next += 1
          if length <= bits {
            let entry = meaning + Entry(length) * 0x101
            for index in stride(from: word, to: 1 << bits, by: 1 << length) {
              entries[index] = entry
            }
          } else {
            let secondBits = longest - bits
            if word & (1 << bits - 1) != prefix {
              prefix = word & (1 << bits - 1)
              second = unused
              unused += 1 << secondBits
              entries[prefix] =
                Self.pointer | Entry(second) << 16 | Entry(secondBits) << 8 | Entry(bits)
            }
            let entry = meaning + Entry(length - bits) * 0x101
            for index in stride(from: word >> bits, to: 1 << secondBits, by: 1 << (length - bits)) {
              entries[second + index] = entry
            }
          }
          var carry = 1 << (length - 1)
          while word & carry != 0 {
            word ^= carry
            carry >>= 1
          }
          word |= carry
        }
      }
      return nil
    }
  }
}

extension HuffmanTable {
  /// Literals 0…255, the end of the block, lengths 3…258 with 0…5 extra bits; 286 and 287 mean
  /// nothing.
  static let literalMeanings: [Entry] = {
    var meanings = (0..<256).map { literal | Entry($0) << 16 }
    meanings.append(endOfBlock)
    var length: Entry = 3
    for extra: Entry in [0, 0, 1, 2, 3, 4, 5] {
      for _ in 0..<4 {
        meanings.append(length << 16 | extra)
        length += 1 << extra
      }
    }
    meanings.append(258 << 16)
    return meanings + [noCodeWord, noCodeWord]
  }()

  /// Distances 1…24,577 with 0…13 extra bits; 30 and 31 mean nothing.
  static let distanceMeanings: [Entry] = {
    var meanings: [Entry] = []
    var distance: Entry = 1
    for extra: Entry in [0, 0] + Array(1...13) {
      for _ in 0..<2 {
        meanings.append(distance << 16 | extra)
        distance += 1 << extra
      }
    }
    return meanings + [noCodeWord, noCodeWord]
  }()

  /// Symbols 0…18 of the code in which the code lengths are written.
  static let codeLengthMeanings: [Entry] = (0..<19).map { Entry($0) << 16 }
}
