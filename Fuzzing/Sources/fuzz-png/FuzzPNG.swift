import FuzzSupport
import MartletFormats

/// Any bytes as a file; and the same bytes as what a file holds, since no mutation finds the
/// checksums of its chunks: eight bytes of header, then palette, transparency and filtered rows.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  check(bytes)
  guard count > 8 else { return 0 }
  let (width, height) = (Int(bytes[0] & 63) + 1, Int(bytes[1] & 63) + 1)
  let depth = UInt8([1, 2, 4, 8, 16][Int(bytes[2]) % 5])
  let colourType = UInt8([0, 2, 3, 4, 6][Int(bytes[3]) % 5])
  let isInterlaced = bytes[4] & 1
  let rest = bytes[8...]
  let palette = rest.prefix(Int(bytes[5]) * 3)
  let alpha = rest.dropFirst(palette.count).prefix(Int(bytes[6]))
  let rows = rest.dropFirst(palette.count + alpha.count)
  var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  let header =
    bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [depth, colourType, 0, 0, isInterlaced]
  file += chunk("IHDR", header[...])
  if !palette.isEmpty { file += chunk("PLTE", palette) }
  if !alpha.isEmpty { file += chunk("tRNS", alpha) }
  // In two parts, so that data goes on in another chunk.
  let data = stored(rows)
  let half = data.count / 2
  file += chunk("IDAT", data[..<half]) + chunk("IDAT", data[half...]) + chunk("IEND", [])
  let image = check(file)

  let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(colourType)] ?? 0
  let rowBytes = (width * samples * Int(depth) + 7) / 8
  let isPlain = isInterlaced == 0 && colourType != 3 && palette.isEmpty && alpha.isEmpty
  guard isPlain, depth >= 8 else { return 0 }
  let filters = stride(from: 0, to: rows.count, by: rowBytes + 1).map { rows[rows.startIndex + $0] }
  let isSound = rows.count == height * (rowBytes + 1) && filters.allSatisfy { $0 <= 4 }
  expect((image != nil) == isSound, "a sound image is refused, or another taken")
  if let image, filters.allSatisfy({ $0 == 0 }), depth == 8 {
    let samples = rows.enumerated().filter { $0.offset % (rowBytes + 1) != 0 }.map(\.element)
    expect(image.bytes == samples, "the samples change")
  }
  return 0
}

/// What is read has the samples of its size, and survives writing.
@discardableResult
private func check(_ bytes: [UInt8]) -> RasterImage? {
  var limits = LoadLimits()
  limits.dataBytes = 1 << 20
  let image: RasterImage
  do throws(FormatError) {
    image = try PNG.decode(bytes, limits: limits)
  } catch {
    expect(!error.description.isEmpty, "no message")
    return nil
  }
  let size = image.width * image.height * image.channels * image.bitsPerSample / 8
  expect(image.bytes.count == size, "size")
  do throws(FormatError) {
    let again = try RasterImage(encoded: PNG.encode(image), limits: limits)
    expect(again == image, "the image changes")
  } catch {
    expect(false, "what was read cannot be written: \(error)")
  }
  return image
}

private func chunk(_ type: String, _ data: ArraySlice<UInt8>) -> [UInt8] {
  let covered = Array(type.utf8) + data
  return bigEndian(UInt32(data.count)) + covered + bigEndian(CRC32.checksum(of: covered))
}

/// A zlib stream of bytes that are not compressed.
private func stored(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  let size = UInt16(truncatingIfNeeded: bytes.count)
  let sizes = withUnsafeBytes(of: (size.littleEndian, (~size).littleEndian)) { Array($0) }
  return [0x78, 0x01, 1] + sizes + bytes + bigEndian(Adler32.checksum(of: bytes))
}

private func bigEndian(_ number: UInt32) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { Array($0) }
}
