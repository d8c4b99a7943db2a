import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite struct PublishedFileTests {
  private static let bytes = Array("abc".utf8)

  /// A file on another server; the MD5 is that of RFC 1321 for "abc".
  private func file(_ server: String) -> PublishedFile {
    var file = PublishedFile(
      "Set.load", folder: "set",
      file: RemoteFile(
        name: "set.npz", byteCount: 3, checksum: .md5("900150983cd24fb0d6963f7d28e17f72")))
    file.source = Download(mirrors: [server], files: file.source.files)
    return file
  }

  private func write(_ path: String, _ bytes: [UInt8] = bytes) throws {
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test func `folders are looked in in their order`() throws {
    try withTemporaryFolder { home in
      let environment = ["HOME": home, "MARTLET_DATA": home + "/data"]
      func found(_ folder: String? = nil) throws -> String {
        try file("https://127.0.0.1:9/").find(
          in: folder, downloads: false, environment: environment
        ).path
      }
      try write(home + "/.cache/martlet/set/set.npz")
      #expect(try found() == home + "/.cache/martlet/set/set.npz")
      try write(home + "/data/set.npz")
      #expect(try found() == home + "/data/set.npz")
      try write(home + "/data/set/set.npz")
      #expect(try found() == home + "/data/set/set.npz")
      try write(home + "/mine/set.npz")
      #expect(try found(home + "/mine") == home + "/mine/set.npz")
    }
  }

  @Test func `without the file an error says where to put which`() throws {
    try withTemporaryFolder { home in
      let cache = home + "/.cache/martlet/set"
      func error(_ folder: String?, downloads: Bool) -> Diagnostic? {
        #expect(throws: Diagnostic.self) {
          try file("https://127.0.0.1:9/").find(
            in: folder, downloads: downloads, environment: ["HOME": home])
        }
      }
      let offline = error(nil, downloads: false)
      #expect(offline?.fix?.contains("put set.npz into \(cache)") == true)
      #expect(offline?.fix?.contains("https://127.0.0.1:9/set.npz") == true)
      let named = error(home, downloads: true)
      #expect(named?.fix?.contains("put set.npz into \(home)") == true)
      let failed = error(nil, downloads: true)
      #expect(failed?.what == "set.npz could not be fetched")
      #expect(failed?.fix?.contains(cache) == true)
    }
  }

  @Test func `every published file has a checksum and its folder`() {
    for file in [
      IMDB.file, IMDB.words, Reuters.file, Reuters.words, BostonHousing.file,
      CaliforniaHousing.file,
    ] {
      #expect(file.source.files.count == 1)
      #expect(file.source.mirrors.allSatisfy { $0.hasPrefix("https://") && $0.hasSuffix("/") })
      switch file.source.files[0].checksum {
      case .sha256(let digits): #expect(digits.utf8.count == 64)
      case .md5(let digits): #expect(digits.utf8.count == 32)
      case nil: Issue.record("\(file.name) has no checksum")
      }
    }
  }

  #if os(macOS) || os(Linux)
    private static let fetch: Fetch = { address, path, file in
      var curl = Curl()
      curl.protocols = "http"
      try curl.fetch(address, path, file)
    }

    @Test func `the file is downloaded into the cache once`() throws {
      try withLocalServer(["set.npz": .file(Self.bytes)]) { server, home in
        for _ in 0..<2 {
          let url = try file(server.address).find(
            in: nil, downloads: true, fetch: Self.fetch, environment: ["HOME": home])
          #expect(url.path == home + "/.cache/martlet/set/set.npz")
          #expect(try FileReading.bytes(of: url) == Self.bytes)
        }
        #expect(server.requests == ["set.npz"])
      }
    }

    @Test func `another file than the published one is not kept`() throws {
      try withLocalServer(["set.npz": .file(Array("abd".utf8))]) { server, home in
        let error = #expect(throws: Diagnostic.self) {
          try file(server.address).find(
            in: nil, downloads: true, fetch: Self.fetch, environment: ["HOME": home])
        }
        #expect(error?.got?.contains("MD5 4911e516e5aa21d327512e0c8b197616") == true)
        let left = try FileManager.default.contentsOfDirectory(
          atPath: home + "/.cache/martlet/set")
        #expect(left.isEmpty)
      }
    }
  #endif
}
