/// Windows bitmaps without compression: palettes of 1, 4 and 8 bits, and colours of 24 and 32 bits.
///
/// - Source: BITMAPFILEHEADER, BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER of the Windows
///   graphics device interface.
public enum BMP {
  /// Whether bytes start as a BMP file does.
  public static func isBMP(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x42, 0x4d])
  }

  /// Decodes an image: 3 channels, 4 where a mask of an alpha channel is declared, 1 where every
  /// colour of the palette is grey.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole uncompressed image within the limits.
  public static func decode(
    _ bytes: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) -> RasterImage {
    let origin = Origin(reader: "BMP", source: source)
    return try withBytes(of: bytes) { input throws(FormatError) in
      let header = try BMPHeader(input, limits: limits, origin: origin)
      var pixels = ByteCursor(input, origin: origin)
      _ = try pixels.take(header.dataOffset, field: "bytes before the pixels")
      let data = try pixels.take(header.rowBytes * header.height, field: "pixels")
      return header.bitsPerPixel <= 8
        ? try header.image(ofIndices: data, origin: origin) : header.image(ofColours: data)
    }
  }

  /// The bytes of a BMP file of an image: 8 bits with a grey palette, 24 bits of colour, or 32 with
  /// alpha; of samples of 16 bits the upper 8.
  public static func encode(_ image: RasterImage) -> [UInt8] {
    let image = image.eightBit
    let bits = [8, 32, 24, 32][image.channels - 1]
    let rowBytes = (image.width * bits + 31) / 32 * 4
    let paletteBytes = bits == 8 ? 1024 : 0
    let headerBytes = bits == 32 ? 108 : 40
    let start = 14 + headerBytes + paletteBytes
    var result: [UInt8] = [0x42, 0x4d]
    func put(_ numbers: Int...) -> [UInt8] {
      numbers.flatMap {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: $0).littleEndian, Array.init)
      }
    }
    result += put(start + rowBytes * image.height, 0, start, headerBytes, image.width, image.height)
    result += [1, 0, UInt8(bits), 0]
    result += put(bits == 32 ? 3 : 0, rowBytes * image.height, 2835, 2835, bits == 8 ? 256 : 0, 0)
    if bits == 32 {
      result += put(0xff_0000, 0xff00, 0xff, 0xff00_0000, 0x7352_4742)
      result += [UInt8](repeating: 0, count: 48)
    }
    if bits == 8 { for grey in UInt8.min...UInt8.max { result += [grey, grey, grey, 0] } }
    for row in (0..<image.height).reversed() {
      for column in 0..<image.width {
        let first = (row * image.width + column) * image.channels
        let pixel = image.bytes[first..<(first + image.channels)]
        switch image.channels {
        case 1: result += pixel
        case 2:
          result += [
            image.bytes[first], image.bytes[first], image.bytes[first], image.bytes[first + 1],
          ]
        default:
          result += pixel.prefix(3).reversed()
          if image.channels == 4 { result.append(image.bytes[first + 3]) }
        }
      }
      result += repeatElement(0, count: rowBytes - image.width * bits / 8)
    }
    return result
  }
}

/// What stands before the pixels.
private struct BMPHeader {
  let width: Int
  let height: Int
  let isTopDown: Bool
  let bitsPerPixel: Int
  let dataOffset: Int
  /// Red, green, blue of each entry.
  let palette: [[UInt8]]
  /// The bits of red, green, blue and alpha in a pixel.
  let masks: [UInt32]

  var rowBytes: Int { (width * bitsPerPixel + 31) / 32 * 4 }

