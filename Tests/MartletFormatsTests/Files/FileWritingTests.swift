import FileFaults
import Foundation
import Testing

@testable import MartletFormats

@Suite struct FileWritingTests {
  private static let path = "/folder/model.keras"
  private static let url = URL(fileURLWithPath: path)
  private static let old = Contents.noise(300, seed: 1)
  private static let new = Contents.noise(500, seed: 2)

  /// In three pieces, so that there are steps between them.
  private static var content: FileContent {
    var content = FileContent(new[..<100])
    content.append(FileContent(byteCount: 300) { new[100..<400] })
    content.append(new[400...])
    return content
  }

  /// The number of steps of a write.
  private static func stepCount(_ before: FaultyFileSystem.Files) throws -> Int {
    let files = FaultyFileSystem(before, folders: ["/folder"])
    try FileWriting.write(content, to: url, in: files)
    #expect(files.files == [path: new])
    #expect(files.outcomes.allSatisfy { $0 == [path: new] })
    return files.operationCount
  }

  @Test(arguments: [[path: old], [:]])
  func `a process that dies at any step leaves the old file or the new one`(
    before: FaultyFileSystem.Files
  ) throws {
    var outcomes: Set<FaultyFileSystem.Files> = []
    for step in 0..<(try Self.stepCount(before)) {
      let files = FaultyFileSystem(before, folders: ["/folder"], fault: .death(at: step))
      #expect(throws: FormatError.self) {
        try FileWriting.write(Self.content, to: Self.url, in: files)
      }
      for outcome in files.outcomes + [files.files] {
        let kept = outcome.filter { $0.key == Self.path }
        #expect(kept == before || kept == [Self.path: Self.new], "step \(step)")
        #expect(outcome.count <= kept.count + 1, "step \(step)")
        outcomes.insert(kept)
      }
    }
    #expect(outcomes == [before, [Self.path: Self.new]])
  }

  @Test(arguments: [[path: old], [:]])
  func `a failure at any step is thrown and leaves the old file alone`(
    before: FaultyFileSystem.Files
  ) throws {
    let count = try Self.stepCount(before)
    for step in 0..<count {
      let fault = FaultyFileSystem.Fault.failure(at: step, code: ENOSPC)
      let files = FaultyFileSystem(before, folders: ["/folder"], fault: fault)
      let error = #expect(throws: FormatError.self) {
        try FileWriting.write(Self.content, to: Self.url, writer: "keras", in: files)
      }
      #expect(error?.reason == .system(ENOSPC))
      #expect(error?.source == Self.path)
      #expect(error?.reader == "keras")
      #expect(files.openFileCount == 0)
      // The last step syncs the folder: by then the new file has its name.
      let isLast = step == count - 1
      #expect(files.files == (isLast ? [Self.path: Self.new] : before), "step \(step)")
    }
  }

  @Test func `the permissions of the old file are kept`() throws {
    let files = FaultyFileSystem([Self.path: Self.old])
    try FileWriting.write(Self.content, to: Self.url, in: files)
    #expect(files.permissions(of: Self.path) == 0o640)
  }

  @Test func `reading goes through the same layer`() throws {
    let files = FaultyFileSystem([Self.path: Self.old])
    #expect(try FileReading.bytes(of: Self.url, in: files) == Self.old)
    for step in 0..<files.operationCount - 1 {
      let fault = FaultyFileSystem.Fault.failure(at: step, code: EIO)
      let files = FaultyFileSystem([Self.path: Self.old], fault: fault)
      let error = #expect(throws: FormatError.self) {
        try FileReading.bytes(of: Self.url, in: files)
      }
      #expect(error?.reason == .system(EIO))
      #expect(files.openFileCount == 0)
    }
  }

  // MARK: On the disk

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func `files are made, replaced and left alone with nothing beside them`() throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("größe.bin")
      try FileWriting.write([1, 2, 3], to: file)
      #expect(try FileReading.bytes(of: file) == [1, 2, 3])
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file.path)
      try FileWriting.write(Self.content, to: file)
      #expect(try FileReading.bytes(of: file) == Self.new)
      #expect(try DiskFileSystem().status(at: file.path)?.permissions == 0o666)
      try FileWriting.write([], to: file)
      #expect(try FileReading.bytes(of: file) == [])
      #expect(try DiskFileSystem().names(inFolder: folder.path) == ["größe.bin"])
    }
  }

  @Test func `a link stays a link and what it leads to is replaced`() throws {
    try withFolder { folder in
      let inner = folder.appendingPathComponent("inner")
      try DiskFileSystem().createFolder(inner.path)
      let file = inner.appendingPathComponent("file")
      let link = folder.appendingPathComponent("link")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
      try FileWriting.write([1], to: file)
      try FileWriting.write([2], to: link)
      #expect(try FileReading.bytes(of: file) == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
    }
  }

  @Test func `what is no file is not replaced`() throws {
    try withFolder { folder in
      func refusal(_ url: URL) -> FormatError.Reason? {
        #expect(throws: FormatError.self) { try FileWriting.write([1], to: url) }?.reason
      }
      #expect(refusal(folder) == .notAFile)
      #expect(refusal(URL(fileURLWithPath: "/dev/null")) == .notAFile)
      #expect(refusal(folder.appendingPathComponent("no/file")) == .system(ENOENT))
      let page = try #require(URL(string: "https://example.org/a"))
      #expect(refusal(page) == .notAFile)
      #expect(try DiskFileSystem().names(inFolder: folder.path) == [])
    }
  }

  @Test func `appending, removing and listing on the disk`() throws {
    try withFolder { folder in
      let disk = DiskFileSystem()
      let path = folder.appendingPathComponent("log").path
      for text in ["one\n", "two\n"] {
        let file = try disk.open(path, for: .appending)
        let bytes = Array(text.utf8)
        let count = try bytes.withUnsafeBytes { try disk.write(file, $0) }
        #expect(count == 4)
        try disk.sync(file)
        try disk.close(file)
      }
      #expect(try FileReading.bytes(of: URL(fileURLWithPath: path)) == Array("one\ntwo\n".utf8))
      #expect(try disk.status(at: folder.path)?.kind == .folder)
      try disk.rename(path, to: path + "2")
      #expect(try disk.names(inFolder: folder.path) == ["log2"])
      try disk.syncFolder(folder.path)
      try disk.remove(path + "2")
      #expect(try disk.status(at: path + "2") == nil)
      #expect(throws: FileFailure(code: ENOENT)) { try disk.remove(path) }
      #expect(throws: FileFailure(code: EEXIST)) { try disk.createFolder(folder.path) }
    }
  }
}
