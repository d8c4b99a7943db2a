/// Writes one DEFLATE stream: matches found through chains of equal hashes, blocks in whichever of
/// the three forms is shortest.
///
/// - Source: RFC 1951.
struct Deflater: ~Copyable {
  private let input: UnsafeRawBufferPointer
  private var output: BitSink
  /// The literals and matches of the block in the making.
  private var tokens: [Token] = []
  private var literalCounts = [Int](repeating: 0, count: 286)
  private var distanceCounts = [Int](repeating: 0, count: 30)
  private var extraBits = 0

  /// A literal byte, or a match: its length above, its distance below.
  private typealias Token = UInt32

  private static let window = 32768
  private static let mostTokens = 1 << 15
  /// How many earlier places are looked at for each match, and what is long enough to stop at.
  private static let mostTries = 48
  private static let goodLength = 130

  /// Appends the stream of some bytes.
  static func compress(_ input: UnsafeRawBufferPointer, into bytes: consuming [UInt8]) -> [UInt8] {
    var deflater = Deflater(input, bytes)
    deflater.run()
    return deflater.output.finished()
  }

  private init(_ input: UnsafeRawBufferPointer, _ bytes: consuming [UInt8]) {
    self.input = input
    output = BitSink(bytes: bytes)
  }

  private mutating func run() {
    // The last place with each hash, and for each place of the window the one before it, plus 1.
    var heads = [Int](repeating: 0, count: 1 << 15)
    var chain = [Int](repeating: 0, count: Self.window)
    var position = 0
    var blockStart = 0

    func hash(at place: Int) -> Int {
      let bytes =
        UInt32(input[place]) | UInt32(input[place + 1]) << 8 | UInt32(input[place + 2]) << 16
      return Int((bytes &* 0x9E37_79B1) >> 17)
    }
    func enter(_ place: Int) {
      guard place + 3 <= input.count else { return }
      let slot = hash(at: place)
      chain[place & (Self.window - 1)] = heads[slot]
      heads[slot] = place + 1
    }
    func longestMatch(at place: Int) -> (length: Int, distance: Int) {
      let most = min(258, input.count - place)
      var best = (length: 0, distance: 0)
      guard most >= 3 else { return best }
      var candidate = heads[hash(at: place)] - 1
      var tries = Self.mostTries
      while candidate >= 0, place - candidate <= Self.window, tries > 0 {
        if best.length == 0 || input[candidate + best.length] == input[place + best.length] {
          var length = 0
          while length < most, input[candidate + length] == input[place + length] { length += 1 }
          if length > best.length { best = (length, place - candidate) }
          if length >= min(most, Self.goodLength) { break }
        }
        let earlier = chain[candidate & (Self.window - 1)] - 1
        guard earlier < candidate else { break }
        candidate = earlier
        tries -= 1
      }
      return best.length >= 3 ? best : (0, 0)
    }

    while position < input.count {
      let match = longestMatch(at: position)
      enter(position)
      if match.length == 0 {
        add(literal: input[position])
        position += 1
      } else {
        add(length: match.length, distance: match.distance)
        for place in (position + 1)..<(position + match.length) { enter(place) }
        position += match.length
      }
      if tokens.count == Self.mostTokens {
        endBlock(blockStart..<position, isLast: position == input.count)
        blockStart = position
      }
    }
    if blockStart < position || position == 0 { endBlock(blockStart..<position, isLast: true) }
  }

  private mutating func add(literal: UInt8) {
    tokens.append(Token(literal))
    literalCounts[Int(literal)] += 1
  }

  private mutating func add(length: Int, distance: Int) {
    tokens.append(Token(length << 16 | distance))
    let (symbol, extra) = Self.lengths[length]
    let place = Self.place(of: distance)
    literalCounts[symbol] += 1
    distanceCounts[place.symbol] += 1
    extraBits += extra + place.extra
  }

  /// Writes the tokens so far, which are those of a range of the input.
  private mutating func endBlock(_ range: Range<Int>, isLast: Bool) {
    literalCounts[256] = 1
    let literals = PrefixCode(frequencies: literalCounts, longest: 15)
    let distances = PrefixCode(frequencies: distanceCounts, longest: 15)
    let header = CodeHeader(literals, distances)
    let dynamic =
      header.cost + literals.cost(of: literalCounts) + distances.cost(of: distanceCounts)
    let fixed =
      PrefixCode.fixedLiterals.cost(of: literalCounts)
      + PrefixCode.fixedDistances.cost(of: distanceCounts)
    let stored = (range.count + 5 * (range.count / 65535 + 1)) * 8
    if stored <= min(dynamic, fixed) + extraBits {
      writeStored(range, isLast: isLast)
    } else {
      output.put(isLast ? 1 : 0, 1)
      if fixed <= dynamic {
        output.put(1, 2)
        writeTokens(PrefixCode.fixedLiterals, PrefixCode.fixedDistances)
      } else {
        output.put(2, 2)
        header.write(to: &output)
        writeTokens(literals, distances)
      }
    }
    tokens.removeAll(keepingCapacity: true)
    for symbol in literalCounts.indices { literalCounts[symbol] = 0 }
    for symbol in distanceCounts.indices { distanceCounts[symbol] = 0 }
    extraBits = 0
  }

