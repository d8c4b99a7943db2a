extension PNG {
  /// The bytes of a PNG file of an image: grey, grey with alpha, colour or colour with alpha, of 8 or
  /// 16 bits.
  ///
  /// Each row has the filter whose differences are smallest; the same image gives the same bytes.
  public static func encode(_ image: RasterImage) -> [UInt8] {
    let colourTypes: [UInt8] = [0, 4, 2, 6]
    var header: [UInt8] = []
    header += bigEndianBytes(UInt32(truncatingIfNeeded: image.width))
    header += bigEndianBytes(UInt32(truncatingIfNeeded: image.height))
    header += [UInt8(image.bitsPerSample), colourTypes[image.channels - 1], 0, 0, 0]
    return signature + chunk("IHDR", header)
      + chunk("IDAT", Zlib.compress(filteredRows(of: image))) + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let covered = Array(type.utf8) + data
    return bigEndianBytes(UInt32(data.count)) + covered
      + bigEndianBytes(CRC32.checksum(of: covered))
  }

  private static func bigEndianBytes(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  private static func filteredRows(of image: RasterImage) -> [UInt8] {
    let step = image.channels * image.bitsPerSample / 8
    let rowBytes = image.width * step
    var samples = image.bytes
    #if _endian(little)
      if image.bitsPerSample == 16 {
        for index in stride(from: 0, to: samples.count, by: 2) { samples.swapAt(index, index + 1) }
      }
    #endif
    var result: [UInt8] = []
    result.reserveCapacity(image.height * (1 + rowBytes))
    var lines = [[UInt8]](repeating: [UInt8](repeating: 0, count: rowBytes), count: 5)
    for row in 0..<image.height {
      let first = row * rowBytes
      for index in 0..<rowBytes {
        let x = samples[first + index]
        let a = index >= step ? samples[first + index - step] : 0
        let b = row > 0 ? samples[first + index - rowBytes] : 0
        let c = row > 0 && index >= step ? samples[first + index - rowBytes - step] : 0
        lines[0][index] = x
        lines[1][index] = x &- a
        lines[2][index] = x &- b
        lines[3][index] = x &- UInt8((UInt16(a) + UInt16(b)) / 2)
        lines[4][index] = x &- paeth(a, b, c)
      }
      // The sum of the differences, each taken as a number with a sign, foretells their cost.
      let costs = lines.map { $0.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) } }
      let best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
      result.append(UInt8(best))
      result += lines[best]
    }
    return result
  }
}
