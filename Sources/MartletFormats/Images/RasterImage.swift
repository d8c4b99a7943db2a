import Foundation

/// An image of grey or coloured pixels, as image files hold it.
///
/// The samples are `[height, width, channels]`, row by row from the top, the channels of a pixel
/// side by side: 1 grey, 2 grey and alpha, 3 red, green, blue, 4 with alpha.
public struct RasterImage: Sendable, Hashable {
  /// The number of pixels of a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The samples of a pixel: 1, 2, 3 or 4.
  public let channels: Int
  /// The bits of a sample, 8 or 16; of narrower ones files are spread over 0 … 255.
  public let bitsPerSample: Int
  /// The samples; those of 16 bits in the machine's byte order.
  public let bytes: [UInt8]

  /// Makes an image of samples of 8 bits.
  ///
  /// - Parameters:
  ///   - samples: `height · width · channels` of them, channels fastest.
  ///   - channels: 1 grey, 2 grey and alpha, 3 red, green, blue, 4 with alpha.
  /// - Throws: ``FormatError`` if the sizes are not positive, the channels not 1 to 4, or the samples
  ///   not as many as the sizes ask for.
  public init(
    _ samples: [UInt8], width: Int, height: Int, channels: Int
  ) throws(FormatError) {
    let origin = Origin(reader: "image", source: "samples")
    guard width > 0, height > 0, (1...4).contains(channels) else {
      throw origin.error(
        .invalid, "an image needs pixels, and 1 to 4 channels", at: .whole, field: "size",
        expected: "width and height of 1 or more, 1 to 4 channels",
        got: "\(width) × \(height) of \(channels)", fix: "check the sizes.")
    }
    let count = try origin.product(
      of: [width, height, channels], times: 1, at: .whole, field: "size")
    guard count == samples.count else {
      throw origin.error(
        .mismatch, "the samples are not as many as the size asks for", at: .whole,
        field: "samples", expected: "\(count) for \(width) × \(height) of \(channels)",
        got: "\(samples.count)", fix: "pass all samples of the image, and only them.")
    }
    self.init(
      unchecked: samples, width: width, height: height, channels: channels, bitsPerSample: 8)
  }

  init(unchecked bytes: [UInt8], width: Int, height: Int, channels: Int, bitsPerSample: Int) {
    self.width = width
    self.height = height
    self.channels = channels
    self.bitsPerSample = bitsPerSample
    self.bytes = bytes
  }

  /// Reads a file: PNG, PGM or PPM, or BMP, whichever its first bytes say.
  ///
  /// - Throws: ``FormatError`` for anything but a whole image of these formats within the limits.
  public init(contentsOf url: URL, limits: LoadLimits = LoadLimits()) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "image")
    try self.init(encoded: bytes, limits: limits, source: url.path)
  }

  /// Reads the bytes of a file: PNG, PGM or PPM, or BMP, whichever the first of them say.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole image of these formats within the limits.
  public init(
    encoded bytes: [UInt8], limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    if PNG.isPNG(bytes) {
      self = try PNG.decode(bytes, limits: limits, source: source)
    } else if PortableAnymap.isPortableAnymap(bytes) {
      self = try PortableAnymap.decode(bytes, limits: limits, source: source)
    } else if BMP.isBMP(bytes) {
      self = try BMP.decode(bytes, limits: limits, source: source)
    } else {
      throw Self.unknown(bytes, origin: Origin(reader: "image", source: source))
    }
  }

  private static func unknown(_ bytes: [UInt8], origin: Origin) -> FormatError {
    let known: [(name: String, start: [UInt8])] = [
      ("JPEG", [0xff, 0xd8, 0xff]), ("GIF", Array("GIF8".utf8)), ("TIFF", Array("II*".utf8)),
      ("TIFF", Array("MM".utf8)), ("WebP", Array("RIFF".utf8)),
    ]
    let name = known.first { bytes.starts(with: $0.start) }?.name
    let start = bytes.prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
    return origin.error(
      name == nil ? .notThisFormat : .unsupported,
      name == nil ? "this is no image that is known here" : "this format is not read here",
      at: .byte(0), field: "signature", expected: "PNG, PGM, PPM or BMP",
      got: name ?? (bytes.isEmpty ? "no bytes" : "bytes \(start)"),
      fix: "convert the image to PNG.")
  }
}

extension RasterImage {
  /// The image with samples of 8 bits; of 16 bits the upper ones are kept.
  public var eightBit: RasterImage {
    if bitsPerSample == 8 { return self }
    let upper = bytes.withUnsafeBytes { bytes in
      (0..<(bytes.count / 2)).map {
        UInt8(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) >> 8)
      }
    }
    return RasterImage(
      unchecked: upper, width: width, height: height, channels: channels, bitsPerSample: 8)
  }

  /// The image of 8 bits with other channels: 1 grey, 3 red, green, blue, 4 with alpha.
  ///
  /// Grey is 0.299 R + 0.587 G + 0.114 B, computed in integers as Pillow does (ITU-R BT.601); alpha
  /// is dropped, not blended, and 255 where the image has none.
  public func converted(toChannels count: Int) throws(FormatError) -> RasterImage {
    guard [1, 3, 4].contains(count) else {
      throw Origin(reader: "image", source: "channels").error(
        .invalid, "an image has no such number of channels", at: .whole, field: "channels",
        expected: "1, 3 or 4", got: "\(count)", fix: "ask for grey, colour, or colour with alpha.")
    }
    let image = eightBit
    if channels == count { return image }
    var result: [UInt8] = []
    result.reserveCapacity(width * height * count)
    for start in stride(from: 0, to: image.bytes.count, by: channels) {
      let hasColour = channels >= 3
      let first = image.bytes[start]
      if count == 1 {
        result.append(
          hasColour ? Self.grey(first, image.bytes[start + 1], image.bytes[start + 2]) : first)
        continue
      }
      result.append(first)
      result.append(hasColour ? image.bytes[start + 1] : first)
      result.append(hasColour ? image.bytes[start + 2] : first)
      if count == 4 {
        result.append(channels % 2 == 0 ? image.bytes[start + channels - 1] : 255)
      }
    }
    return RasterImage(
      unchecked: result, width: width, height: height, channels: count, bitsPerSample: 8)
  }

  private static func grey(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let weighted: Int = 19595 * Int(red) + 38470 * Int(green) + 7471 * Int(blue)
    return UInt8((weighted + 0x8000) >> 16)
  }
}

extension Origin {
  /// Checks the size that an image declares, before memory is made for it.
  ///
  /// - Returns: the bytes that its samples take.
  func checkImage(
    width: Int, height: Int, sampleBytes: Int, limits: LoadLimits, at place: FormatError.Place
  ) throws(FormatError) -> Int {
    guard width > 0, height > 0 else {
      throw error(
        .invalid, "the image has no pixels", at: place, field: "width, height",
        expected: "1 or more", got: "\(width) × \(height)")
    }
    let count = try product(
      of: [width, height], times: sampleBytes, at: place, field: "width, height")
    guard count <= limits.dataBytes else {
      throw overLimit(
        .dataBytes, "the image is larger than the limit", most: limits.dataBytes,
        got: "\(count) bytes for \(width) × \(height)", at: place, field: "width, height")
    }
    return count
  }
}
