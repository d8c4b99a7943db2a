import Foundation
import Testing

@testable import MartletFormats

@Suite struct PNGTests {
  private static let endings = ["", "-interlaced"]

  @Test(arguments: endings)
  func `grey of every depth is what Pillow reads`(_ ending: String) throws {
    for bits in [1, 2, 4, 8, 16] {
      let image = try Samples.image("grey-\(bits)\(ending).png")
      #expect(image.size == [11, 13, 1])
      #expect(image.bitsPerSample == max(8, bits))
      #expect(image.numbers == Samples.all(1, bits: bits), "\(bits) bits")
    }
  }

  @Test(arguments: endings)
  func `colour and alpha of 8 and 16 bits are what Pillow reads`(_ ending: String) throws {
    for bits in [8, 16] {
      for (name, channels) in [("grey-alpha", 2), ("colour", 3), ("colour-alpha", 4)] {
        let image = try Samples.image("\(name)-\(bits)\(ending).png")
        #expect(image.size == [11, 13, channels])
        #expect(image.numbers == Samples.all(channels, bits: bits), "\(name) of \(bits) bits")
      }
    }
  }

  @Test(arguments: endings)
  func `palettes of every depth become colours`(_ ending: String) throws {
    for bits in [1, 2, 4, 8] {
      let image = try Samples.image("palette-\(bits)\(ending).png")
      #expect(image.size == [11, 13, 3])
      let want = Samples.pixels { Samples.colour(Samples.sample($0, $1, 0, bits: bits)) }
      #expect(image.numbers == want, "\(bits) bits")
    }
  }

  @Test func `a transparent colour becomes an alpha channel`() throws {
    let grey = Samples.sample(3, 2, 0, bits: 8)
    let wantGrey = Samples.pixels { x, y in
      let value = Samples.sample(x, y, 0, bits: 8)
      return [value, value == grey ? 0 : 255]
    }
    #expect(try Samples.image("grey-key-8.png").numbers == wantGrey)
    let colour = (0..<3).map { Samples.sample(5, 4, $0, bits: 8) }
    let wantColour = Samples.pixels { x, y in
      let values = (0..<3).map { Samples.sample(x, y, $0, bits: 8) }
      return values + [values == colour ? 0 : 255]
    }
    #expect(try Samples.image("colour-key-8.png").numbers == wantColour)
    let wantEntries = Samples.pixels { x, y in
      let entry = Samples.sample(x, y, 0, bits: 4)
      return Samples.colour(entry) + [entry < 3 ? entry * 100 : 255]
    }
    #expect(try Samples.image("palette-alpha-4.png").numbers == wantEntries)
  }

  @Test func `interlaced images may be smaller than their passes`() throws {
    for (width, height) in [(1, 1), (3, 2), (5, 1), (1, 7)] {
      let image = try Samples.image("size-\(width)x\(height)-interlaced.png")
      #expect(image.size == [height, width, 3])
      #expect(image.numbers == Samples.all(3, bits: 8, width: width, height: height))
    }
  }

