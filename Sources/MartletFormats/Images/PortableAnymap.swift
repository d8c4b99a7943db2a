/// PGM and PPM images, as text (P2, P3) or as bytes (P5, P6).
///
/// - Source: the manual pages pgm(5) and ppm(5) of Netpbm.
public enum PortableAnymap {
  /// Whether bytes start as a PGM or PPM file does.
  public static func isPortableAnymap(_ bytes: some Collection<UInt8>) -> Bool {
    let start = Array(bytes.prefix(2))
    return start.count == 2 && start[0] == UInt8(ascii: "P")
      && [0x32, 0x33, 0x35, 0x36].contains(start[1])
  }

  /// Decodes the first image of a file.
  ///
  /// Samples are spread over 0 … 255, or over 0 … 65535 where the largest is above 255; what follows
  /// the image is not looked at.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole image within the limits.
  public static func decode(
    _ bytes: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) -> RasterImage {
    let origin = Origin(reader: "PNM", source: source)
    return try withBytes(of: bytes) { input throws(FormatError) in
      guard isPortableAnymap(input) else {
        throw origin.error(
          .notThisFormat, "the bytes do not start as PGM or PPM does", at: .byte(0),
          field: "magic number", expected: "P2, P3, P5 or P6",
          got: String(decoding: input.prefix(2), as: UTF8.self),
          fix: "check that this is the file you mean.")
      }
      let kind = input[1]
      var cursor = ByteCursor(input, origin: origin)
      _ = try cursor.take(2, field: "magic number")
      let width = try cursor.number("width", most: Int(Int32.max))
      let height = try cursor.number("height", most: Int(Int32.max))
      let place = FormatError.Place.byte(cursor.offset)
      let largest = try cursor.number("maxval", most: 65535)
      guard largest > 0 else {
        throw origin.error(
          .invalid, "the largest sample is none", at: place, field: "maxval",
          expected: "1 to 65535", got: "0")
      }
      let channels = kind == 0x33 || kind == 0x36 ? 3 : 1
      let isWide = largest > 255
      let byteCount = try origin.checkImage(
        width: width, height: height, sampleBytes: channels * (isWide ? 2 : 1), limits: limits,
        at: place)
      let count = byteCount / (isWide ? 2 : 1)
      let samples: [Int]
      if kind >= 0x35 {
        // One blank ends the header; the samples may begin with bytes that look like blanks.
        _ = try cursor.blank(behind: "maxval")
        samples = try binary(count, isWide: isWide, largest: largest, from: &cursor)
      } else {
        // A sample takes two bytes at least: what is not there needs no memory.
        guard count <= cursor.remaining else {
          throw origin.error(
            .truncated, "the samples end too early", at: .byte(cursor.offset), field: "samples",
            expected: "\(count) of them", got: "\(cursor.remaining) bytes")
        }
        var numbers: [Int] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try cursor.number("sample", most: largest)) }
        samples = numbers
      }
      let bytes: [UInt8]
      if isWide {
        bytes = samples.map { UInt16(($0 * 65535 + largest / 2) / largest) }
          .withUnsafeBytes { Array($0) }
      } else {
        bytes = samples.map { UInt8(($0 * 255 + largest / 2) / largest) }
      }
      return RasterImage(
        unchecked: bytes, width: width, height: height, channels: channels,
        bitsPerSample: isWide ? 16 : 8)
    }
  }

  private static func binary(
    _ count: Int, isWide: Bool, largest: Int, from cursor: inout ByteCursor
  ) throws(FormatError) -> [Int] {
    let start = cursor.offset
    let origin = cursor.origin
    let bytes = try cursor.take(isWide ? 2 * count : count, field: "samples")
    let samples = (0..<count).map { (index: Int) -> Int in
      isWide ? Int(bytes[2 * index]) << 8 | Int(bytes[2 * index + 1]) : Int(bytes[index])
    }
    if let index = samples.firstIndex(where: { $0 > largest }) {
      throw origin.error(
        .invalid, "a sample is above the largest", at: .byte(start + index * (isWide ? 2 : 1)),
        field: "samples", expected: "0 to \(largest)", got: "\(samples[index])")
    }
    return samples
  }

  /// The bytes of a PGM (grey) or PPM (colour) file of an image, samples as bytes; alpha is dropped.
  public static func encode(_ image: RasterImage) -> [UInt8] {
    let isGrey = image.channels < 3
    let largest = image.bitsPerSample == 8 ? 255 : 65535
    var result = Array("\(isGrey ? "P5" : "P6")\n\(image.width) \(image.height)\n\(largest)\n".utf8)
    let kept = isGrey ? 1 : 3
    let size = image.bitsPerSample / 8
    let pixel = image.channels * size
    for start in stride(from: 0, to: image.bytes.count, by: pixel) {
      for channel in 0..<kept {
        let sample = image.bytes[(start + channel * size)..<(start + (channel + 1) * size)]
        #if _endian(little)
          result.append(contentsOf: sample.reversed())
        #else
          result.append(contentsOf: sample)
        #endif
      }
    }
    return result
  }
}

extension ByteCursor {
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  /// Moves past one blank.
  fileprivate mutating func blank(behind field: String) throws(FormatError) -> UInt8 {
    let byte = try byte(field: "blank behind \(field)")
    guard Self.isBlank(byte) else {
      throw origin.error(
        .invalid, "no blank ends the header", at: .byte(offset - 1), field: field,
        expected: "a blank", got: "byte \(byte)")
    }
    return byte
  }

  /// The next number in decimal digits, behind blanks and comments.
  fileprivate mutating func number(_ field: String, most: Int) throws(FormatError) -> Int {
    let before = offset
    while let byte = next {
      if byte == UInt8(ascii: "#") {
        while let byte = next, byte != 10, byte != 13 { skipOne() }
      } else if !Self.isBlank(byte) {
        break
      }
      skipOne()
    }
    let start = offset
    guard start > before else {
      throw origin.error(
        isAtEnd ? .truncated : .invalid, "a number is missing", at: .byte(start), field: field,
        expected: "a blank, then digits", got: next.map { "byte \($0)" } ?? "the end")
    }
    var value = 0
    while let byte = next, (48...57).contains(byte) {
      value = min(value * 10 + Int(byte - 48), most + 1)
      skipOne()
    }
    guard offset > start else {
      throw origin.error(
        isAtEnd ? .truncated : .invalid, "a number is missing", at: .byte(start), field: field,
        expected: "digits", got: next.map { "byte \($0)" } ?? "the end")
    }
    guard value <= most else {
      throw origin.error(
        .invalid, "a number is too large", at: .byte(start), field: field,
        expected: "at most \(most)",
        got: String(decoding: bytes[start..<offset].prefix(20), as: UTF8.self))
    }
    return value
  }
}