  init(
    _ input: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    var cursor = ByteCursor(input, origin: origin)
    let magic = try cursor.bigEndian(UInt16.self, field: "bfType")
    guard magic == 0x424d else {
      throw origin.error(
        .notThisFormat, "the bytes do not start as BMP does", at: .byte(0), field: "bfType",
        expected: "42 4d", got: String(magic, radix: 16),
        fix: "check that this is the file you mean.")
    }
    _ = try cursor.take(8, field: "bfSize, bfReserved")
    dataOffset = Int(try cursor.littleEndian(UInt32.self, field: "bfOffBits"))
    let size = Int(try cursor.littleEndian(UInt32.self, field: "biSize"))
    guard size >= 40, size <= 1 << 16 else {
      throw origin.error(
        .unsupported, "this kind of header is not read", at: .byte(14), field: "biSize",
        expected: "40 or more", got: "\(size)", fix: "convert the image to PNG.")
    }
    width = Int(try cursor.littleEndian(Int32.self, field: "biWidth"))
    let signedHeight = Int(try cursor.littleEndian(Int32.self, field: "biHeight"))
    isTopDown = signedHeight < 0
    height = abs(signedHeight)
    let planes = try cursor.littleEndian(UInt16.self, field: "biPlanes")
    guard planes == 1 else {
      throw origin.error(
        .invalid, "the number of planes is not 1", at: .byte(26), field: "biPlanes", expected: "1",
        got: "\(planes)")
    }
    bitsPerPixel = Int(try cursor.littleEndian(UInt16.self, field: "biBitCount"))
    guard [1, 4, 8, 24, 32].contains(bitsPerPixel) else {
      throw origin.error(
        .unsupported, "this number of bits is not read", at: .byte(28), field: "biBitCount",
        expected: "1, 4, 8, 24 or 32", got: "\(bitsPerPixel)", fix: "convert the image to PNG.")
    }
    let compression = try cursor.littleEndian(UInt32.self, field: "biCompression")
    guard compression == 0 || compression == 3 && bitsPerPixel == 32 else {
      throw origin.error(
        .unsupported, "compressed bitmaps are not read", at: .byte(30), field: "biCompression",
        expected: "0, or 3 with 32 bits", got: "\(compression)", fix: "convert the image to PNG.")
    }
    _ = try cursor.take(12, field: "biSizeImage, biXPelsPerMeter, biYPelsPerMeter")
    let used = Int(try cursor.littleEndian(UInt32.self, field: "biClrUsed"))
    _ = try cursor.take(4, field: "biClrImportant")
    let place = FormatError.Place.byte(18)
    _ = try origin.checkImage(
      width: width, height: height, sampleBytes: 4, limits: limits, at: place)

    var masks: [UInt32] = [0xff_0000, 0xff00, 0xff, 0]
    if compression == 3 {
      for index in 0..<(size >= 56 ? 4 : 3) {
        masks[index] = try cursor.littleEndian(UInt32.self, field: "mask \(index)")
      }
      for (index, mask) in masks.enumerated()
      where mask >> UInt32(mask.trailingZeroBitCount & 31) != 0xff {
        guard index == 3, mask == 0 else {
          throw origin.error(
            .unsupported, "a mask is not 8 bits wide", at: .byte(54 + 4 * index),
            field: "mask \(index)", expected: "eight ones side by side",
            got: "0x" + String(mask, radix: 16), fix: "convert the image to PNG.")
        }
      }
    }
    self.masks = masks

    var palette: [[UInt8]] = []
    if bitsPerPixel <= 8 {
      let entries = used == 0 ? 1 << bitsPerPixel : used
      guard entries <= 1 << bitsPerPixel else {
        throw origin.error(
          .invalid, "the palette is too large", at: .byte(46), field: "biClrUsed",
          expected: "at most \(1 << bitsPerPixel)", got: "\(used)")
      }
      var colours = ByteCursor(input, origin: origin)
      _ = try colours.take(14 + size, field: "header")
      for entry in 0..<entries {
        let bytes = try colours.take(4, field: "colour \(entry) of the palette")
        palette.append([bytes[2], bytes[1], bytes[0]])
      }
    }
    self.palette = palette
  }

  /// The image of indices into the palette.
  func image(
    ofIndices data: UnsafeRawBufferPointer, origin: Origin
  ) throws(FormatError) -> RasterImage {
    let isGrey = palette.allSatisfy { $0[0] == $0[1] && $0[1] == $0[2] }
    var result: [UInt8] = []
    result.reserveCapacity(width * height * (isGrey ? 1 : 3))
    for row in 0..<height {
      let line = (isTopDown ? row : height - 1 - row) * rowBytes
      for column in 0..<width {
        let bit = column * bitsPerPixel
        let entry =
          Int(data[line + bit / 8]) >> (8 - bitsPerPixel - bit % 8) & (1 << bitsPerPixel - 1)
        guard entry < palette.count else {
          throw origin.error(
            .invalid, "a pixel has a colour that the palette lacks",
            at: .byte(dataOffset + line + bit / 8), field: "pixel \(column) of row \(row)",
            expected: "0 to \(palette.count - 1)", got: "\(entry)")
        }
        result.append(contentsOf: isGrey ? palette[entry][..<1] : palette[entry][...])
      }
    }
    return RasterImage(
      unchecked: result, width: width, height: height, channels: isGrey ? 1 : 3, bitsPerSample: 8)
  }

  /// The image of pixels of 24 or 32 bits.
  func image(ofColours data: UnsafeRawBufferPointer) -> RasterImage {
    let channels = masks[3] == 0 ? 3 : 4
    let shifts = masks.map { UInt32($0.trailingZeroBitCount & 31) }
    let step = bitsPerPixel / 8
    var result: [UInt8] = []
    result.reserveCapacity(width * height * channels)
    for row in 0..<height {
      let line = (isTopDown ? row : height - 1 - row) * rowBytes
      for column in 0..<width {
        let first = line + column * step
        if step == 3 {
          result += [data[first + 2], data[first + 1], data[first]]
        } else {
          let pixel = UInt32(
            littleEndian: data.loadUnaligned(fromByteOffset: first, as: UInt32.self))
          for channel in 0..<channels {
            result.append(UInt8(truncatingIfNeeded: pixel >> shifts[channel]))
          }
        }
      }
    }
    return RasterImage(
      unchecked: result, width: width, height: height, channels: channels, bitsPerSample: 8)
  }
}
