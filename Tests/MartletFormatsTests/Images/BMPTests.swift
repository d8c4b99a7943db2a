import Foundation
import Testing

@testable import MartletFormats

@Suite struct BMPTests {
  private static let corner: [Int] = {
    let wide = Samples.all(3, bits: 8, width: 70, height: 50)
    return (0..<9).flatMap { y in (0..<21).map { wide[y * 210 + $0] } }
  }()

  @Test func `what Pillow writes is read`() throws {
    let colour = try Samples.image("pillow-colour.bmp")
    #expect(colour.size == [9, 7, 3])
    #expect(colour.numbers == Self.corner)
    let grey = try Samples.image("pillow-grey.bmp")
    #expect(grey.size == [9, 7, 1])
    #expect(grey.numbers == stride(from: 0, to: Self.corner.count, by: 3).map { Self.corner[$0] })
    let palette = try Samples.image("pillow-palette.bmp")
    #expect(palette.size == [9, 7, 3])
    let wantPalette = Samples.pixels(width: 7, height: 9) { x, y in
      Samples.colour(Samples.sample(x, y, 0, bits: 8))
    }
    #expect(palette.numbers == wantPalette)
    // Pillow too passes over the fourth byte where no mask says what it is.
    let four = Samples.all(4, bits: 8, width: 7, height: 9)
    let three = four.indices.filter { $0 % 4 < 3 }.map { four[$0] }
    #expect(try Samples.image("pillow-alpha.bmp").size == [9, 7, 3])
    #expect(try Samples.image("pillow-alpha.bmp").numbers == three)
    let bits = try Samples.image("pillow-one-bit.bmp")
    #expect(bits.size == [9, 11, 1])
    let wantBits = Samples.pixels(width: 11, height: 9) { x, y in
      [Samples.sample(x, y, 0, bits: 8) > 127 ? 255 : 0]
    }
    #expect(bits.numbers == wantBits)
  }

  @Test func `what is written is read again`() throws {
    for name in ["pillow-colour.bmp", "pillow-grey.bmp", "colour-alpha-8.png", "grey-8.png"] {
      let image = try Samples.image(name)
      #expect(try BMP.decode(BMP.encode(image)) == image, "\(name)")
    }
    let alpha = try Samples.image("grey-alpha-8.png")
    #expect(try BMP.decode(BMP.encode(alpha)) == alpha.converted(toChannels: 4))
  }

  @Test func `a colour file is Pillow's to the byte behind the resolution`() throws {
    let ours = try BMP.encode(Samples.image("pillow-colour.bmp"))
    let pillow = try Samples.bytes("pillow-colour.bmp")
    #expect(ours.count == pillow.count)
    #expect(ours[..<34] == pillow[..<34])
    #expect(ours[54...] == pillow[54...])
  }

  @Test func `rows may come from the top`() throws {
    var bytes = try Samples.bytes("pillow-colour.bmp")
    bytes.replaceSubrange(22..<26, with: littleEndian(Int32(-9)))
    let image = try BMP.decode(bytes)
    let rows = stride(from: 0, to: Self.corner.count, by: 21).map { Self.corner[$0..<($0 + 21)] }
    #expect(image.numbers == rows.reversed().flatMap { $0 })
  }

  private static func file(
    width: Int32 = 2, height: Int32 = 1, bits: UInt16 = 24, compression: UInt32 = 0,
    colours: UInt32 = 0, size: UInt32 = 40, planes: UInt16 = 1, start: UInt32 = 54,
    _ rest: [UInt8] = [UInt8](repeating: 7, count: 8)
  ) -> [UInt8] {
    [0x42, 0x4d] + littleEndian(UInt32(0), UInt32(0), start, size) + littleEndian(width, height)
      + littleEndian(planes, bits) + littleEndian(compression, UInt32(0), UInt32(0), UInt32(0))
      + littleEndian(colours, UInt32(0)) + rest
  }

  private static let badImages: [BadInput] = [
    BadInput("no bytes", [], .truncated, field: "bfType", at: .byte(0)),
    BadInput("text", Array("hello".utf8), .notThisFormat, field: "bfType"),
    BadInput("header cut", Array(file()[..<40]), .truncated, field: "biSizeImage"),
    BadInput("OS/2 header", file(size: 12), .unsupported, field: "biSize", at: .byte(14)),
    BadInput("two planes", file(planes: 2), .invalid, field: "biPlanes"),
    BadInput("16 bits", file(bits: 16), .unsupported, field: "biBitCount", at: .byte(28)),
    BadInput("run lengths", file(bits: 8, compression: 1), .unsupported, field: "biCompression"),
    BadInput("masks of 24 bits", file(compression: 3), .unsupported, field: "biCompression"),
    BadInput("width 0", file(width: 0), .invalid, field: "width", at: .byte(18)),
    BadInput("negative width", file(width: -2), .invalid, field: "width"),
    BadInput("height 0", file(height: 0), .invalid, field: "height"),
    BadInput("a row missing", file(height: 2), .truncated, field: "pixels"),
    BadInput("pixels behind the end", file(start: 500), .truncated, field: "before the pixels"),
    BadInput(
      "300 colours", file(bits: 8, colours: 300), .invalid, field: "biClrUsed", at: .byte(46)),
    BadInput("palette cut", file(bits: 8), .truncated, field: "colour 2 of the palette"),
    BadInput(
      "a colour that is not there", file(bits: 8, colours: 1, start: 58, [1, 2, 3, 0, 0, 1, 0, 0]),
      .invalid, field: "pixel 1 of row 0", at: .byte(59)),
    BadInput(
      "masks of 5 bits",
      file(bits: 32, compression: 3, littleEndian(UInt32(0x7c00), 0x3e0, 0x1f)), .unsupported,
      field: "mask 0", at: .byte(54)),
    BadInput(
      "4 GiB of nothing", file(width: 40000, height: 40000), .limit(.dataBytes), field: "width"),
  ]

  @Test(arguments: badImages)
  func `bad images are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try BMP.decode(bytes, limits: limits)
    }
  }
}
