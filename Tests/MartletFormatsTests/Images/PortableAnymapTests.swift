import Foundation
import Testing

@testable import MartletFormats

@Suite struct PortableAnymapTests {
  @Test func `text and bytes are what Pillow writes and reads`() throws {
    let colour = try Samples.image("pillow-colour.ppm")
    #expect(colour.size == [9, 7, 3])
    let wide = Samples.all(3, bits: 8, width: 70, height: 50)
    let corner = (0..<9).flatMap { y in (0..<21).map { wide[y * 210 + $0] } }
    #expect(colour.numbers == corner)
    let grey = try Samples.image("pillow-grey.pgm")
    #expect(grey.size == [9, 7, 1])
    #expect(grey.numbers == stride(from: 0, to: corner.count, by: 3).map { corner[$0] })
    let plain = try Samples.image("plain.ppm")
    #expect(plain.numbers == Samples.all(3, bits: 8, width: 3, height: 2))
    #expect(
      try Samples.image("plain-15.pgm").numbers == Samples.all(1, bits: 4, width: 5, height: 3))
    #expect(try Samples.image("wide.pgm").numbers == Samples.all(1, bits: 16, width: 5, height: 3))
  }

  @Test func `samples are spread over the range`() throws {
    let image = try PortableAnymap.decode(Array("P2 4 1 3 0 1 2 3".utf8))
    #expect(image.numbers == [0, 85, 170, 255])
    let wide = try PortableAnymap.decode(Array("P2 2 1 1000 500 1000".utf8))
    #expect(wide.bitsPerSample == 16)
    #expect(wide.numbers == [32768, 65535])
  }

  @Test func `samples may look like blanks and digits`() throws {
    let image = try PortableAnymap.decode(Array("P5 2 2 255\n".utf8) + [10, 32, 49, 35])
    #expect(image.numbers == [10, 32, 49, 35])
  }

  @Test func `what is written is read again`() throws {
    for name in ["pillow-colour.ppm", "pillow-grey.pgm", "grey-16.png", "colour-16.png"] {
      let image = try Samples.image(name)
      #expect(try PortableAnymap.decode(PortableAnymap.encode(image)) == image, "\(name)")
    }
    #expect(
      try PortableAnymap.encode(Samples.image("pillow-colour.ppm"))
        == Samples.bytes("pillow-colour.ppm"))
  }

  private static func text(_ text: String, _ samples: [UInt8] = []) -> [UInt8] {
    Array(text.utf8) + samples
  }

  private static let badImages: [BadInput] = [
    BadInput("no bytes", [], .notThisFormat, field: "magic", at: .byte(0)),
    BadInput("P1", text("P1 1 1 0"), .notThisFormat, field: "magic"),
    BadInput("P7", text("P7\nWIDTH 1"), .notThisFormat, field: "magic"),
    BadInput("no width", text("P5"), .truncated, field: "width", at: .byte(2)),
    BadInput("no blank", text("P57 7 255\n"), .invalid, field: "width", at: .byte(2)),
    BadInput("a letter", text("P5 x 7 255\n"), .invalid, field: "width", at: .byte(3)),
    BadInput("a comment to the end", text("P5 # width"), .truncated, field: "width"),
    BadInput("negative height", text("P5 7 -7 255\n"), .invalid, field: "height", at: .byte(5)),
    BadInput("width 0", text("P5 0 7 255\n"), .invalid, field: "width"),
    BadInput(
      "width past 2^63", text("P5 99999999999999999999 7 255\n"), .invalid, field: "width"),
    BadInput("maxval 0", text("P5 1 1 0\n"), .invalid, field: "maxval"),
    BadInput("maxval 65536", text("P5 1 1 65536\n"), .invalid, field: "maxval"),
    BadInput("no blank behind maxval", text("P5 1 1 255x"), .invalid, field: "maxval"),
    BadInput("a sample missing", text("P5 2 2 255\n", [1, 2, 3]), .truncated, field: "samples"),
    BadInput("half a sample", text("P5 1 1 256\n", [1]), .truncated, field: "samples"),
    BadInput(
      "a sample above maxval", text("P5 2 1 9\n", [9, 10]), .invalid, field: "samples",
      at: .byte(10)),
    BadInput("a plain sample above maxval", text("P2 2 1 9 9 10"), .invalid, field: "sample"),
    BadInput("a plain sample missing", text("P3 1 1 9 1 2"), .truncated, field: "sample"),
    BadInput("a plain sample that is none", text("P2 1 1 9 a"), .invalid, field: "sample"),
    BadInput(
      "4 GiB of nothing", text("P6 40000 40000 255\n"), .limit(.dataBytes), field: "width"),
    BadInput("1 GiB of nothing", text("P2 32768 32768 255\n"), .truncated, field: "samples"),
    BadInput(
      "above a limit", text("P5 2 2 255\n", [1, 2, 3, 4]), .limit(.dataBytes), field: "width",
      limits: .with { $0.dataBytes = 3 }),
  ]

  @Test(arguments: badImages)
  func `bad images are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try PortableAnymap.decode(bytes, limits: limits)
    }
  }
}
