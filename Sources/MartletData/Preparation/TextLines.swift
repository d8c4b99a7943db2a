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
  var bytes = try FileReading.bytes(
    of: URL(fileURLWithPath: path), limits: limits, reader: "textLines")[...]
  if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
  var lines: [String] = []
  while !bytes.isEmpty, lines.count < limit ?? .max {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    var line = bytes[..<end]
    if end < bytes.endIndex, line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    guard let text = String(validating: line, as: UTF8.self) else {
      throw Diagnostic(
        "textLines", "a line is not UTF-8", expected: "UTF-8",
        got: "line \(lines.count + 1) of \(path)", fix: "convert the file")
    }
    lines.append(text)
    bytes = bytes[min(end + 1, bytes.endIndex)...]
  }
  return lines
}
