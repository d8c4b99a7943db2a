import Foundation
import Testing

@testable import MartletTensors

@Suite struct DiagnosticTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL
  private static let sources = root.appending(path: "Sources/MartletTensors")

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: sources.path),
      "the sources are not beside the tests"
    ))
  func `every message that the sources can give is given in a test`() throws {
    var lines: [Substring] = []
    for text in try texts(under: Self.root.appending(path: "Tests")).values {
      lines += text.split(separator: "\n")
    }
    let whats = try texts(under: Self.sources).flatMap { file, text in
      DiagnosticReader(text).whats().map { (file, $0) }
    }
    #expect(whats.count > 100, "the sources were not read")
    let ungiven = whats.filter { _, what in !lines.contains { what.occurs(in: $0) } }
    #expect(ungiven.map { "\($0): \($1.pieces.joined(separator: "…"))" }.sorted() == [])
  }

  @Test func `messages are found in sources`() {
    let text = #"""
      Diagnostic(who, isEmpty ? "there is none" : "there are \(f("a, b")) of \(n)", expected: "x")
      check(x, Diagnostic("a", "b \(c)", got: "d"), file: file)
      """#
    #expect(
      DiagnosticReader(text).whats().map(\.pieces) == [
        ["there is none"], ["there are ", " of ", ""], ["b ", ""],
      ])
    let what = DiagnosticWhat(pieces: ["there are ", " of ", ""])
    #expect(what.occurs(in: "x: there are 3 of 4") && !what.occurs(in: " of there are"))
  }

  private func texts(under folder: URL) throws -> [String: String] {
    var texts: [String: String] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where file.hasSuffix(".swift") {
      texts[file] = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    }
    return texts
  }
}

/// The second part of a message as a source writes it: the pieces between interpolations.
private struct DiagnosticWhat {
  var pieces: [String]

  func occurs(in line: Substring) -> Bool {
    var rest = line
    for piece in pieces where !piece.isEmpty {
      guard let found = rest.range(of: piece) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}

/// Reads the literals of calls of `Diagnostic`.
private struct DiagnosticReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  func whats() -> [DiagnosticWhat] {
    var reader = self
    var found: [DiagnosticWhat] = []
    let call = Array("Diagnostic(".utf8)
    while reader.place + call.count < bytes.count {
      if bytes[reader.place..<(reader.place + call.count)].elementsEqual(call) {
        reader.place += call.count
        found += reader.secondArgument()
      } else {
        reader.place += 1
      }
    }
    return found
  }

  /// Reads to the end of a call's second argument; its literals.
  private mutating func secondArgument() -> [DiagnosticWhat] {
    var found: [DiagnosticWhat] = []
    var (argument, depth) = (0, 0)
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        let literal = literal()
        if argument == 1 { found.append(literal) }
        continue
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if depth < 0 { return found }
      case UInt8(ascii: ",") where depth == 0:
        argument += 1
        if argument == 2 { return found }
      default: break
      }
      place += 1
    }
    return found
  }

  private mutating func literal() -> DiagnosticWhat {
    var pieces: [[UInt8]] = [[]]
    place += 1
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      if bytes[place] != UInt8(ascii: "\\") {
        pieces[pieces.count - 1].append(bytes[place])
        place += 1
      } else if bytes[place + 1] == UInt8(ascii: "(") {
        place += 2
        skipInterpolation()
        pieces.append([])
      } else {
        pieces[pieces.count - 1].append(bytes[place + 1])
        place += 2
      }
    }
    place += 1
    return DiagnosticWhat(pieces: pieces.map { String(decoding: $0, as: UTF8.self) })
  }

  /// Reads past the closing parenthesis.
  private mutating func skipInterpolation() {
    var depth = 1
    while place < bytes.count, depth > 0 {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        _ = literal()
        continue
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      default: break
      }
      place += 1
    }
  }
}
