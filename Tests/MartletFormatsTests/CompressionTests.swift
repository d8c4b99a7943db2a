import Testing

@testable import MartletFormats

@Suite struct ChecksumTests {
  @Test func `the check values of the literature`() {
    // RFC 3720 appendix and the catalogue of parametrised CRC algorithms: "123456789".
    #expect(CRC32.checksum(of: "123456789".utf8) == 0xcbf4_3926)
    #expect(Adler32.checksum(of: "123456789".utf8) == 0x091e_01de)
    // RFC 1950's example, as Wikipedia's article on Adler-32 computes it.
    #expect(Adler32.checksum(of: "Wikipedia".utf8) == 0x11e6_0398)
  }

  @Test func `no bytes`() {
    #expect(CRC32.checksum(of: []) == 0)
    #expect(Adler32.checksum(of: []) == 1)
  }

  @Test(arguments: 0..<70)
  func `the tables agree with the definition at every length and offset`(count: Int) {
    let bytes = Contents.noise(count + 3, seed: 5)
    for start in 0..<3 {
      let slice = bytes[start..<(start + count)]
      var crc: UInt32 = 0xffff_ffff
      var (low, high): (UInt32, UInt32) = (1, 0)
      for byte in slice {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xedb8_8320 }
        low = (low + UInt32(byte)) % 65521
        high = (high + low) % 65521
      }
      #expect(CRC32.checksum(of: slice) == ~crc)
      #expect(Adler32.checksum(of: slice) == high << 16 | low)
    }
  }

  @Test func `the sums of Adler do not overflow`() {
    // Python 3.11: zlib.adler32(b"\xff" * 1_000_000), zlib.crc32 of the same.
    let bytes = [UInt8](repeating: 255, count: 1_000_000)
    #expect(Adler32.checksum(of: bytes) == 0x3843_e1be)
    #expect(CRC32.checksum(of: bytes) == 0x13fb_da0d)
  }

  @Test func `bytes that do not lie side by side`() throws {
    let bytes = Contents.noise(300, seed: 6)
    let scattered = bytes.reversed().reversed().lazy.map { $0 ^ 0 }
    #expect(CRC32.checksum(of: scattered) == CRC32.checksum(of: bytes))
    #expect(Adler32.checksum(of: scattered) == Adler32.checksum(of: bytes))
    let stored = try Files.golden("periods-9-default.gz").lazy.map { $0 ^ 0 }
    #expect(try Gzip.decompress(stored) == Contents.periods)
  }

  @Test(arguments: [0, 1, 7, 16, 100])
  func `two parts give the checksum of the whole`(split: Int) {
    let bytes = Contents.noise(300, seed: 6)
    var crc = CRC32()
    var adler = Adler32()
    for part in [bytes[..<split], bytes[split...]] {
      crc.update(with: part)
      adler.update(with: part)
    }
    #expect(crc.value == CRC32.checksum(of: bytes))
    #expect(adler.value == Adler32.checksum(of: bytes))
  }
}

@Suite struct InflateTests {
  @Test func `the goldens are there`() {
    #expect(Files.goldens(endingIn: ".deflate").count >= 20)
    #expect(Files.goldens(endingIn: ".zlib").count >= 10)
    #expect(Files.goldens(endingIn: ".gz").count >= 10)
  }

  @Test(arguments: Files.goldens(endingIn: ".deflate"))
  func `raw streams of zlib's compressor decode exactly`(file: String) throws {
    let stored = try Files.golden(file)
    let content = Contents.of(file)
    #expect(try Deflate.decompress(stored) == content)
    #expect(try Deflate.decompress(stored, byteCount: content.count) == content)
  }

  @Test(arguments: Files.goldens(endingIn: ".zlib"))
  func `zlib streams decode exactly`(file: String) throws {
    #expect(try Zlib.decompress(Files.golden(file)) == Contents.of(file))
  }

  @Test(arguments: Files.goldens(endingIn: "default.gz"))
  func `gzip files decode exactly`(file: String) throws {
    let stored = try Files.golden(file)
    #expect(try Gzip.decompress(stored) == Contents.of(file))
    #expect(try Gzip.decompress(stored[...]) == Contents.of(file))
    #expect(Gzip.isGzip(stored))
  }

  @Test(arguments: ["letters-all-fields.gz", "letters-two-members.gz"])
  func `every field of the header and several members`(file: String) throws {
    #expect(try Gzip.decompress(Files.golden(file)) == Array(Contents.letters[..<1000]))
  }

  @Test(arguments: Files.goldens(endingIn: "9-default.deflate"))
  func `the output may grow from nothing in any steps`(file: String) throws {
    let stored = try Files.golden(file)
    let content = Contents.of(file)
    let decoded = try withBytes(of: stored) { input throws(FormatError) in
      let origin = Origin(reader: "test", source: "bytes")
      var output = GrowingBytes(limit: content.count, hint: 0, compressed: input.count)
      var inflater = Inflater(input, startingAt: 0, origin: origin)
      let isComplete = try inflater.run(into: &output)
      #expect(isComplete && inflater.position == input.count)
      return output.finished()
    }
    #expect(decoded == content)
  }

