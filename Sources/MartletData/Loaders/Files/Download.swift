import Foundation
import MartletFormats
import MartletTensors

/// A file on the net, and what tells that its bytes are the right ones.
struct RemoteFile: Sendable, Hashable {
  let name: String
  /// How long the file is, or the most that is taken where `isExact` is false.
  let byteCount: Int
  /// Whether `byteCount` is the file's length.
  let isExact: Bool
  /// nil where nothing is known of the bytes.
  let checksum: Checksum?

  init(name: String, byteCount: Int, sha256: String) {
    self.init(name: name, byteCount: byteCount, checksum: .sha256(sha256))
  }

  init(name: String, byteCount: Int, isExact: Bool = true, checksum: Checksum?) {
    self.name = name
    self.byteCount = byteCount
    self.isExact = isExact
    self.checksum = checksum
  }

  /// What is asked of the bytes, for messages.
  fileprivate var promise: String {
    (isExact ? "\(byteCount) bytes" : "at most \(byteCount) bytes")
      + (checksum.map { " with \($0)" } ?? "")
  }
}

/// A number that follows from all bytes of a file, in hexadecimal digits.
enum Checksum: Sendable, Hashable, CustomStringConvertible {
  /// 64 digits.
  case sha256(String)
  /// 32 digits; tells damage, and no longer forgery.
  case md5(String)

  var description: String {
    switch self {
    case .sha256(let digits): "SHA-256 \(digits)"
    case .md5(let digits): "MD5 \(digits)"
    }
  }

  /// The checksum of the same kind of other bytes.
  func same(of bytes: [UInt8]) -> Checksum {
    switch self {
    case .sha256: .sha256(SHA256.hexDigest(of: bytes))
    case .md5: .md5(MD5.hexDigest(of: bytes))
    }
  }

  /// Throws unless the file at a path has this checksum.
  func verify(_ path: String, as name: String, limits: LoadLimits) throws {
    let found = same(of: try FileReading.bytes(of: URL(fileURLWithPath: path), limits: limits))
    guard found == self else {
      throw Diagnostic(
        "download", "the bytes are not those of \(name)", expected: "\(self)", got: "\(found)")
    }
  }
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
    // A mirror that failed is not asked again.
    var remaining = mirrors
    for file in files {
      if FileManager.default.fileExists(atPath: folder + "/" + file.name) { continue }
      var failures: [String] = []
      while let mirror = remaining.first {
        do {
          try Self.fetch(file, from: mirror + file.name, into: folder, by: fetch)
          break
        } catch {
          failures.append("\(mirror): \(error)")
          remaining.removeFirst()
        }
      }
      if remaining.isEmpty {
        throw Diagnostic(
          "download", "\(file.name) could not be fetched", expected: file.promise,
          got: failures.joined(separator: "; "),
          fix: "fetch it by other means, and put it into \(folder)")
      }
    }
  }

  /// Fetches one file into a folder, which is made if need be; one that is there is replaced.
  static func fetch(
    _ file: RemoteFile, from address: String, into folder: String, by fetch: Fetch
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: nil)
    let target = folder + "/" + file.name
    let part = "\(target).\(UInt32.random(in: .min ... .max)).part"
    defer { unlink(part) }
    try fetch(address, part, file)
    var limits = LoadLimits()
    limits.fileBytes = file.byteCount
    try file.checksum?.verify(part, as: file.name, limits: limits)
    guard rename(part, target) == 0 else {
      throw Diagnostic(
        "download", "the file cannot be renamed", got: String(cString: strerror(errno)))
    }
  }

  /// Fetches by the program `curl`, from secure addresses only.
  static let curl: Fetch = { try Curl().fetch($0, $1, $2) }
}

/// Fetches by the program `curl`.
///
/// Linking FoundationNetworking instead was measured at 6 to 7 ms more for the start of every
/// process (31 more shared libraries), whether it downloads or not.
struct Curl: Sendable {
  /// The protocols that addresses and redirections may name.
  var protocols = "https"
  /// How long a server may take to accept a connection, in seconds.
  var connectSeconds = 4
  /// How long a transfer may be slower than 10 kB/s, in seconds.
  var stallSeconds = 10
  var bar = DownloadBar.standardError

  func fetch(_ address: String, _ path: String, _ file: RemoteFile) throws {
    #if os(macOS) || os(Linux)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "curl", "--fail", "--location", "--silent", "--show-error", "--globoff",
        "--proto", "=" + protocols, "--connect-timeout", "\(connectSeconds)",
        "--speed-limit", "10000", "--speed-time", "\(stallSeconds)",
        "--max-filesize", "\(file.byteCount)", "--output", path, address,
      ]
      let errors = Pipe()
      process.standardError = errors
      process.standardInput = FileHandle.nullDevice
      try process.run()
      while process.isRunning {
        usleep(50_000)
        bar.show(file, at: path)
        if Self.byteCount(of: path) > file.byteCount {
          // What a thread blocks, its children do, and threads of a pool block SIGTERM.
          kill(process.processIdentifier, SIGKILL)
        }
      }
      bar.end()
      process.waitUntilExit()
      // Before version 8.4 the program takes whatever comes, where the server tells no length.
      if process.terminationStatus == Self.tooLarge || Self.byteCount(of: path) > file.byteCount {
        throw Diagnostic(
          "curl", "the file is larger than \(file.isExact ? "the published one" : "the limit")",
          expected: "at most \(file.byteCount) bytes", got: "more",
          fix: file.isExact ? nil : "raise LoadLimits.fileBytes if you trust the server")
      }
      if process.terminationStatus == 0 {
        // A server may send nothing at all, of which no file is made.
        if !FileManager.default.fileExists(atPath: path) {
          _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        return
      }
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      throw Diagnostic(
        "curl", text.split(separator: "\n").last.map(String.init) ?? "it failed",
        got: "status \(process.terminationStatus)")
    #else
      throw Diagnostic("download", "this system cannot start curl")
    #endif
  }

  /// The status with which the program refuses a file that is larger than `--max-filesize`.
  private static let tooLarge: Int32 = 63

  /// How much of a file is there.
  fileprivate static func byteCount(of path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }
}

/// How much of a file has come, drawn again and again on one line.
struct DownloadBar: Sendable {
  /// Takes what is to be drawn; nil where nothing is.
  let write: (@Sendable (String) -> Void)?

  /// On a terminal; nothing elsewhere.
  static let standardError = DownloadBar(write: isatty(2) == 1 ? writeToTerminal : nil)

  private static let writeToTerminal: @Sendable (String) -> Void = { text in
    FileHandle.standardError.write(Data(text.utf8))
  }

  func show(_ file: RemoteFile, at path: String) {
    guard let write else { return }
    write("\r" + Self.line(file, Curl.byteCount(of: path)))
  }

  static func line(_ file: RemoteFile, _ done: Int) -> String {
    let megabytes = String(format: "%.1f", Double(done) / 1e6)
    guard file.isExact else { return "\(file.name) \(megabytes) MB" }
    let width = 30
    let filled = min(width, width * done / max(file.byteCount, 1))
    let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
    let all = String(format: "%.1f", Double(file.byteCount) / 1e6)
    return "\(file.name) \(bar) \(megabytes)/\(all) MB"
  }

  /// Clears the line.
  func end() { write?("\r\u{1b}[K") }
}
