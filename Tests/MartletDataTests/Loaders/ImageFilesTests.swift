import Foundation
import MartletData
import MartletFormats
import MartletTensors
import Testing

/// Expected numbers are those of Keras 3.15.1's load_img, img_to_array and save_img with Pillow 13.
@Suite struct ImageFilesTests {
  /// Rows of five pixels, (37 r + 59 c + 83 h + 11 r c) mod 256.
  private func withImage(_ body: (String, [Float]) throws -> Void) throws {
    var samples: [UInt8] = []
    for r in 0..<4 {
      for c in 0..<5 {
        for h in 0..<3 { samples.append(UInt8((37 * r + 59 * c + 83 * h + 11 * r * c) % 256)) }
      }
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "image.png")
    let image = try RasterImage(samples, width: 5, height: 4, channels: 3)
    try FileWriting.write(PNG.encode(image), to: path)
    try body(path.path, samples.map { Float($0) })
  }

  @Test func `an image is read in its own size and colours`() throws {
    try withImage { path, samples in
      let image = try loadImage(path)
      #expect(image.shape == [4, 5, 3] && image.dtype == .float32)
      #expect(image.scalars == samples)
      let grey = try loadImage(path, colorMode: .grayscale)
      #expect(grey.shape == [4, 5, 1])
      let expected: [Float] = [
        68, 127, 156, 65, 124, 105, 145, 65, 135, 129, 142, 193, 124, 129, 180, 149, 91, 107, 169,
        111,
      ]
      #expect(grey.scalars == expected)
      let clear = try loadImage(path, colorMode: .rgba)
      #expect(clear.shape == [4, 5, 4])
      #expect(Set(clear.scalars.enumerated().filter { $0.0 % 4 == 3 }.map(\.1)) == [255])
    }
  }

  @Test func `an image is brought to size`() throws {
    try withImage { path, _ in
      let expected: [Float] = [
        0, 83, 166, 59, 142, 225, 59, 142, 225, 118, 201, 28, 177, 4, 87, 177, 4, 87, 236, 63, 146,
        74, 157, 240, 155, 238, 65, 155, 238, 65, 236, 63, 146, 61, 144, 227, 61, 144, 227, 142,
        225, 52, 111, 194, 21, 203, 30, 113, 203, 30, 113, 39, 122, 205, 131, 214, 41, 131, 214, 41,
        223, 50, 133,
      ]
      #expect(try loadImage(path, size: [3, 7]).scalars == expected)
      let grey = try loadImage(path, colorMode: .grayscale, size: [8, 2])
      #expect(
        grey.scalars == [
          127, 65, 127, 65, 145, 135, 145, 135, 193, 129, 193, 129, 91, 169, 91, 169,
        ])
      #expect(try loadImage(path, size: 6, interpolation: .bilinear).shape == [6, 6, 3])
      for size in [[], [0, 3], [1, 2, 3]] {
        #expect(throws: Diagnostic.self) { try loadImage(path, size: size) }
      }
      #expect(throws: FormatError.self) { try loadImage(path + ".none") }
    }
  }

  @Test func `an image is written, scaled or as it is`() throws {
    try withImage { path, _ in
      var numbers: [Float] = []
      for r in 0..<3 {
        for c in 0..<4 {
          for h in 0..<3 {
            numbers.append(Float(Double((r * 7 + c * 3 + h * 5) % 11) / 3 - 1.25))
          }
        }
      }
      let image = Tensor(numbers, shape: [3, 4, 3])
      try saveImage(image, to: path)
      let expected: [Float] = [
        0, 127, 255, 76, 203, 51, 153, 0, 127, 229, 76, 203, 178, 25, 153, 255, 102, 229, 51, 178,
        25, 127, 255, 102, 76, 203, 51, 153, 0, 127, 229, 76, 203, 25, 153, 0,
      ]
      #expect(try loadImage(path).scalars == expected)
      let plain = (image[0..., 0..., 0..<1] + 1.25) * 60
      try saveImage(plain, to: path, scaling: false)
      #expect(
        try loadImage(path, colorMode: .grayscale).scalars
          == [0, 60, 120, 180, 140, 200, 40, 100, 60, 120, 180, 19])
      try saveImage(Tensor.zeros([2, 2, 4]), to: path)
      #expect(try loadImage(path, colorMode: .rgba).scalars == [Float](repeating: 0, count: 16))
      #expect(throws: Diagnostic.self) { try saveImage(image * 1000, to: path, scaling: false) }
      #expect(throws: Diagnostic.self) { try saveImage(image / 0, to: path) }
      #expect(throws: Diagnostic.self) { try saveImage(image[0], to: path) }
      #expect(throws: Diagnostic.self) { try saveImage(image, to: path + ".jpg") }
    }
  }
}
