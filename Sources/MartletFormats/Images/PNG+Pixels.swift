extension PNGChunks {
  /// The image of filtered rows, as many bytes as the header declares.
  func image(fromFiltered rows: consuming [UInt8]) throws(FormatError) -> RasterImage {
    var rows = rows
    var samples = [UInt16](
      repeating: 0, count: header.width * header.height * header.storedChannels)
    var start = 0
    for pass in header.passes {
      let rowBytes = header.rowBytes(pass.width)
      try unfilter(&rows, from: start, rowBytes: rowBytes, count: pass.height)
      for row in 0..<pass.height {
        let first = start + row * (1 + rowBytes) + 1
        unpack(
          rows[first..<(first + rowBytes)], into: &samples, pass: pass,
          row: pass.y + row * pass.stepY)
      }
      start += pass.height * (1 + rowBytes)
    }
    return try image(of: samples)
  }

  /// Undoes the filters of rows that each begin with the number of their filter.
  private func unfilter(
    _ bytes: inout [UInt8], from start: Int, rowBytes: Int, count: Int
  ) throws(FormatError) {
    let step = header.filterStep
    for row in 0..<count {
      let line = start + row * (1 + rowBytes)
      let filter = bytes[line]
      guard filter < 5 else {
        throw origin.error(
          .invalid, "the filter of a row is unknown", at: .whole,
          field: "IDAT, filter of row \(row)", expected: "0 to 4", got: "\(filter)")
      }
      if filter == 0 { continue }
      bytes.withUnsafeMutableBufferPointer { bytes in
        let first = line + 1
        let above = first - 1 - rowBytes
        for index in 0..<rowBytes {
          let a = index >= step ? bytes[first + index - step] : 0
          let b = row > 0 ? bytes[above + index] : 0
          let prediction: UInt8
          switch filter {
          case 1: prediction = a
          case 2: prediction = b
          case 3: prediction = UInt8((UInt16(a) + UInt16(b)) / 2)
          default:
            let c = row > 0 && index >= step ? bytes[above + index - step] : 0
            prediction = PNG.paeth(a, b, c)
          }
          bytes[first + index] &+= prediction
        }
      }
    }
  }

  /// Spreads the samples of a row of a pass over the image.
  private func unpack(
    _ bytes: ArraySlice<UInt8>, into samples: inout [UInt16], pass: PNGHeader.Pass, row: Int
  ) {
    let channels = header.storedChannels
    let depth = header.bitDepth
    let first = bytes.startIndex
    for pixel in 0..<pass.width {
      let target = (row * header.width + pass.x + pixel * pass.stepX) * channels
      for channel in 0..<channels {
        let index = pixel * channels + channel
        switch depth {
        case 8: samples[target + channel] = UInt16(bytes[first + index])
        case 16:
          samples[target + channel] =
            UInt16(bytes[first + 2 * index]) << 8 | UInt16(bytes[first + 2 * index + 1])
        default:
          let bit = index * depth
          let value = Int(bytes[first + bit / 8]) >> (8 - depth - bit % 8)
          samples[target + channel] = UInt16(value & (1 << depth - 1))
        }
      }
    }
  }

  private func image(of samples: [UInt16]) throws(FormatError) -> RasterImage {
    let pixels = header.width * header.height
    let channels = header.storedChannels
    if header.colourType == .palette { return try image(ofIndices: samples) }
    let most = 1 << header.bitDepth - 1
    let isWide = header.bitDepth == 16
    let scale = isWide ? 1 : 255 / most
    let hasKey = transparentColour != nil
    var values: [UInt16] = []
    values.reserveCapacity(pixels * (channels + 1))
    for pixel in 0..<pixels {
      let stored = samples[(pixel * channels)..<((pixel + 1) * channels)]
      for sample in stored { values.append(UInt16(Int(sample) * scale)) }
      if let key = transparentColour {
        let isTransparent = stored.elementsEqual(key) { Int($0) == $1 & most }
        values.append(isTransparent ? 0 : isWide ? 65535 : 255)
      }
    }
    return RasterImage(
      unchecked: isWide
        ? values.withUnsafeBytes { Array($0) } : values.map { UInt8(truncatingIfNeeded: $0) },
      width: header.width, height: header.height, channels: channels + (hasKey ? 1 : 0),
      bitsPerSample: isWide ? 16 : 8)
  }

  private func image(ofIndices samples: [UInt16]) throws(FormatError) -> RasterImage {
    let entries = palette.count / 3
    let channels = paletteAlpha.isEmpty ? 3 : 4
    var bytes: [UInt8] = []
    bytes.reserveCapacity(samples.count * channels)
    for (pixel, sample) in samples.enumerated() {
      let entry = Int(sample)
      guard entry < entries else {
        throw origin.error(
          .invalid, "a pixel has a colour that the palette lacks", at: .whole,
          field: "IDAT, pixel \(pixel % header.width) of row \(pixel / header.width)",
          expected: "0 to \(entries - 1)", got: "\(entry)")
      }
      bytes.append(contentsOf: palette[(3 * entry)..<(3 * entry + 3)])
      if channels == 4 { bytes.append(entry < paletteAlpha.count ? paletteAlpha[entry] : 255) }
    }
    return RasterImage(
      unchecked: bytes, width: header.width, height: header.height, channels: channels,
      bitsPerSample: 8)
  }
}

extension PNG {
  /// Of the bytes to the left, above, and above to the left: the one nearest to a + b − c.
  static func paeth(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt8 {
    let sum = Int(a) + Int(b) - Int(c)
    let (left, above, corner) = (abs(sum - Int(a)), abs(sum - Int(b)), abs(sum - Int(c)))
    if left <= above, left <= corner { return a }
    return above <= corner ? b : c
  }
}
