import Foundation
import MartletFormats
import MartletTensors

/// A file on the net whose bytes are known by their checksum.
struct RemoteFile: Sendable, Hashable {
  let name: String
  let byteCount: Int
  /// 64 hexadecimal digits.
  let sha256: String
}

/// Fetches one file: from an address to a path, at most so many bytes; throws if it cannot.
typealias Fetch = @Sendable (_ address: String, _ path: String, _ file: RemoteFile) throws -> Void

/// Fetches files into a folder, whole and verified or not at all.
struct Download: Sendable {
  /// Addresses of folders that hold the files, the best first; each ends in a slash.
  let mirrors: [String]
  let files: [RemoteFile]

  /// Fetches what the folder lacks.
  ///
  /// Each file is written under another name, compared with its checksum, and then renamed, so the
  /// folder never holds half a file, whoever else writes there.
  ///
  /// - Throws: `Diagnostic` if no mirror gives a file.
  func run(into folder: String, fetch: Fetch = curl) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: nil)
    // A mirror that failed is not asked again.
    var remaining = mirrors
    for file in files {
      let target = folder + "/" + file.name
      if FileManager.default.fileExists(atPath: target) { continue }
      var failures: [String] = []
      while let mirror = remaining.first {
        let part = "\(target).\(UInt32.random(in: .min ... .max)).part"
        defer { unlink(part) }
        do {
          try fetch(mirror + file.name, part, file)
          try verify(part, file)
          guard rename(part, target) == 0 else {
            throw Diagnostic(
              "download", "the file cannot be renamed", got: String(cString: strerror(errno)))
          }
          break
        } catch {
          failures.append("\(mirror): \(error)")
          remaining.removeFirst()
        }
      }
      if remaining.isEmpty {
        throw Diagnostic(
          "download", "\(file.name) could not be fetched",
          expected: "\(file.byteCount) bytes with SHA-256 \(file.sha256)",
          got: failures.joined(separator: "; "),
          fix: "fetch it by other means, and put it into \(folder)")
      }
    }
  }

  private func verify(_ path: String, _ file: RemoteFile) throws {
    let digest = SHA256.hexDigest(of: try FileReading.bytes(of: URL(fileURLWithPath: path)))
    guard digest == file.sha256 else {
      throw Diagnostic(
        "download", "the bytes are not those of \(file.name)", expected: "SHA-256 \(file.sha256)",
        got: digest)
    }
  }

  /// Fetches by the program `curl`.
  ///
  /// Linking FoundationNetworking instead was measured at 6 to 7 ms more for the start of every
  /// process (31 more shared libraries), whether it downloads or not.
  static let curl: Fetch = { address, path, file in
    #if os(macOS) || os(Linux)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "curl", "--fail", "--location", "--silent", "--show-error", "--proto", "=https",
        "--connect-timeout", "4", "--speed-limit", "10000", "--speed-time", "10",
        "--max-filesize", "\(file.byteCount)", "--output", path, address,
      ]
      let errors = Pipe()
      process.standardError = errors
      process.standardInput = FileHandle.nullDevice
      try process.run()
      let bar = DownloadBar(file)
      while process.isRunning {
        usleep(50_000)
        bar.show(path)
      }
      bar.end()
      process.waitUntilExit()
      if process.terminationStatus == 0 { return }
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      throw Diagnostic(
        "curl", text.split(separator: "\n").last.map(String.init) ?? "it failed",
        got: "status \(process.terminationStatus)")
    #else
      throw Diagnostic("download", "this system cannot start curl")
    #endif
  }
}

/// How much of a file has come, on a terminal; nothing elsewhere.
private struct DownloadBar {
  private let file: RemoteFile
  private let isTerminal = isatty(2) == 1

  init(_ file: RemoteFile) { self.file = file }

  func show(_ path: String) {
    guard isTerminal else { return }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let done = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    let width = 30
    let filled = min(width, width * done / max(file.byteCount, 1))
    let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
    let megabytes = String(
      format: "%.1f/%.1f MB", Double(done) / 1e6, Double(file.byteCount) / 1e6)
    FileHandle.standardError.write(Data("\r\(file.name) \(bar) \(megabytes)".utf8))
  }

  /// Clears the line.
  func end() {
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
  }
}
