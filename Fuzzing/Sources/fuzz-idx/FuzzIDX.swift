import FuzzSupport
import MartletFormats

/// Any bytes as an IDX file, and the same bytes as a gzip file: one array, or the same refusal.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  var limits = LoadLimits()
  limits.dataBytes = 1 << 16
  let plain = read(bytes, limits)
  if case .success(let array) = plain {
    let product = array.shape.reduce(1) { $0 &* $1 }
    expect(array.bytes.count == product * array.elementType.byteCount, "size")
  }
  guard !Gzip.isGzip(bytes), count < 1 << 16 else { return 0 }
  let size = UInt16(count)
  let crc = CRC32.checksum(of: bytes)
  let zipped =
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1] + littleEndian(size) + littleEndian(~size) + bytes
    + littleEndian(crc) + littleEndian(UInt32(size))
  let unzipped = read(zipped, limits)
  switch (plain, unzipped) {
  case (.success(let a), .success(let b)): expect(a == b, "another array when compressed")
  case (.failure(let a), .failure(let b)):
    expect(a.reason == b.reason && a.place == b.place, "\(a)\n\(b)")
  default: expect(false, "\(plain) \(unzipped)")
  }
  return 0
}

private func read(_ bytes: [UInt8], _ limits: LoadLimits) -> Result<IDX, FormatError> {
  Result { () throws(FormatError) in try IDX(bytes, limits: limits) }
}

private func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
