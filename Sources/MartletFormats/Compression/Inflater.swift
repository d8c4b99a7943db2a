/// Decodes one DEFLATE stream from bytes in memory into bytes that grow as they are decoded.
///
/// A run may stop where the output is full and go on later; the position after the stream's last
/// byte is ``position``. The buffer is read only inside its bounds: eight bytes at a time where
/// that many are left, else byte by byte.
/// - Source: RFC 1951.
struct Inflater: ~Copyable {
  let input: UnsafeRawBufferPointer
  let origin: Origin
  /// The first byte that is not in the bit buffer yet.
  var position: Int
  /// The next bits of the stream, lowest first.
  var bitBuffer: UInt64 = 0
  /// How many of them there are.
  var bitCount = 0
  /// Where this stream's output starts: no distance reaches past it.
  var outputStart = 0

  var literals = HuffmanTable(mostBits: 11, symbols: 288)
  var distances = HuffmanTable(mostBits: 8, symbols: 32)

  private var fixedLiterals = HuffmanTable(mostBits: 9, symbols: 0)
  private var fixedDistances = HuffmanTable(mostBits: 5, symbols: 0)
  private var codeLengths = HuffmanTable(mostBits: 7, symbols: 0)
  private var fixedIsFilled = false

  private enum Stage {
    case blockHeader
    case stored(left: Int)
    case fixedCodes, dynamicCodes
    case ended
  }
  private var stage = Stage.blockHeader
  private var isLastBlock = false

  init(_ input: UnsafeRawBufferPointer, startingAt position: Int, origin: Origin) {
    self.input = input
    self.position = position
    self.origin = origin
  }

  deinit {
    literals.deallocate()
    distances.deallocate()
    fixedLiterals.deallocate()
    fixedDistances.deallocate()
    codeLengths.deallocate()
  }

  /// Starts anew with another stream of the same bytes.
  mutating func restart(at position: Int, outputStart: Int) {
    self.position = position
    self.outputStart = outputStart
    (bitBuffer, bitCount) = (0, 0)
    (stage, isLastBlock) = (.blockHeader, false)
  }

  /// Decodes until the stream ends, or until the output is at its limit and more is to come.
  ///
  /// - Returns: whether the stream ended.
  mutating func run(into output: inout GrowingBytes) throws(FormatError) -> Bool {
    while true {
      switch stage {
      case .ended:
        return true

      case .blockHeader:
        if isLastBlock {
          returnUnreadBytes()
          stage = .ended
        } else {
          try readBlockHeader()
        }

      case .stored(let left):
        if left == 0 {
          stage = .blockHeader
        } else if output.room == 0 {
          guard output.grow() else { return false }
        } else {
          let count = min(left, output.room)
          output.append(UnsafeRawBufferPointer(rebasing: input[position..<(position + count)]))
          position += count
          stage = .stored(left: left - count)
        }

      case .fixedCodes, .dynamicCodes:
        let isFixed = if case .fixedCodes = stage { true } else { false }
        let outcome = decodeSymbols(
          isFixed ? fixedLiterals : literals, isFixed ? fixedDistances : distances, into: &output)
        switch outcome {
        case .endOfBlock: stage = .blockHeader
        case .outputIsFull: guard output.grow() else { return false }
        case .truncated: throw truncated("compressed data")
        case .noCodeWord:
          throw invalid(
            "the bits are no word of the block's code", field: "compressed data",
            expected: "a code word of a literal, a length or a distance", got: "unused bits")
        case .tooFar(let distance):
          throw invalid(
            "a match starts before the first byte of the output", field: "distance",
            expected: "at most \(output.count - outputStart), the bytes decoded so far",
            got: "\(distance)")
        }
      }
    }
  }

  // MARK: - Block headers

  private mutating func readBlockHeader() throws(FormatError) {
    isLastBlock = try bits(1, field: "BFINAL") == 1
    switch try bits(2, field: "BTYPE") {
    case 0:
      _ = try bits(bitCount & 7, field: "padding")
      let length = try bits(16, field: "LEN")
      let complement = try bits(16, field: "NLEN")
      guard length ^ complement == 0xffff else {
        throw invalid(
          "a stored block's length and its complement disagree", field: "NLEN",
          expected: "\(length ^ 0xffff)", got: "\(complement)")
      }
      returnUnreadBytes()
      guard length <= input.count - position else { throw truncated("stored block") }
      stage = .stored(left: length)
    case 1:
      fillFixedCodes()
      stage = .fixedCodes
    case 2:
      try readDynamicCodes()
      stage = .dynamicCodes
    default:
      throw invalid(
        "the block is of no known type", field: "BTYPE", expected: "0, 1 or 2", got: "3")
    }
  }

  private mutating func fillFixedCodes() {
    if fixedIsFilled { return }
    fixedIsFilled = true
    var lengths = [UInt8](repeating: 8, count: 288)
    for symbol in 144..<256 { lengths[symbol] = 9 }
    for symbol in 256..<280 { lengths[symbol] = 7 }
    _ = lengths.withUnsafeBufferPointer {
      fixedLiterals.fill(
        lengths: $0, meanings: HuffmanTable.literalMeanings, mayBeIncomplete: false)
    }
    _ = [UInt8](repeating: 5, count: 32).withUnsafeBufferPointer {
      fixedDistances.fill(
        lengths: $0, meanings: HuffmanTable.distanceMeanings, mayBeIncomplete: false)
    }
  }