  private mutating func writeStored(_ range: Range<Int>, isLast: Bool) {
    var start = range.lowerBound
    repeat {
      let end = min(start + 65535, range.upperBound)
      output.put(isLast && end == range.upperBound ? 1 : 0, 3)
      output.alignToByte()
      output.put(end - start, 16)
      output.put(~(end - start) & 0xffff, 16)
      output.append(UnsafeRawBufferPointer(rebasing: input[start..<end]))
      start = end
    } while start < range.upperBound
  }

  private mutating func writeTokens(_ literals: PrefixCode, _ distances: PrefixCode) {
    for token in tokens {
      let length = Int(token >> 16)
      if length == 0 {
        output.put(literals, Int(token))
        continue
      }
      let (symbol, extra) = Self.lengths[length]
      output.put(literals, symbol)
      output.put((length - 3) & (1 << extra - 1), extra)
      let distance = Int(token & 0xffff)
      let place = Self.place(of: distance)
      output.put(distances, place.symbol)
      output.put((distance - 1) & (1 << place.extra - 1), place.extra)
    }
    output.put(literals, 256)
  }

  /// The symbol and the number of extra bits of each length up to 258.
  private static let lengths: [(symbol: Int, extra: Int)] = {
    var table = [(symbol: Int, extra: Int)](repeating: (0, 0), count: 259)
    for symbol in 257...285 {
      let meaning = HuffmanTable.literalMeanings[symbol]
      let (base, extra) = (Int(meaning >> 16), Int(meaning & 15))
      for length in base..<min(259, base + 1 << extra) { table[length] = (symbol, extra) }
    }
    return table
  }()

  /// The symbol of a distance and the number of its extra bits.
  private static func place(of distance: Int) -> (symbol: Int, extra: Int) {
    let above = distance - 1
    guard above >= 4 else { return (above, 0) }
    let extra = above.bitWidth - above.leadingZeroBitCount - 2
    return (2 * extra + 2 + (above >> extra & 1), extra)
  }
}

/// The two codes of a block as its header writes them: lengths in runs, in a code of their own.
///
/// - Source: RFC 1951, section 3.2.7.
private struct CodeHeader {
  private static let order = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]
  /// Symbols of the code of lengths, with the bits that follow them.
  private var runs: [(symbol: Int, extra: Int, bits: Int)] = []
  private let code: PrefixCode
  private let literalCount: Int
  private let distanceCount: Int
  private let lengthCount: Int

  init(_ literals: PrefixCode, _ distances: PrefixCode) {
    func used(_ lengths: [UInt8], least: Int) -> ArraySlice<UInt8> {
      lengths[..<max(least, (lengths.lastIndex { $0 > 0 } ?? 0) + 1)]
    }
    let first = used(literals.lengths, least: 257)
    let second = used(distances.lengths, least: 1)
    (literalCount, distanceCount) = (first.count, second.count)
    let lengths = first + second
    var start = lengths.startIndex
    while start < lengths.endIndex {
      let length = lengths[start]
      let run = lengths[start...].prefix { $0 == length }.count
      var left = run
      if length > 0 {
        runs.append((Int(length), 0, 0))
        left -= 1
      }
      while left >= 3 {
        if length > 0 {
          let part = min(left, 6)
          runs.append((16, part - 3, 2))
          left -= part
        } else if left <= 10 {
          runs.append((17, left - 3, 3))
          left = 0
        } else {
          let part = min(left, 138)
          runs.append((18, part - 11, 7))
          left -= part
        }
      }
      for _ in 0..<left { runs.append((Int(length), 0, 0)) }
      start += run
    }
    var counts = [Int](repeating: 0, count: 19)
    for run in runs { counts[run.symbol] += 1 }
    // A code of one word is refused here by readers: a second word makes it complete.
    if counts.count(where: { $0 > 0 }) == 1 { counts[counts[0] > 0 ? 1 : 0] = 1 }
    let code = PrefixCode(frequencies: counts, longest: 7)
    self.code = code
    lengthCount = max(4, (Self.order.lastIndex { code.lengths[$0] > 0 } ?? 0) + 1)
  }

  /// The bits it takes.
  var cost: Int {
    runs.reduce(14 + 3 * lengthCount) { $0 + Int(code.lengths[$1.symbol]) + $1.bits }
  }

  func write(to output: inout BitSink) {
    output.put(literalCount - 257, 5)
    output.put(distanceCount - 1, 5)
    output.put(lengthCount - 4, 4)
    for symbol in Self.order[..<lengthCount] { output.put(Int(code.lengths[symbol]), 3) }
    for run in runs {
      output.put(code, run.symbol)
      output.put(run.extra, run.bits)
    }
  }
}

/// Bytes that bits are appended to, the lowest bit of a byte first.
private struct BitSink {
  private var bytes: [UInt8]
  private var buffer: UInt64 = 0
  private var count = 0

  init(bytes: consuming [UInt8]) { self.bytes = bytes }

  /// Appends a number of at most 32 bits, its lowest bit first.
  mutating func put(_ value: Int, _ bits: Int) {
    buffer |= UInt64(value) << UInt64(count)
    count += bits
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: buffer))
      buffer >>= 8
      count -= 8
    }
  }

  mutating func put(_ code: PrefixCode, _ symbol: Int) {
    put(Int(code.words[symbol]), Int(code.lengths[symbol]))
  }

  mutating func alignToByte() { if count > 0 { put(0, 8 - count) } }

  /// Appends whole bytes, where none is half written.
  mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  consuming func finished() -> [UInt8] {
    alignToByte()
    return bytes
  }
}
