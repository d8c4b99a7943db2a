import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

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
    of url: URL, limits: LoadLimits = LoadLimits(), reader: String = "file"
  ) throws(FormatError) -> [UInt8] {
    guard url.isFileURL, !url.path.utf8.contains(0) else {
      throw Origin(reader: reader, source: url.absoluteString).error(
        .notAFile, "the URL names no file", at: .whole, field: "path",
        expected: "a file URL", got: url.absoluteString,
        fix: "make it with URL(fileURLWithPath:).")
    }
    return try bytes(ofPath: url.path, limits: limits, reader: reader)
  }

  private static func bytes(
    ofPath path: String, limits: LoadLimits, reader: String
  ) throws(FormatError) -> [UInt8] {
    let origin = Origin(reader: reader, source: path)
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else {
      throw origin.systemError(
        "the file cannot be opened", fix: "check the path and the permissions.")
    }
    defer { _ = close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw origin.systemError("the file's size cannot be read", fix: "check the file system.")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw origin.error(
        .notAFile, "this is not a regular file", at: .whole, field: "file type",
        expected: "a regular file", got: kind(of: status.st_mode),
        fix: "name the file itself.")
    }
    guard let size = Int(exactly: status.st_size), size >= 0, size <= limits.fileBytes else {
      throw origin.overLimit(
        .fileBytes, "the file is larger than the limit", most: limits.fileBytes,
        got: "\(status.st_size) bytes", at: .whole, field: "file size")
    }
    return try contents(size, of: descriptor, origin: origin)
  }

  private static func contents(
    _ size: Int, of descriptor: Int32, origin: Origin
  ) throws(FormatError) -> [UInt8] {
    var failure: FormatError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size, let base = buffer.baseAddress {
        // macOS refuses to read 2 GiB at once.
        let got = retrying {
          read(descriptor, base + count, min(size - count, 1 << 30))
        }
        if got < 0 {
          failure = origin.systemError("the file cannot be read", fix: "check the disk.")
          return
        }
        if got == 0 { return }
        count += got
      }
    }
    if let failure { throw failure }
    var extra: UInt8 = 0
    let more = retrying { read(descriptor, &extra, 1) }
    guard more >= 0 else {
      throw origin.systemError("the file cannot be read", fix: "check the disk.")
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

  /// Calls again as long as a signal interrupts the call.
  private static func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }

  private static func kind(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFSOCK: "a socket"
    default: "something else"
    }
  }
}

extension Origin {
  /// The error of the system call that just failed.
  fileprivate func systemError(_ what: String, fix: String) -> FormatError {
    let code = errno
    return error(
      .system(code), what, at: .whole, field: "file", expected: "success",
      got: "\(String(cString: strerror(code))) (errno \(code))", fix: fix)
  }
}