  /// The order in which the lengths of the code lengths' own code are written.
  private static let codeLengthOrder: [UInt8] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private mutating func readDynamicCodes() throws(FormatError) {
    let literalCount = try bits(5, field: "HLIT") + 257
    let distanceCount = try bits(5, field: "HDIST") + 1
    let codeLengthCount = try bits(4, field: "HCLEN") + 4
    guard literalCount <= 286, distanceCount <= 30 else {
      throw invalid(
        "a block declares more symbols than there are", field: "HLIT, HDIST",
        expected: "at most 286 and 30", got: "\(literalCount) and \(distanceCount)")
    }
    var lengths = [UInt8](repeating: 0, count: 286 + 30)
    for index in 0..<codeLengthCount {
      lengths[Int(Self.codeLengthOrder[index])] = UInt8(try bits(3, field: "HCLEN lengths"))
    }
    try check(
      lengths.withUnsafeBufferPointer {
        codeLengths.fill(
          lengths: UnsafeBufferPointer(rebasing: $0[..<19]),
          meanings: HuffmanTable.codeLengthMeanings, mayBeIncomplete: false)
      }, of: "code lengths")
    try readCodeLengths(literalCount + distanceCount, into: &lengths)
    guard lengths[256] > 0 else {
      throw invalid(
        "a block's code has no word for the end of the block", field: "code lengths",
        expected: "a length above 0 for symbol 256", got: "0")
    }
    try check(
      lengths.withUnsafeBufferPointer {
        literals.fill(
          lengths: UnsafeBufferPointer(rebasing: $0[..<literalCount]),
          meanings: HuffmanTable.literalMeanings, mayBeIncomplete: true)
      }, of: "literals and lengths")
    try check(
      lengths.withUnsafeBufferPointer {
        distances.fill(
          lengths: UnsafeBufferPointer(
            rebasing: $0[literalCount..<(literalCount + distanceCount)]),
          meanings: HuffmanTable.distanceMeanings, mayBeIncomplete: true)
      }, of: "distances")
  }

  private mutating func readCodeLengths(
    _ count: Int, into lengths: inout [UInt8]
  ) throws(FormatError) {
    var index = 0
    while index < count {
      refillByByte()
      let entry = codeLengths.entries[Int(bitBuffer & (1 << UInt64(codeLengths.bits) - 1))]
      guard Int(entry & 63) <= bitCount else { throw truncated("code lengths") }
      drop(Int(entry & 63))
      let symbol = UInt8(entry >> 16)
      let (value, times): (UInt8, Int)
      switch symbol {
      case 16:
        guard index > 0 else {
          throw invalid(
            "the first code length repeats one before it", field: "code lengths",
            expected: "a length, or a run of zeros", got: "symbol 16")
        }
        (value, times) = (lengths[index - 1], 3 + (try bits(2, field: "code lengths")))
      case 17: (value, times) = (0, 3 + (try bits(3, field: "code lengths")))
      case 18: (value, times) = (0, 11 + (try bits(7, field: "code lengths")))
      default: (value, times) = (symbol, 1)
      }
      guard times <= count - index else {
        throw invalid(
          "a run of code lengths is too long", field: "code lengths",
          expected: "at most \(count - index) more lengths", got: "\(times)")
      }
      for _ in 0..<times {
        lengths[index] = value
        index += 1
      }
    }
  }

  private func check(_ mistake: HuffmanTable.Mistake?, of code: String) throws(FormatError) {
    guard let mistake else { return }
    throw invalid(
      "the lengths do not make a prefix code", field: "code of the \(code)",
      expected: "lengths whose sum of 2^-length is 1",
      got: mistake == .incomplete ? "a smaller sum" : "a larger sum")
  }

  // MARK: - Bits

  /// Takes the next `count` bits, at most 16.
  private mutating func bits(_ count: Int, field: String) throws(FormatError) -> Int {
    refillByByte()
    guard count <= bitCount else { throw truncated(field) }
    let value = Int(bitBuffer & (1 << UInt64(count) - 1))
    drop(count)
    return value
  }

  private mutating func drop(_ count: Int) {
    bitBuffer >>= UInt64(count)
    bitCount -= count
  }

  /// Fills the bit buffer to 56 bits or more (63 at most), as far as the input reaches.
  mutating func refillByByte() {
    while bitCount < 56, position < input.count {
      bitBuffer |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  /// Drops the rest of the current byte and gives whole bytes of the bit buffer back.
  private mutating func returnUnreadBytes() {
    position -= bitCount / 8
    (bitBuffer, bitCount) = (0, 0)
  }

  // MARK: - Errors

  private var place: FormatError.Place { .byte(position - bitCount / 8) }

  private func truncated(_ field: String) -> FormatError {
    origin.error(
      .truncated, "the compressed data ends too early", at: .byte(input.count), field: field,
      expected: "a last block that ends", got: "the end after \(input.count) bytes")
  }

  private func invalid(
    _ what: String, field: String, expected: String, got: String
  ) -> FormatError {
    origin.error(.invalid, what, at: place, field: field, expected: expected, got: got)
  }
}
