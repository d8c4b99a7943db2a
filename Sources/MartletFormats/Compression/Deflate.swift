/// Raw DEFLATE streams, as zip holds them.
///
/// - Source: RFC 1951.
public enum Deflate {
  /// Decodes one stream, which must be all there is.
  ///
  /// - Parameter byteCount: how many bytes must come out, where the container declares it.
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything that is not a complete, valid stream of that size.
  public static func decompress(
    _ bytes: some Collection<UInt8>, byteCount: Int? = nil, limits: LoadLimits = LoadLimits(),
    source: String = "bytes"
  ) throws(FormatError) -> [UInt8] {
    let origin = Origin(reader: "deflate", source: source)
    return try withBytes(of: bytes) { input throws(FormatError) in
      var output = try GrowingBytes(
        for: input.count, declared: byteCount, limits: limits, origin: origin)
      var inflater = Inflater(input, startingAt: 0, origin: origin)
      try inflater.finish(into: &output, declared: byteCount)
      try origin.refuseTrailingBytes(of: input, from: inflater.position)
      return output.finished()
    }
  }

  /// One stream that decodes to these bytes; the same bytes give the same stream.
  public static func compress(_ bytes: some Collection<UInt8>) -> [UInt8] {
    withBytes(of: bytes) { Deflater.compress($0, into: []) }
  }
}

/// DEFLATE streams with zlib's header and checksum, as PNG and HDF5 hold them.
///
/// - Source: RFC 1950.
public enum Zlib {
  /// Decodes one stream, which must be all there is, and checks its Adler-32.
  ///
  /// - Parameter byteCount: how many bytes must come out, where the container declares it.
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything that is not a complete, valid stream of that size.
  public static func decompress(
    _ bytes: some Collection<UInt8>, byteCount: Int? = nil, limits: LoadLimits = LoadLimits(),
    source: String = "bytes"
  ) throws(FormatError) -> [UInt8] {
    let origin = Origin(reader: "zlib", source: source)
    return try withBytes(of: bytes) { input throws(FormatError) in
      var header = ByteCursor(input, origin: origin)
      let method = try header.byte(field: "CMF")
      let flags = try header.byte(field: "FLG")
      guard method & 15 == 8, method >> 4 <= 7, (Int(method) << 8 | Int(flags)) % 31 == 0 else {
        throw origin.error(
          .notThisFormat, "the bytes do not start as a zlib stream does", at: .byte(0),
          field: "CMF, FLG", expected: "method 8, a window of 32 KiB at most, a multiple of 31",
          got: "\(method), \(flags)", fix: "check that the data is zlib's, not gzip's or raw.")
      }
      guard flags & 0x20 == 0 else {
        throw origin.error(
          .unsupported, "the stream needs a preset dictionary", at: .byte(1), field: "FDICT",
          expected: "0", got: "1", fix: "compress the data without a dictionary.")
      }
      var output = try GrowingBytes(
        for: input.count, declared: byteCount, limits: limits, origin: origin)
      var inflater = Inflater(input, startingAt: header.offset, origin: origin)
      try inflater.finish(into: &output, declared: byteCount)
      _ = try header.take(inflater.position - header.offset, field: "compressed data")
      let stored = try header.bigEndian(UInt32.self, field: "ADLER32")
      let sum = output.withBytes(from: 0) { Adler32.checksum(of: $0) }
      guard stored == sum else {
        throw origin.wrongChecksum(
          stored: stored, computed: sum, at: header.offset - 4, field: "ADLER32")
      }
      try origin.refuseTrailingBytes(of: input, from: header.offset)
      return output.finished()
    }
  }

  /// One stream that decodes to these bytes, with its Adler-32; the same bytes give the same stream.
  public static func compress(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let checksum = Adler32.checksum(of: bytes)
    let stream = withBytes(of: bytes) { Deflater.compress($0, into: [0x78, 0x9c]) }
    return stream + withUnsafeBytes(of: checksum.bigEndian) { Array($0) }
  }
}

extension GrowingBytes {
  /// The output for `compressed` bytes, no larger than the limits and the container allow.
  init(
    for compressed: Int, declared: Int?, hint: Int? = nil, limits: LoadLimits, origin: Origin
  ) throws(FormatError) {
    if let declared, declared < 0 || declared > limits.dataBytes {
      throw origin.overLimit(
        .dataBytes, "the declared size is above the limit", most: limits.dataBytes,
        got: "\(declared)", at: .whole, field: "declared size")
    }
    self.init(limit: declared ?? limits.dataBytes, hint: declared ?? hint, compressed: compressed)
  }
}

extension Inflater {
  /// Decodes a whole stream, whose size must be the declared one if there is one.
  mutating func finish(into output: inout GrowingBytes, declared: Int?) throws(FormatError) {
    guard try run(into: &output) else {
      throw origin.outputIsOverLimit(of: output, declared: declared, at: position)
    }
    try origin.check(output, declared: declared)
  }
}

extension Origin {
  /// Checks that as many bytes were decoded as the container declares.
  func check(_ output: borrowing GrowingBytes, declared: Int?) throws(FormatError) {
    if let declared, output.count < declared {
      throw error(
        .mismatch, "fewer bytes come out than declared", at: .whole, field: "declared size",
        expected: "\(declared)", got: "\(output.count)")
    }
  }

  /// The error of a stream that goes on where the output may not.
  func outputIsOverLimit(
    of output: borrowing GrowingBytes, declared: Int?, at offset: Int
  ) -> FormatError {
    if let declared {
      return error(
        .mismatch, "more bytes come out than declared", at: .byte(offset), field: "declared size",
        expected: "\(declared)", got: "more")
    }
    return overLimit(
      .dataBytes, "the data expands past the limit", most: output.limit, got: "more",
      at: .byte(offset), field: "compressed data")
  }

  func wrongChecksum(
    stored: UInt32, computed: UInt32, at offset: Int, field: String
  ) -> FormatError {
    error(
      .checksum, "the checksum is not that of the data", at: .byte(offset), field: field,
      expected: "0x" + String(computed, radix: 16) + ", computed from the data",
      got: "0x" + String(stored, radix: 16))
  }

  func refuseTrailingBytes(
    of input: UnsafeRawBufferPointer, from offset: Int
  ) throws(FormatError) {
    guard offset < input.count else { return }
    throw error(
      .trailingBytes, "bytes follow the end of the stream", at: .byte(offset), field: "end",
      expected: "nothing", got: "\(input.count - offset) bytes",
      fix: "cut them off if they are not yours; the stream before them is sound.")
  }
}
