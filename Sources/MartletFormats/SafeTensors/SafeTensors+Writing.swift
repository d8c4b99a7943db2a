import Foundation

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
    try content(of: entries, metadata: metadata).bytes
  }

  /// The content of a safetensors file with these arrays, which are not copied.
  ///
  /// - Throws: as ``fileBytes(of:metadata:)``.
  public static func content(
    of entries: [Entry], metadata: [String: String] = [:]
  ) throws(FormatError) -> FileContent {
    let sorted = entries.sorted { ($1.dtype.order, $0.name) < ($0.dtype.order, $1.name) }
    var content = FileContent(try header(of: sorted, metadata: metadata))
    for entry in sorted { content.append(entry.bytes) }
    return content
  }

  /// Writes a safetensors file with these arrays: the old file or the new one stands, never a part.
  ///
  /// - Throws: as ``fileBytes(of:metadata:)`` and ``FileWriting``.
  public static func write(
    _ entries: [Entry], metadata: [String: String] = [:], to url: URL,
    in files: some FileSystem = .disk
  ) throws(FormatError) {
    let content = try content(of: entries, metadata: metadata)
    try FileWriting.write(content, to: url, writer: "safetensors", in: files)
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
      try entry.array.check(field: entry.name, origin: origin)
      let size = entry.bytes.count
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
