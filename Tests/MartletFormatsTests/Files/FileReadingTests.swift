import Foundation
import Testing

@testable import MartletFormats

@Suite struct FileReadingTests {
  /// Runs `body` with a folder of its own.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func refusal(of url: URL, limits: LoadLimits = LoadLimits()) -> FormatError? {
    #expect(throws: FormatError.self) { try FileReading.bytes(of: url, limits: limits) }
  }

  @Test(arguments: [0, 1, 4095, 4096, 100_003])
  func `all bytes of a file`(count: Int) throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("größe.bin")
      let bytes = Contents.noise(count, seed: 2)
      try Data(bytes).write(to: file)
      #expect(try FileReading.bytes(of: file) == bytes)
      #expect(try FileReading.bytes(of: file, limits: .with { $0.fileBytes = count }) == bytes)
    }
  }

  @Test func `a file above the limit is not read`() throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("a")
      try Data([1, 2, 3]).write(to: file)
      let error = refusal(of: file, limits: .with { $0.fileBytes = 2 })
      #expect(error?.reason == .limit(.fileBytes))
      #expect(error?.source == file.path)
    }
  }

  @Test func `a sparse file of a terabyte costs nothing`() throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("sparse")
      #expect(FileManager.default.createFile(atPath: file.path, contents: nil))
      #expect(truncate(file.path, 1 << 40) == 0)
      #expect(refusal(of: file)?.reason == .limit(.fileBytes))
    }
  }

  @Test func `a missing file is reported with the system's words`() {
    let error = refusal(of: URL(fileURLWithPath: "/nowhere/at all.gz"))
    #expect(error?.reason == .system(ENOENT))
    #expect(error?.description.contains("No such file or directory") == true)
    #expect(error?.description.contains("/nowhere/at all.gz") == true)
  }

  @Test func `a folder, a device, a pipe and a loop of links are refused at once`() throws {
    try withFolder { folder in
      #expect(refusal(of: folder)?.reason == .notAFile)
      #expect(refusal(of: folder)?.got == "a folder")
      #expect(refusal(of: URL(fileURLWithPath: "/dev/zero"))?.got == "a device")
      let pipe = folder.appendingPathComponent("pipe")
      #expect(mkfifo(pipe.path, 0o600) == 0)
      #expect(refusal(of: pipe)?.got == "a pipe")
      let loop = folder.appendingPathComponent("loop")
      try FileManager.default.createSymbolicLink(at: loop, withDestinationURL: loop)
      #expect(refusal(of: loop)?.reason == .system(ELOOP))
    }
  }

  @Test func `a URL that names no file is refused`() throws {
    #expect(refusal(of: try #require(URL(string: "https://example.org/a")))?.reason == .notAFile)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
  func `a file that is longer than it says is refused`() {
    let error = refusal(of: URL(fileURLWithPath: "/proc/self/status"))
    #expect(error?.reason == .mismatch)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/mem")))
  func `a failing read is reported with the system's words`() {
    // The first page of a process is never there.
    let error = refusal(of: URL(fileURLWithPath: "/proc/self/mem"))
    #expect(error?.reason == .system(EIO))
  }

  @Test func `a gzip error names its file`() throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("digits.gz")
      try Data([0x1f, 0x8b, 8, 0]).write(to: file)
      let error = #expect(throws: FormatError.self) { try IDX(contentsOf: file) }
      #expect(error?.reader == "gzip")
      #expect(error?.source == file.path)
      #expect(error?.place == .byte(4))
    }
  }
}