  @Test func `what Pillow writes is read`() throws {
    let colour = Samples.all(3, bits: 8, width: 70, height: 50)
    #expect(try Samples.image("pillow-colour.png").numbers == colour)
    #expect(try Samples.image("pillow-colour-optimized.png").numbers == colour)
    #expect(
      try Samples.image("pillow-grey.png").numbers
        == stride(from: 0, to: colour.count, by: 3).map { colour[$0] })
    #expect(
      try Samples.image("pillow-grey-16.png").numbers
        == Samples.all(1, bits: 16, width: 70, height: 50))
  }

  @Test func `what is written is read again, in every kind of image`() throws {
    for name in ["grey-8", "grey-alpha-8", "colour-8", "colour-alpha-8", "pillow-colour"] {
      let image = try Samples.image("\(name).png")
      #expect(try PNG.decode(PNG.encode(image)) == image, "\(name)")
    }
    for name in ["grey-16", "grey-alpha-16", "colour-16", "colour-alpha-16"] {
      let image = try Samples.image("\(name).png")
      #expect(try PNG.decode(PNG.encode(image)) == image, "\(name)")
    }
  }

  @Test func `what is written is compressed`() throws {
    let image = try Samples.image("pillow-colour.png")
    let pillow = try Samples.bytes("pillow-colour.png").count
    #expect(PNG.encode(image).count <= pillow * 11 / 10)
  }

  // MARK: Bad files

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let covered = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + covered + bigEndian(CRC32.checksum(of: covered))
  }

  private static func header(
    _ width: UInt32 = 2, _ height: UInt32 = 2, _ rest: [UInt8] = [8, 0, 0, 0, 0]
  ) -> [UInt8] {
    PNG.signature + chunk("IHDR", bigEndian(width, height) + rest)
  }

  private static func data(_ rows: [UInt8]) -> [UInt8] { chunk("IDAT", Zlib.compress(rows)) }
  private static let rows = data([0, 1, 2, 0, 3, 4])
  private static let wrongRows: [UInt8] = {
    var bytes = rows
    bytes[bytes.count - 1] ^= 1
    return bytes
  }()
  private static let end = chunk("IEND", [])
  private static let palette = chunk("PLTE", [1, 2, 3])

  private static let badImages: [BadInput] = [
    BadInput("no bytes", [], .notThisFormat, field: "signature", at: .byte(0)),
    BadInput("signature cut", Array(PNG.signature[..<7]), .notThisFormat, field: "signature"),
    BadInput("nothing behind the signature", PNG.signature, .truncated, field: "chunk length"),
    BadInput(
      "first chunk not the header", PNG.signature + rows, .invalid, field: "chunk type",
      at: .byte(8)),
    BadInput(
      "header of 12 bytes", PNG.signature + chunk("IHDR", [UInt8](repeating: 1, count: 12)),
      .invalid, field: "IHDR"),
    BadInput("width 0", header(0, 2) + rows + end, .invalid, field: "width", at: .byte(16)),
    BadInput("height 2^31", header(2, 1 << 31) + rows + end, .invalid, field: "height"),
    BadInput(
      "colour type 1", header(2, 2, [8, 1, 0, 0, 0]), .invalid, field: "colour type",
      at: .byte(25)),
    BadInput("colour type 7", header(2, 2, [8, 7, 0, 0, 0]), .invalid, field: "colour type"),
    BadInput(
      "bit depth 3", header(2, 2, [3, 0, 0, 0, 0]), .invalid, field: "bit depth", at: .byte(24)),
    BadInput("colour of 4 bits", header(2, 2, [4, 2, 0, 0, 0]), .invalid, field: "bit depth"),
    BadInput("palette of 16 bits", header(2, 2, [16, 3, 0, 0, 0]), .invalid, field: "bit depth"),
    BadInput(
      "compression 1", header(2, 2, [8, 0, 1, 0, 0]), .unsupported, field: "compression",
      at: .byte(26)),
    BadInput("filter method 1", header(2, 2, [8, 0, 0, 1, 0]), .unsupported, field: "filter"),
    BadInput(
      "interlace 2", header(2, 2, [8, 0, 0, 0, 2]), .unsupported, field: "interlace",
      at: .byte(28)),
    BadInput("two headers", header() + header()[8...], .invalid, field: "IHDR", at: .byte(33)),
    BadInput("no data", header() + end, .invalid, field: "IDAT"),
    BadInput("no end", header() + rows, .truncated, field: "chunk length"),
    BadInput(
      "data cut", header() + rows[..<12], .truncated, field: "data of IDAT", at: .byte(41)),
    BadInput(
      "wrong checksum", header() + wrongRows + end, .checksum, field: "checksum of IDAT"),
    BadInput(
      "a chunk of 2^31 bytes", header() + bigEndian(UInt32(1) << 31) + Array("IDAT".utf8),
      .invalid, field: "chunk length", at: .byte(33)),
    BadInput(
      "a name that is none", header() + [0, 0, 0, 0, 1, 2, 3, 4], .invalid, field: "chunk type",
      at: .byte(37)),
    BadInput(
      "an unknown chunk that counts", header() + chunk("ABCD", [1]) + rows + end, .unsupported,
      field: "chunk type"),
    BadInput(
      "data in two places", header() + rows + chunk("teXt", []) + rows + end, .invalid,
      field: "IDAT"),
    BadInput(
      "too little data", header() + data([0, 1, 2, 0, 3]) + end, .mismatch,
      field: "IDAT, declared size"),
    BadInput(
      "too much data", header() + data([0, 1, 2, 0, 3, 4, 5]) + end, .mismatch,
      field: "IDAT, declared size"),
    BadInput(
      "no zlib stream", header() + chunk("IDAT", [1, 2, 3]) + end, .notThisFormat, field: "CMF",
      at: .byte(41)),
    BadInput(
      "filter 5", header() + data([0, 1, 2, 5, 3, 4]) + end, .invalid, field: "filter of row 1"),
    BadInput(
      "no palette", header(2, 2, [8, 3, 0, 0, 0]) + rows + end, .invalid, field: "PLTE"),
    BadInput(
      "palette of 4 bytes", header() + chunk("PLTE", [1, 2, 3, 4]) + rows + end, .invalid,
      field: "PLTE"),
    BadInput(
      "palette above the depth",
      header(2, 2, [1, 3, 0, 0, 0]) + chunk("PLTE", [UInt8](repeating: 0, count: 9)), .invalid,
      field: "PLTE"),
    BadInput("two palettes", header() + palette + palette, .invalid, field: "PLTE"),
    BadInput(
      "an entry that is not there", header(2, 2, [8, 3, 0, 0, 0]) + palette + rows + end, .invalid,
      field: "pixel 0 of row 0"),
    BadInput(
      "transparency before the palette",
      header(2, 2, [8, 3, 0, 0, 0]) + chunk("tRNS", [1]) + palette + rows + end, .invalid,
      field: "tRNS"),
    BadInput(
      "transparency beside alpha", header(2, 2, [8, 4, 0, 0, 0]) + chunk("tRNS", [0, 1]), .invalid,
      field: "tRNS"),
    BadInput(
      "transparency of another size", header() + chunk("tRNS", [0]), .invalid, field: "tRNS"),
    BadInput(
      "above a limit", header(1000, 1000) + rows + end, .limit(.dataBytes), field: "width",
      limits: .with { $0.dataBytes = 1_000_000 }),
    BadInput(
      "2^62 pixels", header(0x7fff_ffff, 0x7fff_ffff) + rows + end, .overflow, field: "width"),
  ]

  @Test(arguments: badImages)
  func `bad images are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try PNG.decode(bytes, limits: limits)
    }
  }

  @Test(arguments: ["palette-4-interlaced", "colour-alpha-16", "palette-alpha-4"])
  func `an image that is cut, or has a byte changed, is refused`(_ name: String) throws {
    let stored = try Samples.bytes("\(name).png")
    for count in 0..<stored.count {
      #expect(throws: FormatError.self, "\(count) bytes") { try PNG.decode(stored[..<count]) }
      var changed = stored
      changed[count] ^= 0x24
      #expect(throws: FormatError.self, "byte \(count)") { try PNG.decode(changed) }
    }
  }

  @Test func `bytes behind the end are passed over`() throws {
    let image = try PNG.decode(Self.header() + Self.rows + Self.end + [1, 2, 3])
    #expect(image.numbers == [1, 2, 3, 4])
  }
}
