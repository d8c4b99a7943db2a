/// PNG images of all colour types and bit depths, interlaced or not.
///
/// - Source: Portable Network Graphics (PNG) Specification, second edition (ISO/IEC 15948).
public enum PNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Whether bytes start as a PNG file does.
  public static func isPNG(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: signature)
  }

  /// Decodes an image.
  ///
  /// Palettes become colours, a transparent colour becomes an alpha channel, samples of 1, 2 and 4
  /// bits are spread over 0 … 255, those of 16 bits kept. Gamma and other ancillary chunks are
  /// checked and passed over; what follows the end of the image is not looked at.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole image within the limits: chunks out of order,
  ///   wrong checksums, palette entries that do not exist, too much or too little data.
  public static func decode(
    _ bytes: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) -> RasterImage {
    let origin = Origin(reader: "PNG", source: source)
    return try withBytes(of: bytes) { input throws(FormatError) in
      let chunks = try PNGChunks(input, limits: limits, origin: origin)
      let rows = try chunks.decompressed(limits: limits)
      return try chunks.image(fromFiltered: rows)
    }
  }
}

/// What stands in the first chunk.
struct PNGHeader {
  enum ColourType: UInt8 {
    case grey = 0
    case colour = 2
    case palette = 3
    case greyAlpha = 4
    case colourAlpha = 6
  }

  let width: Int
  let height: Int
  let bitDepth: Int
  let colourType: ColourType
  let isInterlaced: Bool

  /// The samples of a pixel as the file stores them.
  var storedChannels: Int {
    switch colourType {
    case .grey, .palette: 1
    case .greyAlpha: 2
    case .colour: 3
    case .colourAlpha: 4
    }
  }
  var bitsPerPixel: Int { storedChannels * bitDepth }
  /// The distance of the bytes that a filter compares.
  var filterStep: Int { max(1, bitsPerPixel / 8) }

  init(_ data: UnsafeRawBufferPointer, at offset: Int, origin: Origin) throws(FormatError) {
    guard data.count == 13 else {
      throw origin.error(
        .invalid, "the header has another size", at: .byte(offset), field: "IHDR",
        expected: "13 bytes", got: "\(data.count)")
    }
    func word(_ start: Int) -> Int {
      Int(UInt32(bigEndian: data.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
    }
    (width, height) = (word(0), word(4))
    guard (1..<(1 << 31)).contains(width), (1..<(1 << 31)).contains(height) else {
      throw origin.error(
        .invalid, "the size is none", at: .byte(offset), field: "IHDR width, height",
        expected: "1 to 2147483647", got: "\(width) × \(height)")
    }
    let depths: [Int]
    guard let type = ColourType(rawValue: data[9]) else {
      throw origin.error(
        .invalid, "the colour type is unknown", at: .byte(offset + 9), field: "IHDR colour type",
        expected: "0, 2, 3, 4 or 6", got: "\(data[9])")
    }
    switch type {
    case .grey: depths = [1, 2, 4, 8, 16]
    case .palette: depths = [1, 2, 4, 8]
    default: depths = [8, 16]
    }
    colourType = type
    bitDepth = Int(data[8])
    guard depths.contains(bitDepth) else {
      throw origin.error(
        .invalid, "the bit depth does not go with the colour type", at: .byte(offset + 8),
        field: "IHDR bit depth", expected: "one of \(depths) for colour type \(data[9])",
        got: "\(bitDepth)")
    }
    for (place, name) in [(10, "compression method"), (11, "filter method")] where data[place] != 0
    {
      throw origin.error(
        .unsupported, "the \(name) is unknown", at: .byte(offset + place), field: "IHDR \(name)",
        expected: "0", got: "\(data[place])")
    }
    guard data[12] < 2 else {
      throw origin.error(
        .unsupported, "the interlace method is unknown", at: .byte(offset + 12),
        field: "IHDR interlace method", expected: "0 or 1", got: "\(data[12])")
    }
    isInterlaced = data[12] == 1
  }

  /// The bytes of a row of so many pixels, without its filter byte.
  func rowBytes(_ pixels: Int) -> Int { (pixels * bitsPerPixel + 7) / 8 }

  /// A pass over the image: which of its pixels come in it.
  struct Pass {
    let x: Int
    let y: Int
    let stepX: Int
    let stepY: Int
    /// The size of the pass, both 0 where it has no pixels.
    let width: Int
    let height: Int
  }

  /// The passes: one, or the seven of Adam7; those without pixels are left out.
  var passes: [Pass] {
    let steps =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ] : [(0, 0, 1, 1)]
    return steps.compactMap { x, y, stepX, stepY in
      guard x < width, y < height else { return nil }
      return Pass(
        x: x, y: y, stepX: stepX, stepY: stepY, width: (width - x + stepX - 1) / stepX,
        height: (height - y + stepY - 1) / stepY)
    }
  }

  /// The bytes of all rows with their filter bytes.
  var filteredByteCount: Int {
    passes.reduce(0) { $0 + $1.height * (1 + rowBytes($1.width)) }
  }
}
