import Foundation
import MartletFormats
import MartletTensors

/// The lines of a text file, without their ends (`\n` or `\r\n`).
///
/// The file is UTF-8; a byte order mark at its beginning is dropped. After the last line's end there is
/// no further line.
///
/// - Parameters:
///   - path: The file's path.
///   - limit: The most lines; all without it.
/// - Throws: `FormatError` if the file cannot be read; `Diagnostic` with the line's number if one is
///   no UTF-8.
public func textLines(
  of path: String, limit: Int? = nil, limits: LoadLimits = LoadLimits()
) throws -> [String] {
  let file = TextFile(URL(fileURLWithPath: path), reader: "textLines", limits: limits)
  var bytes = try file.bytes()
  var lines: [String] = []
  while !bytes.isEmpty, lines.count < limit ?? .max {
    let end = bytes.firstIndex(of: TextFile.lineEnd) ?? bytes.endIndex
    var line = bytes[..<end]
    if end < bytes.endIndex, line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    lines.append(try file.text(line, firstLine: lines.count + 1))
    bytes = bytes[min(end + 1, bytes.endIndex)...]
  }
  return lines
}

/// A file of UTF-8.
struct TextFile {
  let url: URL
  /// Who reads, for messages.
  let reader: String
  let limits: LoadLimits

  static let lineEnd = UInt8(ascii: "\n")

  init(_ url: URL, reader: String, limits: LoadLimits) {
    self.url = url
    self.reader = reader
    self.limits = limits
  }

  /// The bytes without a byte order mark at their beginning.
  func bytes() throws(FormatError) -> ArraySlice<UInt8> {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: reader)[...]
    return bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes
  }

  /// The text of bytes whose first line has a number.
  func text(_ bytes: ArraySlice<UInt8>, firstLine: Int = 1) throws(Diagnostic) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    // Only a message asks where: a line's end never stands inside another character's bytes.
    let lines = bytes.split(separator: Self.lineEnd, omittingEmptySubsequences: false)
    let wrong = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
    throw Diagnostic(
      reader, "a line is not UTF-8", expected: "UTF-8",
      got: "line \(firstLine + wrong) of \(url.path)", fix: "convert the file")
  }
}
