import Foundation
import Testing

@testable import MartletFormats

@Suite struct RasterImageTests {
  @Test func `grey is Pillow's`() throws {
    let grey = try Samples.image("pillow-colour.png").converted(toChannels: 1)
    // Printed by make_images.py: Image.convert("L").
    let row = [84, 162, 89, 167, 95, 173, 100, 178, 105, 183, 111, 188, 116, 194, 121, 199]
    #expect(Array(grey.numbers[490..<506]) == row)
  }

  @Test func `channels are added and dropped`() throws {
    let grey = try RasterImage([1, 2], width: 2, height: 1, channels: 1)
    #expect(try grey.converted(toChannels: 3).bytes == [1, 1, 1, 2, 2, 2])
    #expect(try grey.converted(toChannels: 4).bytes == [1, 1, 1, 255, 2, 2, 2, 255])
    let alpha = try RasterImage([1, 9, 2, 8], width: 2, height: 1, channels: 2)
    #expect(try alpha.converted(toChannels: 1).bytes == [1, 2])
    #expect(try alpha.converted(toChannels: 4).bytes == [1, 1, 1, 9, 2, 2, 2, 8])
    let colour = try RasterImage([1, 2, 3, 4], width: 1, height: 1, channels: 4)
    #expect(try colour.converted(toChannels: 3).bytes == [1, 2, 3])
    let error = #expect(throws: FormatError.self) { try grey.converted(toChannels: 2) }
    #expect(error?.field == "channels")
  }

  @Test func `16 bits keep their upper half`() throws {
    let image = try Samples.image("colour-16.png")
    #expect(image.eightBit.numbers == image.numbers.map { $0 >> 8 })
  }

  @Test func `samples must fit the size`() {
    let few = #expect(throws: FormatError.self) {
      try RasterImage([1, 2, 3], width: 2, height: 2, channels: 1)
    }
    #expect(few?.reason == .mismatch)
    let none = #expect(throws: FormatError.self) {
      try RasterImage([], width: 0, height: 2, channels: 1)
    }
    #expect(none?.reason == .invalid)
  }

  @Test func `other formats are named`() {
    let jpeg = #expect(throws: FormatError.self) {
      try RasterImage(encoded: [0xff, 0xd8, 0xff, 0xe0], source: "cat.jpg")
    }
    #expect(
      jpeg?.description == """
        image: this format is not read here (signature, byte 0 of cat.jpg).
          expected PNG, PGM, PPM or BMP
          got JPEG
          fix: convert the image to PNG.
        """)
    let unknown = #expect(throws: FormatError.self) { try RasterImage(encoded: [1, 2, 3]) }
    #expect(unknown?.reason == .notThisFormat)
    #expect(unknown?.got == "bytes 1 2 3")
  }
}
