import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

/// A folder that is gone when the closure has ended.
func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  let folder =
    FileManager.default.temporaryDirectory.path + "/martlet-\(UInt64.random(in: 0...(.max)))"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

@Suite struct DownloadTests {
  private static let bytes = Array("abc".utf8)
  private static let file = RemoteFile(
    name: "letters", byteCount: 3, sha256: SHA256.hexDigest(of: bytes))
  private static let download = Download(mirrors: ["a/", "b/"], files: [file])

  private func content(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
  }

  @Test func `the first mirror that works is taken`() throws {
    try withTemporaryFolder { folder in
      let inner = folder + "/new/folder"
      try Self.download.run(into: inner) { address, path, _ in
        guard address == "b/letters" else { throw Diagnostic("test", "no route") }
        try Data(Self.bytes).write(to: URL(fileURLWithPath: path))
      }
      #expect(try content(inner) == ["letters"])
      // What is there is not fetched again.
      try Self.download.run(into: inner) { _, _, _ in Issue.record("fetched twice") }
    }
  }

  @Test func `other bytes than expected are refused, and nothing stays`() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: Diagnostic.self) {
        try Self.download.run(into: folder) { _, path, _ in
          try Data("abd".utf8).write(to: URL(fileURLWithPath: path))
        }
      }
      #expect(error?.got?.contains("SHA-256") == true)
      let left = try content(folder)
      #expect(left.isEmpty)
    }
  }

  @Test func `as much is read for the checksum as the file may have, and no more`() throws {
    try withTemporaryFolder { folder in
      let fetch: Fetch = { _, path, _ in
        try Data(Self.bytes).write(to: URL(fileURLWithPath: path))
      }
      for most in [2, 3] {
        let file = RemoteFile(
          name: "letters", byteCount: most, isExact: false, checksum: Self.file.checksum)
        let path = folder + "/letters"
        if most == 3 {
          try Download.fetch(file, from: "a/letters", into: folder, by: fetch)
          #expect(try FileReading.bytes(of: URL(fileURLWithPath: path)) == Self.bytes)
        } else {
          let error = #expect(throws: FormatError.self) {
            try Download.fetch(file, from: "a/letters", into: folder, by: fetch)
          }
          #expect(error?.reason == .limit(.fileBytes))
          #expect(try content(folder) == [])
        }
      }
    }
  }

  @Test func `curl says why it failed`() throws {
    try withTemporaryFolder { folder in
      #expect(throws: (any Error).self) {
        try Download.curl("https://127.0.0.1:9/letters", folder + "/letters", Self.file)
      }
      let left = try content(folder)
      #expect(left.isEmpty)
    }
  }
}

@Suite struct DataFoldersTests {
  @Test func `a folder that is named is the only one`() {
    let folders = DataFolders(
      "here", name: "mnist", standsInRoot: true, environment: ["MARTLET_DATA": "there"])
    #expect(folders.candidates == ["here", "here/mnist"])
  }

  @Test func `the environment comes before the cache`() {
    let folders = DataFolders(
      nil, name: "mnist", standsInRoot: true,
      environment: ["MARTLET_DATA": "/d", "XDG_CACHE_HOME": "/c", "HOME": "/h"])
    #expect(folders.candidates == ["/d/mnist", "/d", "/c/martlet/mnist"])
    #expect(folders.cache == "/c/martlet/mnist")
    let plain = DataFolders(
      nil, name: "fashion-mnist", standsInRoot: false,
      environment: ["MARTLET_DATA": "/d", "XDG_CACHE_HOME": "", "HOME": "/h"])
    #expect(plain.candidates == ["/d/fashion-mnist", "/h/.cache/martlet/fashion-mnist"])
  }
}
