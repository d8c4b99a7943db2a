import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The files of the machine.
public struct DiskFileSystem: FileSystem {
  /// Makes the one that there is.
  public init() {}

  public func open(_ path: String, for purpose: FilePurpose) throws(FileFailure) -> Int32 {
    switch purpose {
    case .reading:
      // Without O_NONBLOCK, opening a pipe would wait for its writer.
      return try descriptor(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    case .creating(let permissions):
      let file = try descriptor(path, O_WRONLY | O_CREAT | O_EXCL)
      // The mode of `open` is cut down by the process's mask, that of `fchmod` is not.
      if let permissions, fchmod(file, mode_t(permissions)) != 0 {
        let failure = FileFailure(code: errno)
        _ = systemClose(file)
        _ = systemRemove(path)
        throw failure
      }
      return file
    case .appending:
      return try descriptor(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY)
    }
  }

  private func descriptor(_ path: String, _ flags: Int32) throws(FileFailure) -> Int32 {
    try retrying { systemOpen(path, flags | O_CLOEXEC, 0o666) }
  }

  public func status(of file: Int32) throws(FileFailure) -> FileStatus {
    var status = stat()
    _ = try retrying { fstat(file, &status) }
    return FileStatus(status)
  }

  public func status(at path: String) throws(FileFailure) -> FileStatus? {
    var status = stat()
    do throws(FileFailure) {
      _ = try retrying { stat(path, &status) }
    } catch {
      guard error.code == ENOENT else { throw error }
      return nil
    }
    return FileStatus(status)
  }

  public func read(
    _ file: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FileFailure) -> Int {
    // macOS refuses to read 2 GiB at once.
    try retrying { systemRead(file, buffer.baseAddress, min(buffer.count, 1 << 30)) }
  }

  public func write(
    _ file: Int32, _ bytes: UnsafeRawBufferPointer
  ) throws(FileFailure) -> Int {
    try retrying { systemWrite(file, bytes.baseAddress, min(bytes.count, 1 << 30)) }
  }

  public func sync(_ file: Int32) throws(FileFailure) {
    #if canImport(Darwin)
      // There fsync leaves the bytes in the drive's own cache.
      if fcntl(file, F_FULLFSYNC) == 0 { return }
    #endif
    _ = try retrying { fsync(file) }
  }

  public func close(_ file: Int32) throws(FileFailure) {
    // After EINTR the descriptor is gone on Linux: a second call could close someone else's.
    guard systemClose(file) == 0 || errno == EINTR else { throw FileFailure(code: errno) }
  }

  public func rename(_ path: String, to newPath: String) throws(FileFailure) {
    _ = try retrying { systemRename(path, newPath) }
  }

  public func remove(_ path: String) throws(FileFailure) {
    _ = try retrying { systemRemove(path) }
  }

  public func createFolder(_ path: String) throws(FileFailure) {
    _ = try retrying { mkdir(path, 0o777) }
  }

  public func syncFolder(_ path: String) throws(FileFailure) {
    let folder = try descriptor(path, O_RDONLY | O_DIRECTORY)
    defer { _ = systemClose(folder) }
    do throws(FileFailure) {
      _ = try retrying { fsync(folder) }
    } catch {
      // Some file systems have nothing to sync in a folder, and say so.
      guard error.code == EINVAL || error.code == ENOTSUP else { throw error }
    }
  }

  public func names(inFolder path: String) throws(FileFailure) -> [String] {
    guard let folder = opendir(path) else { throw FileFailure(code: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        guard errno == 0 else { throw FileFailure(code: errno) }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  public func resolved(_ path: String) throws(FileFailure) -> String {
    guard let text = realpath(path, nil) else { throw FileFailure(code: errno) }
    defer { free(text) }
    return String(cString: text)
  }

  /// Calls again as long as a signal interrupts the call.
  private func retrying<Number: SignedInteger>(
    _ call: () -> Number
  ) throws(FileFailure) -> Number {
    while true {
      let result = call()
      if result != -1 { return result }
      let code = errno
      if code != EINTR { throw FileFailure(code: code) }
    }
  }
}

// The system's functions under names that the methods above do not hide.

private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  open(path, flags, mode)
}

private func systemRead(_ file: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  start.map { read(file, $0, count) } ?? 0
}

private func systemWrite(_ file: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  start.map { write(file, $0, count) } ?? 0
}

private func systemClose(_ file: Int32) -> Int32 { close(file) }

private func systemRename(_ path: String, _ newPath: String) -> Int32 { rename(path, newPath) }

private func systemRemove(_ path: String) -> Int32 { remove(path) }

extension FileSystem where Self == DiskFileSystem {
  /// The files of the machine.
  public static var disk: DiskFileSystem { DiskFileSystem() }
}

extension FileStatus {
  fileprivate init(_ status: stat) {
    let kind: Kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFIFO: .pipe
      case S_IFCHR, S_IFBLK: .device
      case S_IFSOCK: .socket
      default: .other
      }
    self.init(
      kind: kind, byteCount: Int64(status.st_size),
      permissions: UInt16(truncatingIfNeeded: status.st_mode & 0o7777))
  }
}
