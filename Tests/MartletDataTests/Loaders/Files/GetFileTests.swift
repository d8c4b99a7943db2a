import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

#if os(macOS) || os(Linux)
  /// Downloads from a server on this machine, by the program that fetches real ones.
  @Suite struct GetFileTests {
    private static let bytes = (0..<70_000).map {
      UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9)
    }
    private static let sha256 = SHA256.hexDigest(of: bytes)

    private func content(_ folder: String) throws -> [String] {
      guard FileManager.default.fileExists(atPath: folder) else { return [] }
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func file(_ path: String) throws -> [UInt8] {
      try FileReading.bytes(of: URL(fileURLWithPath: path))
    }

    @Test func `a file is fetched once, under its name, with its checksum`() throws {
      try withLocalServer(["data/table.csv": .file(Self.bytes)]) { server, folder in
        let cache = folder + "/new/cache"
        let origin = server.address + "data/table.csv"
        for _ in 0..<2 {
          let path = try getFile(
            origin: origin, sha256: Self.sha256.uppercased(), cacheFolder: cache)
          #expect(path == cache + "/table.csv")
          #expect(try file(path) == Self.bytes)
        }
        #expect(server.requests == ["data/table.csv"])
        let other = try getFile(
          "other", origin: origin, sha256: Self.sha256, cacheFolder: cache, forceDownload: true)
        #expect(try file(other) == Self.bytes)
        _ = try getFile(
          "other", origin: origin, sha256: Self.sha256, cacheFolder: cache, forceDownload: true)
        #expect(server.requests.count == 3)
        #expect(try content(cache) == ["other", "table.csv"])
      }
    }

    @Test func `a file of another checksum is fetched again`() throws {
      try withLocalServer(["x": .file(Self.bytes)]) { server, folder in
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/x"))
        let path = try getFile(
          origin: server.address + "x", sha256: Self.sha256, cacheFolder: folder)
        #expect(try file(path) == Self.bytes)
        #expect(server.requests == ["x"])
      }
    }

    @Test func `a server may send on to another place, and send nothing`() throws {
      let empty = SHA256.hexDigest(of: [UInt8]())
      try withLocalServer(["new/x": .file(Self.bytes), "empty": .file([])]) { server, folder in
        let old = try LocalServer(["x": .redirect(server.address + "new/x")])
        defer { old.stop() }
        let path = try getFile(
          origin: old.address + "x", sha256: Self.sha256, cacheFolder: folder)
        #expect(try file(path) == Self.bytes)
        let nothing = try getFile(
          origin: server.address + "empty", sha256: empty, cacheFolder: folder)
        #expect(try file(nothing).isEmpty)
      }
    }

    /// Downloads that must fail: what the server does, and what the error says.
    private static let failures: [(name: String, answer: LocalServer.Answer, says: String)] = [
      ("other bytes", .file([1, 2, 3]), "the bytes are not those of x"),
      ("a cut connection", .cut(bytes, after: 40_000), "status 18"),
      ("a server that says nothing", .silence, "status 28"),
      ("a server that sends nothing", .hang(bytes, after: 0), "status 28"),
      ("a server that stops in the middle", .hang(bytes, after: 40_000), "status 28"),
      ("a file that is not there", .status(404), "404"),
      ("a broken server", .status(500), "500"),
      ("a file that is too large", .file(bytes + bytes), "the file is larger than"),
      (
        "a file of unknown length that is too large", .chunked(bytes + bytes, ends: true),
        "at most 100000 bytes"
      ),
    ]

    @Test(arguments: failures.map(\.name))
    func `what goes wrong is said, and nothing is kept`(name: String) throws {
      let failure = try #require(Self.failures.first { $0.name == name })
      var curl = Curl()
      curl.stallSeconds = 1
      var limits = LoadLimits()
      limits.fileBytes = 100_000
      try withLocalServer(["x": failure.answer]) { server, folder in
        let cache = folder + "/cache"
        let error = #expect(throws: Diagnostic.self) {
          try getFile(
            nil, origin: server.address + "x", sha256: Self.sha256, cacheFolder: cache,
            forceDownload: false, limits: limits, by: curl)
        }
        #expect(error?.who == "getFile")
        #expect(error?.got?.contains(failure.says) == true, "\(error?.description ?? "")")
        #expect(error?.fix?.contains(server.address) == true)
        #expect(try content(cache) == [])
        // Waiting takes seconds, and ends in the same way.
        if failure.says == "status 28" { return }
        // A file that stands there already stays as it was.
        try Data([7]).write(to: URL(fileURLWithPath: cache + "/x"))
        #expect(throws: Diagnostic.self) {
          try getFile(
            nil, origin: server.address + "x", sha256: Self.sha256, cacheFolder: cache,
            forceDownload: true, limits: limits, by: curl)
        }
        #expect(try content(cache) == ["x"])
        #expect(try file(cache + "/x") == [7])
      }
    }

    @Test func `a file of unknown length is held to the limit`() throws {
      let large = Self.bytes + Self.bytes
      let sha256 = SHA256.hexDigest(of: large)
      try withLocalServer(["x": .chunked(large, ends: true)]) { server, folder in
        var limits = LoadLimits()
        limits.fileBytes = large.count - 1
        let error = #expect(throws: Diagnostic.self) {
          try getFile(
            origin: server.address + "x", sha256: sha256, cacheFolder: folder, limits: limits)
        }
        #expect(error?.got?.contains("the file is larger than") == true)
        #expect(error?.got?.contains("LoadLimits.fileBytes") == true)
        #expect(try content(folder) == [])
        limits.fileBytes = large.count
        let path = try getFile(
          origin: server.address + "x", sha256: sha256, cacheFolder: folder, limits: limits)
        #expect(try file(path) == large)
      }
    }

    @Test func `a file that does not end is cut off at the limit`() throws {
      var limits = LoadLimits()
      limits.fileBytes = 10_000
      var curl = Curl()
      // Slower than the test's patience: the limit has to end it.
      curl.stallSeconds = 30
      try withLocalServer(["x": .chunked(Self.bytes, ends: false)]) { server, folder in
        let start = ContinuousClock.now
        let error = #expect(throws: Diagnostic.self) {
          try getFile(
            nil, origin: server.address + "x", sha256: Self.sha256, cacheFolder: folder,
            forceDownload: false, limits: limits, by: curl)
        }
        #expect(start.duration(to: .now) < .seconds(15))
        #expect(error?.got?.contains("the file is larger than") == true)
        let left = try content(folder)
        #expect(left.isEmpty)
      }
    }

    @Test func `no server at all is an error, too`() throws {
      try withTemporaryFolder { folder in
        let server = try LocalServer([:])
        let address = server.address
        server.stop()
        usleep(50_000)
        let error = #expect(throws: Diagnostic.self) {
          try getFile(origin: address + "x", sha256: Self.sha256, cacheFolder: folder)
        }
        #expect(error?.got?.contains("status 7") == true)
      }
    }

    @Test func `addresses, names and checksums are checked first`() throws {
      try withTemporaryFolder { folder in
        func what(_ name: String?, _ origin: String, _ sha256: String?) -> String? {
          #expect(throws: Diagnostic.self) {
            try getFile(name, origin: origin, sha256: sha256, cacheFolder: folder)
          }?.what
        }
        let address = "http://127.0.0.1:9/"
        #expect(what(nil, "x.csv", nil) == "the origin is no address on the net")
        #expect(what(nil, "file:///etc/passwd", nil) == "the origin is no address on the net")
        #expect(what(nil, "https://", nil) == "the origin is no address on the net")
        #expect(
          what(nil, address + "x", nil) == "nothing vouches for the bytes of a plain http address")
        #expect(what(nil, address + "x", "12") == "this is no SHA-256")
        for name in ["../x", "", "..", "a/b", "a\0"] {
          #expect(what(name, address + "x", Self.sha256) == "this is no file name")
        }
        #expect(what(nil, address, Self.sha256) == "this is no file name")
        let left = try content(folder)
        #expect(left.isEmpty)
      }
    }

    @Test func `a secure address is not left for a plain one`() throws {
      // The address that loaders use takes https only: plain ones are refused by curl itself.
      try withLocalServer(["x": .file(Self.bytes)]) { server, folder in
        let file = RemoteFile(name: "x", byteCount: 70_000, sha256: Self.sha256)
        #expect(throws: Diagnostic.self) {
          try Download.curl(server.address + "x", folder + "/x", file)
        }
        #expect(server.requests.isEmpty)
      }
    }

    @Test func `the bar grows while the file comes, and is wiped out`() throws {
      let lines = Lines()
      var curl = Curl()
      curl.protocols = "http"
      curl.bar = DownloadBar { lines.append($0) }
      let file = RemoteFile(name: "x", byteCount: Self.bytes.count, sha256: Self.sha256)
      try withLocalServer(["x": .slow(Self.bytes, seconds: 0.4)]) { server, folder in
        let download = Download(mirrors: [server.address], files: [file])
        try download.run(into: folder) { [curl] in try curl.fetch($0, $1, $2) }
        #expect(try self.file(folder + "/x") == Self.bytes)
      }
      // The program writes in pieces of its own: about the half.
      let halves = lines.all.filter { (10...15).contains($0.count { $0 == "━" }) }
      #expect(halves.first?.hasPrefix("\rx ━") == true, "\(lines.all)")
      #expect(halves.first?.hasSuffix("─ 0.0/0.1 MB") == true)
      #expect(lines.all.last == "\r\u{1b}[K")
      let open = RemoteFile(name: "x", byteCount: 5, isExact: false, checksum: nil)
      #expect(DownloadBar.line(open, 2_340_000) == "x 2.3 MB")
    }

    /// Lines that another closure takes down.
    private final class Lines: @unchecked Sendable {
      private let lock = NSLock()
      private var lines: [String] = []
      var all: [String] { lock.withLock { lines } }
      func append(_ line: String) { lock.withLock { lines.append(line) } }
    }
  }

  /// MNIST by way of a server.
  @Suite struct MNISTDownloadTests {
    /// The digits' loader with another server and small files.
    private static func set(_ server: String, _ files: [RemoteFile]) -> IDXImages {
      IDXImages(
        name: "MNIST", folder: "mnist", classNames: (0..<10).map(String.init),
        source: Download(mirrors: [server], files: files))
    }

    private static let fetch: Fetch = { address, path, file in
      var curl = Curl()
      curl.protocols = "http"
      try curl.fetch(address, path, file)
    }

    /// The four files of the published names: three pictures of 2 × 2 to learn from, two to test with.
    private static let files: [String: [UInt8]] = {
      var files: [String: [UInt8]] = [:]
      for (part, count) in [("train", 3), ("t10k", 2)] as [(String, UInt8)] {
        let images = [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 2] + (0..<(4 * count))
        let labels = [0, 0, 8, 1, 0, 0, 0, count] + (0..<count).map { 9 - $0 }
        files[part + "-images-idx3-ubyte.gz"] = gzip(images)
        files[part + "-labels-idx1-ubyte.gz"] = gzip(labels)
      }
      return files
    }()

    /// A gzip file of one block that is not compressed.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
      func littleEndian(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
      }
      let size = UInt32(bytes.count)
      return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1] + littleEndian(size, 2)
        + littleEndian(~size, 2) + bytes + littleEndian(CRC32.checksum(of: bytes), 4)
        + littleEndian(size, 4)
    }

    private static let remote = files.sorted { $0.key < $1.key }.map { name, bytes in
      RemoteFile(name: name, byteCount: bytes.count, sha256: SHA256.hexDigest(of: bytes))
    }

    private func folders(_ home: String) -> DataFolders {
      DataFolders(nil, name: "mnist", standsInRoot: true, environment: ["HOME": home])
    }

    @Test func `the digits are downloaded, kept, and read`() throws {
      try withLocalServer(Self.files.mapValues { .file($0) }) { server, home in
        let set = Self.set(server.address, Self.remote)
        for _ in 0..<2 {
          let (train, test) = try MNIST.load(
            folders(home), isNamed: false, limit: nil, fetch: Self.fetch, set: set)
          #expect(train.origin == .files(folder: home + "/.cache/martlet/mnist"))
          #expect(train.bytes.scalars(of: Int.self) == Array(0..<12))
          #expect(train.labels.scalars(of: Int.self) == [9, 8, 7])
          #expect(test.labels.scalars(of: Int.self) == [9, 8])
        }
        #expect(server.requests.sorted() == Self.files.keys.sorted())
      }
    }

    @Test func `where one file is missing, the digits are synthetic`() throws {
      var answers = Self.files.mapValues { LocalServer.Answer.file($0) }
      answers["train-images-idx3-ubyte.gz"] = .status(404)
      try withLocalServer(answers) { server, home in
        let (train, _) = try MNIST.load(
          folders(home), isNamed: false, limit: 5, fetch: Self.fetch,
          set: Self.set(server.address, Self.remote))
        #expect(train.origin == .synthetic)
        let kept = try FileManager.default.contentsOfDirectory(
          atPath: home + "/.cache/martlet/mnist")
        #expect(kept.sorted() == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
      }
    }

    @Test("The real files have the published checksums", .enabled(if: MNISTTests.isThere))
    func realFiles() throws {
      // One of the files that may lie beside the package was compressed anew: lengths tell which.
      var answers: [String: LocalServer.Answer] = [:]
      let published = try IDXImages.mnist.source.files.filter { file in
        let url = URL(fileURLWithPath: MNISTTests.folder + "/" + file.name)
        let bytes = try FileReading.bytes(of: url)
        answers[file.name] = .file(bytes)
        return bytes.count == file.byteCount
      }
      #expect(published.count >= 3)
      try withLocalServer(answers) { server, folder in
        try Download(mirrors: [server.address], files: published).run(
          into: folder, fetch: Self.fetch)
        #expect(
          try FileManager.default.contentsOfDirectory(atPath: folder).count == published.count)
      }
    }
  }
#endif
