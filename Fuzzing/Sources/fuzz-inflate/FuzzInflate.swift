import FuzzSupport
import MartletFormats

/// Any bytes as a raw stream, as zlib and as gzip; the raw stream also in containers with right
/// headers and checksums, which no mutation would find.
///
/// What comes out must be what the plain twin says, and no more than the limit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  var limits = LoadLimits()
  // Small outputs most of the time, for the twin is slow; whole windows now and then.
  limits.dataBytes = count % 16 == 0 ? 1 << 16 : 1 << 12

  _ = try? Gzip.decompress(bytes, limits: limits)
  _ = try? Zlib.decompress(bytes, limits: limits)

  let plain = PlainInflate.decode(bytes, most: limits.dataBytes)
  guard let plain else {
    do throws(FormatError) {
      let output = try Deflate.decompress(bytes, limits: limits)
      expect(false, "refused by the twin only: \(output.count) bytes")
    } catch {
      expect(!error.description.isEmpty, "no message")
    }
    return 0
  }
  let stream = bytes[..<plain.used]
  let output = try? Deflate.decompress(stream, limits: limits)
  expect(output == plain.output, "the twin decodes something else")
  if plain.used < bytes.count {
    expect((try? Deflate.decompress(bytes, limits: limits)) == nil, "trailing bytes")
  }

  let size = plain.output.count
  expect((try? Deflate.decompress(stream, byteCount: size)) == plain.output, "declared size")
  expect((try? Deflate.decompress(stream, byteCount: size + 1)) == nil, "declared one more")
  if size > 0 {
    expect((try? Deflate.decompress(stream, byteCount: size - 1)) == nil, "declared one less")
  }
  let adler = Adler32.checksum(of: plain.output).bigEndian
  let zlib = [0x78, 0x9c] + stream + withUnsafeBytes(of: adler) { Array($0) }
  expect((try? Zlib.decompress(zlib, limits: limits)) == plain.output, "zlib")

  let crc = CRC32.checksum(of: plain.output).littleEndian
  let member =
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] + stream + withUnsafeBytes(of: crc) { Array($0) }
    + withUnsafeBytes(of: UInt32(size).littleEndian) { Array($0) }
  expect((try? Gzip.decompress(member, limits: limits)) == plain.output, "gzip")
  limits.dataBytes = 2 * size
  let twice = try? Gzip.decompress(member + member, limits: limits)
  expect(twice == plain.output + plain.output, "two members")
  return 0
}
