/// The chunks of a PNG file, checked: their order, their sizes, their checksums.
struct PNGChunks {
  let header: PNGHeader
  /// Red, green, blue of each entry.
  private(set) var palette: [UInt8] = []
  /// Alpha of the first entries of the palette.
  private(set) var paletteAlpha: [UInt8] = []
  /// The samples of the colour that is transparent, in images without a palette.
  private(set) var transparentColour: [Int]?
  /// The compressed data, and where in the file each part of it came from.
  private var data: [UInt8] = []
  private var parts: [(start: Int, offset: Int)] = []
  let origin: Origin

  init(
    _ input: UnsafeRawBufferPointer, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    self.origin = origin
    var cursor = ByteCursor(input, origin: origin)
    guard PNG.isPNG(input) else {
      throw origin.error(
        .notThisFormat, "the bytes do not start as PNG does", at: .byte(0), field: "signature",
        expected: "89 50 4e 47 0d 0a 1a 0a",
        got: input.prefix(8).map { String($0, radix: 16) }.joined(separator: " "),
        fix: "check that this is the file you mean.")
    }
    _ = try cursor.take(8, field: "signature")
    let first = try Chunk(&cursor)
    guard first.type == "IHDR" else {
      throw origin.error(
        .invalid, "the first chunk is not the header", at: .byte(first.offset),
        field: "chunk type", expected: "IHDR", got: first.type)
    }
    header = try PNGHeader(first.data, at: first.dataOffset, origin: origin)
    _ = try origin.checkImage(
      width: header.width, height: header.height, sampleBytes: 8, limits: limits,
      at: .byte(first.dataOffset))

    var ended = false
    var dataIsOver = false
    while !ended {
      let chunk = try Chunk(&cursor)
      if chunk.type != "IDAT", !parts.isEmpty { dataIsOver = true }
      switch chunk.type {
      case "PLTE": try readPalette(chunk)
      case "tRNS": try readTransparency(chunk)
      case "IDAT":
        guard !dataIsOver else {
          throw misplaced(chunk, "all parts of the data one after the other")
        }
        parts.append((data.count, chunk.dataOffset))
        data.append(contentsOf: chunk.data)
      case "IEND": ended = true
      case "IHDR": throw misplaced(chunk, "one header only")
      default:
        guard chunk.isAncillary else {
          throw origin.error(
            .unsupported, "a chunk that the image needs is unknown", at: .byte(chunk.offset),
            field: "chunk type", expected: "IHDR, PLTE, IDAT, IEND or an ancillary chunk",
            got: chunk.type)
        }
      }
    }
    guard !parts.isEmpty else {
      throw origin.error(
        .invalid, "the image has no data", at: .byte(cursor.offset), field: "IDAT",
        expected: "one chunk at least", got: "none")
    }
    if header.colourType == .palette, palette.isEmpty {
      throw origin.error(
        .invalid, "the palette is missing", at: .byte(cursor.offset), field: "PLTE",
        expected: "a palette, for colour type 3", got: "none")
    }
  }

  private func misplaced(_ chunk: Chunk, _ expected: String) -> FormatError {
    origin.error(
      .invalid, "a chunk stands where it may not", at: .byte(chunk.offset), field: chunk.type,
      expected: expected, got: "another \(chunk.type)")
  }

  private mutating func readPalette(_ chunk: Chunk) throws(FormatError) {
    guard palette.isEmpty, parts.isEmpty, paletteAlpha.isEmpty else {
      throw misplaced(chunk, "one palette, before tRNS and IDAT")
    }
    let most = header.colourType == .palette ? 3 << header.bitDepth : 768
    guard !chunk.data.isEmpty, chunk.data.count % 3 == 0, chunk.data.count <= most else {
      throw origin.error(
        .invalid, "the palette has another size", at: .byte(chunk.dataOffset), field: "PLTE",
        expected: "a multiple of 3 bytes, \(most) at most", got: "\(chunk.data.count)")
    }
    palette = Array(chunk.data)
  }

  private mutating func readTransparency(_ chunk: Chunk) throws(FormatError) {
    guard transparentColour == nil, paletteAlpha.isEmpty, parts.isEmpty else {
      throw misplaced(chunk, "one tRNS, before IDAT")
    }
    let expected: String
    switch header.colourType {
    case .palette:
      if (1...max(1, palette.count / 3)).contains(chunk.data.count), !palette.isEmpty {
        paletteAlpha = Array(chunk.data)
        return
      }
      expected = "1 to \(palette.count / 3) bytes, behind the palette"
    case .grey, .colour:
      let count = header.storedChannels
      if chunk.data.count == 2 * count {
        transparentColour = (0..<count).map {
          Int(UInt16(bigEndian: chunk.data.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)))
        }
        return
      }
      expected = "\(2 * count) bytes"
    case .greyAlpha, .colourAlpha: expected = "no tRNS beside an alpha channel"
    }
    throw origin.error(
      .invalid, "the transparent colour does not fit the image", at: .byte(chunk.dataOffset),
      field: "tRNS", expected: expected, got: "\(chunk.data.count) bytes")
  }

  /// The filtered rows, as many as the header declares.
  ///
  /// Mistakes are found at their place in the file, whatever chunk they stand in.
  func decompressed(limits: LoadLimits) throws(FormatError) -> [UInt8] {
    do throws(FormatError) {
      return try Zlib.decompress(
        data, byteCount: header.filteredByteCount, limits: limits, source: origin.source)
    } catch {
      var error = error
      error.reader = origin.reader
      error.field = "IDAT, \(error.field)"
      if case .byte(let offset) = error.place, let part = parts.last(where: { $0.start <= offset })
      {
        error.place = .byte(part.offset + offset - part.start)
      }
      throw error
    }
  }
}

/// One chunk, whose checksum is right.
private struct Chunk {
  let type: String
  let data: UnsafeRawBufferPointer
  /// Where the chunk starts, and where its data does.
  let offset: Int
  let dataOffset: Int
  let isAncillary: Bool

  init(_ cursor: inout ByteCursor) throws(FormatError) {
    offset = cursor.offset
    let length = try cursor.bigEndian(UInt32.self, field: "chunk length")
    guard length < 1 << 31 else {
      throw cursor.origin.error(
        .invalid, "a chunk is longer than the format allows", at: .byte(offset),
        field: "chunk length", expected: "below 2147483648", got: "\(length)")
    }
    let name = try cursor.take(4, field: "chunk type")
    guard name.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }) else {
      throw cursor.origin.error(
        .invalid, "the name of a chunk is none", at: .byte(offset + 4), field: "chunk type",
        expected: "four letters",
        got: name.map { String($0, radix: 16) }.joined(separator: " "))
    }
    type = String(decoding: name, as: UTF8.self)
    isAncillary = name[0] & 0x20 != 0
    dataOffset = cursor.offset
    data = try cursor.take(Int(length), field: "data of \(type)")
    let stored = try cursor.bigEndian(UInt32.self, field: "checksum of \(type)")
    let covered = UnsafeRawBufferPointer(
      rebasing: cursor.bytes[(offset + 4)..<(cursor.offset - 4)])
    let computed = CRC32.checksum(of: covered)
    guard stored == computed else {
      throw cursor.origin.wrongChecksum(
        stored: stored, computed: computed, at: cursor.offset - 4, field: "checksum of \(type)")
    }
  }
}