  @Test(arguments: Files.goldens(endingIn: ".deflate"))
  func `the plain twin agrees, also on streams that were changed`(file: String) throws {
    let stored = try Files.golden(file)
    guard stored.count < 2500 else { return }
    let most = 120_000
    var random = Contents.noise(3 * 40, seed: UInt32(stored.count))[...]
    for turn in 0..<40 {
      var bytes = stored
      let change = random.popFirst().map(Int.init) ?? 0
      let place = (Int(random.popFirst() ?? 0) << 8 | Int(random.popFirst() ?? 0)) % bytes.count
      if turn > 0 { bytes[turn < 20 ? place : place % min(80, bytes.count)] ^= UInt8(change) }
      let plain = PlainInflate.decode(bytes, most: most).flatMap {
        $0.used == bytes.count ? $0.output : nil
      }
      let fast = try? Deflate.decompress(bytes, limits: .with { $0.dataBytes = most })
      #expect(fast == plain, "turn \(turn)")
    }
  }

  @Test func `a size that a gzip file lies about costs no memory`() {
    var stored = Contents.noise(30, seed: 1)
    stored.replaceSubrange(0..<10, with: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
    stored.replaceSubrange(26..<30, with: [255, 255, 255, 255])
    let output = GrowingBytes(limit: 4 << 30, hint: 0xffff_ffff, compressed: stored.count)
    #expect(output.room == 1 << 16)
    #expect(throws: FormatError.self) { try Gzip.decompress(stored) }
  }

  @Test func `a code of one distance, and one of none`() throws {
    // Literals a (1 bit), end and length 3 (2 bits each); as many distances as their codes say.
    func stream(distanceBits: Int, _ body: (inout BitWriter) -> Void) -> [UInt8] {
      BitWriter.bytes {
        $0.putDynamicHeader(
          literals: [97: 1, 256: 2, 257: 2], distances: distanceBits == 0 ? [:] : [0: distanceBits])
        body(&$0)
      }
    }
    let oneDistance = stream(distanceBits: 1) {
      $0.putWord(0, 1)
      $0.putWord(3, 2)
      $0.putWord(0, 1)
      $0.putWord(2, 2)
    }
    #expect(try Deflate.decompress(oneDistance) == Array("aaaa".utf8))
    let noDistance = stream(distanceBits: 0) {
      $0.putWord(0, 1)
      $0.putWord(2, 2)
    }
    #expect(try Deflate.decompress(noDistance) == Array("a".utf8))
  }

  @Test func `a bomb stops at the limit`() throws {
    let bomb = try Files.golden("zeros-9-default.gz")
    let limits = LoadLimits.with { $0.dataBytes = 99_999 }
    let error = #expect(throws: FormatError.self) { try Gzip.decompress(bomb, limits: limits) }
    #expect(error?.reason == .limit(.dataBytes))
    #expect(try Gzip.decompress(bomb, limits: .with { $0.dataBytes = 100_000 }).count == 100_000)
  }

  @Test func `a million empty blocks are no work`() throws {
    let blocks = BitWriter.bytes {
      for _ in 0..<1_000_000 {
        $0.put(0, 1)
        $0.put(1, 2)
        $0.putWord(0, 7)
      }
      $0.put(1, 1)
      $0.put(1, 2)
      $0.putWord(0, 7)
    }
    let (bytes, seconds) = try timed { try Deflate.decompress(blocks) }
    #expect(bytes.isEmpty)
    #expect(seconds < 5)
  }
}

extension BitWriter {
  /// Appends the header of a last block with dynamic codes; the code lengths stand there one by
  /// one, each of four bits.
  ///
  /// The code of the code lengths has 16 words of four bits, for 0…15.
  mutating func putDynamicHeader(literals: [Int: Int], distances: [Int: Int]) {
    let literalCount = max(257, (literals.keys.max() ?? 0) + 1)
    let distanceCount = max(1, (distances.keys.max() ?? 0) + 1)
    putDynamicSizes(literals: literalCount, distances: distanceCount)
    for symbol in 0..<literalCount { putWord(literals[symbol] ?? 0, 4) }
    for symbol in 0..<distanceCount { putWord(distances[symbol] ?? 0, 4) }
  }

  /// Appends such a header up to the code lengths.
  mutating func putDynamicSizes(literals: Int, distances: Int) {
    put(1, 1)
    put(2, 2)
    put(literals - 257, 5)
    put(distances - 1, 5)
    put(15, 4)
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
      put(symbol < 16 ? 4 : 0, 3)
    }
  }

  /// Appends such a header in which a code length is 5 (word 0) or the one before (word 1).
  mutating func putRepeatHeader() {
    put(5, 3)
    put(0, 10)
    put(15, 4)
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
      put(symbol == 5 || symbol == 16 ? 1 : 0, 3)
    }
  }

  /// Appends the header of a last block with the fixed codes.
  mutating func putFixedHeader() {
    put(1, 1)
    put(1, 2)
  }
}
