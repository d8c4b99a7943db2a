/// The plain twin of the fast inflater: DEFLATE bit by bit, as RFC 1951 tells it.
///
/// It has no table and no margin, and shares no code with the library. What it decodes, the
/// library must decode to the same bytes; what it refuses, the library must refuse.
struct PlainInflate {
  private let input: [UInt8]
  private var bit = 0
  private var output: [UInt8] = []

  private struct Refused: Error {}

  /// The decoded bytes and how many bytes of the input they took, or nil for a stream that is
  /// not valid or that has more than `most` bytes.
  static func decode(_ bytes: [UInt8], most: Int) -> (output: [UInt8], used: Int)? {
    var decoder = PlainInflate(input: bytes)
    do {
      var isLast = false
      repeat {
        isLast = try decoder.bits(1) == 1
        try decoder.block(type: decoder.bits(2), most: most)
      } while !isLast
    } catch { return nil }
    return (decoder.output, (decoder.bit + 7) / 8)
  }

  private init(input: [UInt8]) { self.input = input }

  private mutating func bits(_ count: Int) throws -> Int {
    var value = 0
    for place in 0..<count {
      guard bit < input.count * 8 else { throw Refused() }
      value |= Int(input[bit / 8] >> UInt8(bit % 8) & 1) << place
      bit += 1
    }
    return value
  }

  private mutating func block(type: Int, most: Int) throws {
    switch type {
    case 0:
      bit = (bit + 7) / 8 * 8
      let length = try bits(16)
      guard try bits(16) == length ^ 0xffff else { throw Refused() }
      for _ in 0..<length { try output.append(UInt8(bits(8))) }
      guard output.count <= most else { throw Refused() }
    case 1:
      let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
      try codes(lengths, [Int](repeating: 5, count: 32), most: most)
    case 2:
      let literals = try bits(5) + 257
      let distances = try bits(5) + 1
      let count = try bits(4) + 4
      guard literals <= 286, distances <= 30 else { throw Refused() }
      var own = [Int](repeating: 0, count: 19)
      for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15][..<count] {
        own[symbol] = try bits(3)
      }
      guard Self.kraftSum(own) == 1 << 15 else { throw Refused() }
      let code = Self.byLength(own)
      var lengths: [Int] = []
      while lengths.count < literals + distances {
        switch try symbol(of: code) {
        case 16:
          guard let last = lengths.last else { throw Refused() }
          lengths += try [Int](repeating: last, count: 3 + bits(2))
        case 17: lengths += try [Int](repeating: 0, count: 3 + bits(3))
        case 18: lengths += try [Int](repeating: 0, count: 11 + bits(7))
        case let length: lengths.append(length)
        }
      }
      guard lengths.count == literals + distances, lengths[256] > 0 else { throw Refused() }
      let (first, second) = (Array(lengths[..<literals]), Array(lengths[literals...]))
      for code in [first, second] {
        let sum = Self.kraftSum(code)
        guard sum == 1 << 15 || sum < 1 << 15 && code.allSatisfy({ $0 < 2 }) else {
          throw Refused()
        }
      }
      try codes(first, second, most: most)
    default: throw Refused()
    }
  }

  /// `2¹⁵ · Σ 2^-length`.
  private static func kraftSum(_ lengths: [Int]) -> Int {
    lengths.reduce(0) { $0 + ($1 > 0 ? 1 << (15 - $1) : 0) }
  }

  /// Reads one symbol, walking through the lengths in order, one more bit at a time.
  private mutating func symbol(of code: [[Int]]) throws -> Int {
    var word = 0
    var first = 0
    for symbols in code {
      word = word << 1 | (try bits(1))
      first <<= 1
      if word - first < symbols.count { return symbols[word - first] }
      first += symbols.count
    }
    throw Refused()
  }

  /// The symbols of each length from 1 to 15.
  private static func byLength(_ lengths: [Int]) -> [[Int]] {
    (1...15).map { length in lengths.indices.filter { lengths[$0] == length } }
  }

  private mutating func codes(_ literals: [Int], _ distances: [Int], most: Int) throws {
    let (literals, distances) = (Self.byLength(literals), Self.byLength(distances))
    while true {
      let symbol = try symbol(of: literals)
      if symbol == 256 { return }
      if symbol < 256 {
        output.append(UInt8(symbol))
      } else {
        guard symbol < 286 else { throw Refused() }
        let lengths =
          [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59]
          + [67, 83, 99, 115, 131, 163, 195, 227, 258]
        let extra = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4
        let length = lengths[symbol - 257] + (try bits(extra))
        let code = try self.symbol(of: distances)
        guard code < 30 else { throw Refused() }
        let more = max(0, code / 2 - 1)
        let base = code < 4 ? code + 1 : (2 + code % 2) << more + 1
        let distance = base + (try bits(more))
        guard distance <= output.count else { throw Refused() }
        for _ in 0..<length { output.append(output[output.count - distance]) }
      }
      guard output.count <= most else { throw Refused() }
    }
  }
}
