import Foundation

@testable import MartletFormats

/// The samples of the golden images: the formulas of `make_images.py` once more.
enum Samples {
  static func sample(_ x: Int, _ y: Int, _ c: Int, bits: Int) -> Int {
    let mixed: Int = x * 4099 + y * 1543 + c * 811
    return (mixed + x * y * c * 17 + x * y) % (1 << bits)
  }

  /// All samples, spread over 0 … 255 where they have fewer than 8 bits.
  static func all(_ channels: Int, bits: Int, width: Int = 13, height: Int = 11) -> [Int] {
    let scale = bits < 8 ? 255 / (1 << bits - 1) : 1
    return pixels(width: width, height: height) { x, y in
      (0..<channels).map { sample(x, y, $0, bits: bits) * scale }
    }
  }

  /// What a closure gives for the pixels, row by row.
  static func pixels(
    width: Int = 13, height: Int = 11, _ pixel: (Int, Int) -> [Int]
  ) -> [Int] {
    (0..<height).flatMap { y in (0..<width).flatMap { x in pixel(x, y) } }
  }

  /// An entry of the palettes.
  static func colour(_ entry: Int) -> [Int] { [entry * 7 % 256, 255 - entry, entry * 31 % 256] }

  static func image(_ name: String) throws -> RasterImage {
    try RasterImage(contentsOf: url(name))
  }

  static func url(_ name: String) -> URL {
    Files.goldens.appendingPathComponent("images").appendingPathComponent(name)
  }

  static func bytes(_ name: String) throws -> [UInt8] { try FileReading.bytes(of: url(name)) }
}

extension RasterImage {
  /// The samples as numbers.
  var numbers: [Int] {
    if bitsPerSample == 8 { return bytes.map(Int.init) }
    return bytes.withUnsafeBytes { bytes in
      (0..<(bytes.count / 2)).map {
        Int(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
      }
    }
  }

  var size: [Int] { [height, width, channels] }
}
