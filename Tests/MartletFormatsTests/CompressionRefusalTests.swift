import Testing

@testable import MartletFormats

@Suite struct InflateRefusalTests {
  @Test(arguments: Self.badStreams)
  func `bad streams are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try Deflate.decompress(bytes, limits: limits)
    }
    // The same where nothing is near an end, so that the fast loop meets it.
    let padded = BadInput(
      input.testDescription, input.bytes + [UInt8](repeating: 0, count: 400), input.reason,
      field: input.field)
    if input.reason == .invalid {
      padded.expectRefusal { bytes, _ throws(FormatError) in _ = try Deflate.decompress(bytes) }
    }
  }

  static let badStreams: [BadInput] = [
    BadInput("no bytes", [], .truncated, field: "BFINAL"),
    BadInput("block type 3", [0b111], .invalid, field: "BTYPE"),
    BadInput("only a header", [0b001], .truncated, field: "LEN"),
    BadInput("half a length", [1, 5, 0], .truncated, field: "LEN"),
    BadInput("wrong complement", [1, 5, 0, 0xfb, 0xff], .invalid, field: "NLEN"),
    BadInput(
      "stored bytes missing", [1, 5, 0, 0xfa, 0xff, 1, 2, 3, 4], .truncated, field: "stored"),
    BadInput("bytes after the last block", [1, 0, 0, 255, 255, 9], .trailingBytes, field: "end"),
    BadInput(
      "no last block", [0, 1, 0, 0xfe, 0xff, 7], .truncated, field: "BFINAL", at: .byte(6)),
    fixed("fixed: no end", .truncated, field: "compressed data") { $0.putWord(0x30, 8) },
    fixed("fixed: distance past the start", .invalid, field: "distance") {
      $0.putWord(0x30, 8)
      $0.putWord(1, 7)
      $0.putWord(1, 5)
    },
    fixed("fixed: distance without any output", .invalid, field: "distance") {
      $0.putWord(1, 7)
      $0.putWord(0, 5)
    },
    fixed("fixed: length symbol 286", .invalid, field: "compressed data") { $0.putWord(0xc6, 8) },
    fixed("fixed: length symbol 287", .invalid, field: "compressed data") { $0.putWord(0xc7, 8) },
    fixed("fixed: distance symbol 30", .invalid, field: "compressed data") {
      $0.putWord(0x30, 8)
      $0.putWord(1, 7)
      $0.putWord(30, 5)
    },
    fixed("fixed: distance symbol 31", .invalid, field: "compressed data") {
      $0.putWord(0x30, 8)
      $0.putWord(1, 7)
      $0.putWord(31, 5)
    },
    fixed("fixed: extra bits missing", .truncated, field: "compressed data") {
      $0.putWord(0x30, 8)
      $0.putWord(0xc5 - 1, 8)
    },
    stream("dynamic: 287 literals", .invalid, field: "HLIT") {
      $0.putDynamicSizes(literals: 287, distances: 1)
    },
    stream("dynamic: 31 distances", .invalid, field: "HLIT, HDIST") {
      $0.putDynamicSizes(literals: 257, distances: 31)
    },
    stream("dynamic: sizes cut", .truncated, field: "HCLEN") {
      $0.put(5, 3)
      $0.put(0, 10)
    },
    stream("dynamic: code lengths cut", .truncated, field: "code lengths") {
      $0.putDynamicSizes(literals: 257, distances: 1)
      $0.putWord(1, 4)
    },
    codeLengthCode("dynamic: code lengths oversubscribed", .invalid) { $0 < 3 ? 1 : 0 },
    codeLengthCode("dynamic: code lengths incomplete", .invalid) { $0 < 3 ? 2 : 0 },
    codeLengthCode("dynamic: one code length only", .invalid) { $0 == 5 ? 1 : 0 },
    codeLengthCode("dynamic: no code lengths", .invalid) { _ in 0 },
    stream("dynamic: first length repeats", .invalid, field: "code lengths") {
      $0.putRepeatHeader()
      $0.putWord(1, 1)
      $0.put(0, 2)
    },
    stream("dynamic: repeat runs over the end", .invalid, field: "code lengths") {
      $0.putRepeatHeader()
      $0.putWord(0, 1)
      for _ in 0..<43 {
        $0.putWord(1, 1)
        $0.put(3, 2)
      }
    },
    dynamic("dynamic: no end of block", .invalid, field: "code lengths", literals: [97: 1, 98: 1]),
    dynamic(
      "dynamic: literals oversubscribed", .invalid, field: "literals",
      literals: [97: 1, 98: 1, 256: 1]),
    dynamic(
      "dynamic: literals incomplete", .invalid, field: "literals", literals: [97: 2, 256: 2]),
    dynamic(
      "dynamic: distances oversubscribed", .invalid, field: "distances",
      literals: [97: 1, 256: 1], distances: [0: 1, 1: 1, 2: 1]),
    dynamic(
      "dynamic: distances incomplete", .invalid, field: "distances",
      literals: [97: 1, 256: 1], distances: [0: 2, 1: 2]),
    dynamic(
      "dynamic: the unused word of a code of one", .invalid, field: "compressed data",
      literals: [256: 1]
    ) { $0.putWord(1, 1) },
    dynamic(
      "dynamic: a distance where there is no code", .invalid, field: "compressed data",
      literals: [97: 1, 256: 2, 257: 2]
    ) {
      $0.putWord(0, 1)
      $0.putWord(3, 2)
      $0.putWord(0, 1)
    },
    dynamic(
      "dynamic: the unused word of one distance", .invalid, field: "compressed data",
      literals: [97: 1, 256: 2, 257: 2], distances: [0: 1]
    ) {
      $0.putWord(0, 1)
      $0.putWord(3, 2)
      $0.putWord(1, 1)
    },
  ]

  private static func stream(
    _ name: String, _ reason: FormatError.Reason, field: String,
    _ build: (inout BitWriter) -> Void
  ) -> BadInput {
    BadInput(name, BitWriter.bytes(build), reason, field: field)
  }

  private static func fixed(
    _ name: String, _ reason: FormatError.Reason, field: String,
    _ build: (inout BitWriter) -> Void
  ) -> BadInput {
    stream(name, reason, field: field) {
      $0.putFixedHeader()
      build(&$0)
    }
  }

  private static func dynamic(
    _ name: String, _ reason: FormatError.Reason, field: String, literals: [Int: Int],
    distances: [Int: Int] = [:], _ build: (inout BitWriter) -> Void = { _ in }
  ) -> BadInput {
    stream(name, reason, field: field) {
      $0.putDynamicHeader(literals: literals, distances: distances)
      build(&$0)
    }
  }

  private static func codeLengthCode(
    _ name: String, _ reason: FormatError.Reason, _ length: (Int) -> Int
  ) -> BadInput {
    stream(name, reason, field: "code lengths") {
      $0.put(5, 3)
      $0.put(0, 10)
      $0.put(15, 4)
      for index in 0..<19 { $0.put(length(index), 3) }
    }
  }

  @Test(arguments: [
    "fibonacci-9-default", "fibonacci-6-fixed", "letters-all-fields", "one-9-default",
  ])
  func `every prefix of a stream is refused as truncated`(name: String) throws {
    let file = name + (name.hasPrefix("letters") ? ".gz" : ".deflate")
    let stored = try Files.golden(file)
    for count in 0..<stored.count {
      let prefix = stored[..<count]
      let error = #expect(throws: FormatError.self) {
        if file.hasSuffix(".gz") {
          _ = try Gzip.decompress(prefix)
        } else {
          _ = try Deflate.decompress(prefix)
        }
      }
      #expect(error?.reason == .truncated, "\(count) bytes")
    }
  }

  @Test func `every flipped bit of a gzip file is noticed`() throws {
    let stored = try Files.golden("letters-all-fields.gz")
    var unnoticed = 0
    for bit in 0..<(stored.count * 8) {
      var broken = stored
      broken[bit / 8] ^= 1 << UInt8(bit % 8)
      if let content = try? Gzip.decompress(broken) {
        unnoticed += 1
        #expect(content == Array(Contents.letters[..<1000]), "bit \(bit)")
      }
    }
    // Up to seven bits fill the last byte of the stream and mean nothing.
    #expect(unnoticed < 8)
  }

  @Test func `the output must have the declared size`() throws {
    let stored = try Files.golden("letters-two-members.gz")
    #expect(try Gzip.decompress(stored, byteCount: 1000).count == 1000)
    for count in [0, 1, 599, 600, 601, 999, 1001, 1 << 40, -1, Int.max] {
      let error = #expect(throws: FormatError.self) {
        try Gzip.decompress(stored, byteCount: count)
      }
      #expect(
        error?.reason == (0...1001 ~= count ? .mismatch : .limit(.dataBytes)), "\(count)")
    }
    let zlib = try Files.golden("zeros-9-default.zlib")
    #expect(throws: FormatError.self) { try Zlib.decompress(zlib, byteCount: 99_999) }
    #expect(throws: FormatError.self) { try Zlib.decompress(zlib, byteCount: 100_001) }
    #expect(try Zlib.decompress(zlib, byteCount: 100_000).count == 100_000)
  }
}

@Suite struct ContainerRefusalTests {
  private static let stored: [UInt8] = [1, 2, 0, 0xfd, 0xff, 104, 105]
  private static func zlib(_ header: [UInt8], _ trailer: [UInt8]) -> [UInt8] {
    header + stored + trailer
  }
  /// Adler-32 of "hi": the sums 1 + 104 + 105 and 2 + 2 · 104 + 105, that is 0x13b00d2.
  private static let adler: [UInt8] = [0x01, 0x3b, 0x00, 0xd2]

  @Test func `a stored block in a zlib stream`() throws {
    #expect(try Zlib.decompress(Self.zlib([0x78, 0x01], Self.adler)) == Array("hi".utf8))
  }

  @Test(arguments: [
    BadInput("zlib: no bytes", [], .truncated, field: "CMF"),
    BadInput("zlib: one byte", [0x78], .truncated, field: "FLG", at: .byte(1)),
    BadInput("zlib: method 7", zlib([0x77, 0x05], adler), .notThisFormat, field: "CMF"),
    BadInput("zlib: window of 64 KiB", zlib([0x88, 0x1c], adler), .notThisFormat, field: "CMF"),
    BadInput("zlib: header check", zlib([0x78, 0x02], adler), .notThisFormat, field: "FLG"),
    BadInput("zlib: dictionary", zlib([0x78, 0x20], adler), .unsupported, field: "FDICT"),
    BadInput("zlib: no checksum", zlib([0x78, 0x01], []), .truncated, field: "ADLER32"),
    BadInput(
      "zlib: half a checksum", zlib([0x78, 0x01], [1, 0x3b]), .truncated, field: "ADLER32"),
    BadInput(
      "zlib: wrong checksum", zlib([0x78, 0x01], [1, 0x3b, 0, 0xd3]), .checksum, field: "ADLER32",
      at: .byte(9)),
    BadInput("zlib: a byte more", zlib([0x78, 0x01], adler + [0]), .trailingBytes, field: "end"),
  ])
  func `bad zlib streams are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try Zlib.decompress(bytes, limits: limits)
    }
  }

  private static func gzip(
    _ header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], crc: UInt32? = nil, size: UInt32 = 2
  ) -> [UInt8] {
    header + stored + littleEndian(crc ?? CRC32.checksum(of: "hi".utf8)) + littleEndian(size)
  }

  @Test func `a stored block in a gzip file`() throws {
    #expect(try Gzip.decompress(Self.gzip()) == Array("hi".utf8))
    #expect(try Gzip.decompress(Self.gzip() + Self.gzip()) == Array("hihi".utf8))
  }

  @Test(arguments: [
    BadInput("gzip: no bytes", [], .truncated, field: "ID1"),
    BadInput("gzip: zlib's header", [0x78, 0x9c, 1], .notThisFormat, field: "ID1"),
    BadInput(
      "gzip: method 0", gzip([0x1f, 0x8b, 0, 0, 0, 0, 0, 0, 0, 3]), .unsupported, field: "CM"),
    BadInput(
      "gzip: reserved flag", gzip([0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3]), .unsupported,
      field: "FLG", at: .byte(3)),
    BadInput("gzip: header cut", [0x1f, 0x8b, 8, 0, 0, 0], .truncated, field: "MTIME"),
    BadInput(
      "gzip: extra field past the end", gzip([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 255, 255]),
      .truncated, field: "FEXTRA"),
    BadInput(
      "gzip: name without end", [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 97, 98], .truncated,
      field: "FNAME"),
    BadInput(
      "gzip: comment without end", [0x1f, 0x8b, 8, 16, 0, 0, 0, 0, 0, 3, 97], .truncated,
      field: "FCOMMENT"),
    BadInput(
      "gzip: header checksum", gzip([0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 3, 1, 2]), .checksum,
      field: "FHCRC", at: .byte(10)),
    BadInput("gzip: wrong checksum", gzip(crc: 1), .checksum, field: "CRC32", at: .byte(17)),
    BadInput("gzip: wrong size", gzip(size: 3), .mismatch, field: "ISIZE", at: .byte(21)),
    BadInput("gzip: a byte more", gzip() + [0], .truncated, field: "ID1", at: .byte(25)),
    BadInput("gzip: zeros behind", gzip() + [0, 0, 0], .trailingBytes, field: "ID1"),
    BadInput(
      "gzip: a second member that is cut", gzip() + gzip().dropLast(3), .truncated,
      field: "ISIZE"),
    BadInput(
      "gzip: a match into the member before",
      gzip() + gzip().prefix(10)
        + BitWriter.bytes {
          $0.putFixedHeader()
          $0.putWord(1, 7)
          $0.putWord(0, 5)
        }, .invalid, field: "distance"),
    BadInput(
      "gzip: two members past the limit", gzip() + gzip(), .limit(.dataBytes),
      field: "compressed data", limits: .with { $0.dataBytes = 3 }),
  ])
  func `bad gzip files are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try Gzip.decompress(bytes, limits: limits)
    }
  }
}
