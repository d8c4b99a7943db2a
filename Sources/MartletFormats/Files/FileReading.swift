import Foundation

/// Reads whole regular files, and nothing else.
public enum FileReading {
  /// The bytes of the file at `url`.
  ///
  /// The size is that of the descriptor the bytes come from, so nobody can exchange the file in
  /// between; pipes, devices and folders are refused without being read.
  ///
  /// - Parameter reader: who is reading, for messages.
  /// - Throws: ``FormatError``: `system` with the `errno`, `notAFile`, `limit(.fileBytes)`, or
  ///   `mismatch` if the file shrinks or grows while it is read.
  public static func bytes(
    of url: URL, limits: LoadLimits = LoadLimits(), reader: String = "file",
    in files: some FileSystem = .disk
  ) throws(FormatError) -> [UInt8] {
    let origin = try Origin(naming: url, reader: reader)
    let file = try origin.naming("the file cannot be opened") { () throws(FileFailure) in
      try files.open(origin.source, for: .reading)
    }
    defer { try? files.close(file) }
    let status = try origin.naming("the file's size cannot be read") { () throws(FileFailure) in
      try files.status(of: file)
    }
    try origin.requireRegular(status)
    guard let size = Int(exactly: status.byteCount), size >= 0, size <= limits.fileBytes else {
      throw origin.overLimit(
        .fileBytes, "the file is larger than the limit", most: limits.fileBytes,
        got: "\(status.byteCount) bytes", at: .whole, field: "file size")
    }
    return try contents(size, of: file, in: files, origin: origin)
  }

  private static func contents(
    _ size: Int, of file: Int32, in files: some FileSystem, origin: Origin
  ) throws(FormatError) -> [UInt8] {
    var failure: FileFailure?
    // Of no capacity all arrays are one, and threads would write its count at the same time.
    let bytes = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
      do throws(FileFailure) {
        while count < size {
          let rest = UnsafeMutableBufferPointer(rebasing: buffer[count...])
          let got = try files.read(file, into: UnsafeMutableRawBufferPointer(rest))
          if got == 0 { return }
          count += got
        }
      } catch {
        failure = error
      }
    }
    let more = try origin.naming("the file cannot be read") { () throws(FileFailure) in
      if let failure { throw failure }
      var extra: UInt8 = 0
      let result = withUnsafeMutableBytes(of: &extra) { buffer in
        Result { () throws(FileFailure) in try files.read(file, into: buffer) }
      }
      return try result.get()
    }
    let isLonger = bytes.count == size && more > 0
    guard bytes.count == size, !isLonger else {
      throw origin.error(
        .mismatch, "the file changed while it was read", at: .byte(bytes.count),
        field: "file size", expected: "\(size) bytes", got: isLonger ? "more" : "\(bytes.count)",
        fix: "let its writer finish, then read it again.")
    }
    return bytes
  }
}

extension Origin {
  /// The origin that a file URL names, by its path.
  init(naming url: URL, reader: String) throws(FormatError) {
    guard url.isFileURL, !url.path.utf8.contains(0) else {
      throw Origin(reader: reader, source: url.absoluteString).error(
        .notAFile, "the URL names no file", at: .whole, field: "path",
        expected: "a file URL", got: url.absoluteString,
        fix: "make it with URL(fileURLWithPath:).")
    }
    self.init(reader: reader, source: url.path)
  }

  /// Runs `call`; its refusal becomes an error that says what cannot be done.
  func naming<Value>(
    _ what: String, _ call: () throws(FileFailure) -> Value
  ) throws(FormatError) -> Value {
    do throws(FileFailure) {
      return try call()
    } catch {
      throw self.error(
        .system(error.code), what, at: .whole, field: "file", expected: "success",
        got: "\(String(cString: strerror(error.code))) (errno \(error.code))",
        fix: "check the path, the permissions and the disk.")
    }
  }

  /// Refuses everything but a regular file.
  func requireRegular(_ status: FileStatus) throws(FormatError) {
    let got =
      switch status.kind {
      case .regular: ""
      case .folder: "a folder"
      case .pipe: "a pipe"
      case .device: "a device"
      case .socket: "a socket"
      case .other: "something else"
      }
    guard status.kind == .regular else {
      throw error(
        .notAFile, "this is not a regular file", at: .whole, field: "file type",
        expected: "a regular file", got: got, fix: "name the file itself.")
    }
  }
}
