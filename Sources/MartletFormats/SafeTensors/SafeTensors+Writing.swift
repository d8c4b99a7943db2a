extension SafeTensors {
  /// The bytes of a safetensors file with these arrays.
  ///
  /// The same arrays give the same bytes, in whatever order they come: sorted by type, then by
  /// name, as the reference implementation sorts them.
  ///
  /// - Throws: ``FormatError`` if a name stands there twice or is `__metadata__`, if the bytes of
  ///   an array are not as many as its shape asks for, or if the header grows too large.
  public static func fileBytes(
    of entries: [Entry], metadata: [String: String] = [:]
  ) throws(FormatError) -> [UInt8] {
    let sorted = entries.sorted { ($1.dtype.order, $0.name) < ($0.dtype.order, $1.name) }
    var file = try header(of: sorted, metadata: metadata)
    file.reserveCapacity(sorted.reduce(file.count) { $0 + $1.bytes.count })
    for entry in sorted { file.append(contentsOf: entry.bytes) }
    return file
  }

  /// Everything before the data: the header's size, and the header padded with spaces to a
  /// multiple of eight bytes.
  private static func header(
    of entries: [Entry], metadata: [String: String]
  ) throws(FormatError) -> [UInt8] {
    let origin = Origin(reader: "safetensors", source: "bytes")
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0)):\(quoted($1))" }
      fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var names: Set = ["__metadata__"]
    var end = 0
    for entry in entries {
      guard names.insert(entry.name).inserted else {
        throw origin.error(
          .duplicate, "a name is taken", at: .whole, field: entry.name,
          expected: "each name once, and none that is __metadata__", got: entry.name,
          fix: "give the tensors different names.")
      }
      let size =
        entry.shape.contains { $0 < 0 }
        ? -1
        : try origin.product(
          of: entry.shape, times: entry.dtype.byteCount, at: .whole, field: entry.name)
      guard size == entry.bytes.count else {
        throw origin.error(
          .mismatch, "shape and bytes of a tensor disagree", at: .whole, field: entry.name,
          expected: "the bytes of \(entry.shape) of \(entry.dtype.rawValue)",
          got: "\(entry.bytes.count)", fix: "pass all bytes of the tensor, and only them.")
      }
      let shape = entry.shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(quoted(entry.name)):{\"dtype\":\"\(entry.dtype.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(end),\(end + size)]}")
      end += size
    }
    var text = Array("{\(fields.joined(separator: ","))}".utf8)
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -text.count & 7))
    guard text.count <= SafeTensorsHeader.mostBytes else {
      throw origin.error(
        .invalid, "the header is larger than the format allows", at: .whole, field: "header size",
        expected: "at most \(SafeTensorsHeader.mostBytes)", got: "\(text.count)",
        fix: "use shorter names, less metadata or several files.")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  /// The text as a JSON string.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{8}": result += "\\b"
      case "\u{c}": result += "\\f"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case ..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension SafeTensors.ElementType {
  fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
