import Foundation

/// Writes whole files, so that a reader finds the old file or the new one and never a part.
public enum FileWriting {
  /// Replaces the file at `url`, or makes it.
  ///
  /// The bytes go to a temporary file in the same folder, which is synced and then renamed; last,
  /// the folder is synced. A process that is killed, or a machine that loses its power, leaves the
  /// old file or the new one whole (and perhaps a hidden file that ends in `.part`). The
  /// permissions of an old file are kept, a link is followed.
  ///
  /// - Parameter writer: who is writing, for messages.
  /// - Throws: ``FormatError``: `system` with the `errno`, or `notAFile` where a folder, a device
  ///   or a pipe lies at the path. The old file stands then and the temporary one is gone; only
  ///   where the folder cannot be synced, the very last step, does the new file stand.
  public static func write(
    _ content: FileContent, to url: URL, writer: String = "file",
    in files: some FileSystem = .disk
  ) throws(FormatError) {
    let origin = try Origin(naming: url, reader: writer)
    var path = origin.source
    var permissions: UInt16?
    let old = try origin.naming("the path cannot be looked up") { () throws(FileFailure) in
      try files.status(at: path)
    }
    if let old {
      try origin.requireRegular(old)
      permissions = old.permissions
      path = try origin.naming("the path cannot be looked up") { () throws(FileFailure) in
        try files.resolved(path)
      }
    }
    let folder = (path as NSString).deletingLastPathComponent
    let temporary = (folder as NSString).appendingPathComponent(
      ".martlet-\(String(UInt64.random(in: 0 ... .max), radix: 36)).part")
    let file = try origin.naming("no file can be made in the folder") { () throws(FileFailure) in
      try files.open(temporary, for: .creating(permissions: permissions))
    }
    do throws(FormatError) {
      try fill(file, with: content, in: files, origin: origin)
      try origin.naming("the file cannot be replaced") { () throws(FileFailure) in
        try files.rename(temporary, to: path)
      }
    } catch {
      try? files.remove(temporary)
      throw error
    }
    try origin.naming("the folder of the new file cannot be synced") { () throws(FileFailure) in
      try files.syncFolder(folder.isEmpty ? "." : folder)
    }
  }

  /// Replaces the file at `url`, or makes it, with bytes that are in memory.
  ///
  /// - Throws: as ``write(_:to:writer:in:)-(FileContent,_,_,_)``.
  public static func write(
    _ bytes: some Sequence<UInt8>, to url: URL, writer: String = "file",
    in files: some FileSystem = .disk
  ) throws(FormatError) {
    try write(FileContent(bytes), to: url, writer: writer, in: files)
  }

  /// Adds bytes at the end of the file at `url`, or makes it.
  ///
  /// For files that are read while they grow, of a format whose reader stops at the last whole
  /// record: where this throws, or the process is killed, a part of the bytes may stand there. They
  /// are the system's once this returns, not yet the drive's.
  ///
  /// - Throws: ``FormatError``: as ``write(_:to:writer:in:)-(FileContent,_,_,_)``.
  public static func append(
    _ bytes: [UInt8], to url: URL, writer: String = "file", in files: some FileSystem = .disk
  ) throws(FormatError) {
    let origin = try Origin(naming: url, reader: writer)
    let file = try origin.naming("the file cannot be opened") { () throws(FileFailure) in
      try files.open(origin.source, for: .appending)
    }
    do throws(FormatError) {
      let status = try origin.naming("the file cannot be looked at") { () throws(FileFailure) in
        try files.status(of: file)
      }
      try origin.requireRegular(status)
      try origin.naming("the file cannot be written") { () throws(FileFailure) in
        try write(bytes[...], to: file, in: files)
      }
    } catch {
      try? files.close(file)
      throw error
    }
    try origin.naming("the file cannot be closed") { () throws(FileFailure) in
      try files.close(file)
    }
  }

  /// Makes a folder, and those that it lies in, where they are not there.
  ///
  /// - Throws: ``FormatError``: `system` with the `errno`.
  public static func makeFolders(
    _ url: URL, writer: String = "file", in files: some FileSystem = .disk
  ) throws(FormatError) {
    let origin = try Origin(naming: url, reader: writer)
    var missing: [String] = []
    var path = origin.source
    func exists() throws(FormatError) -> Bool {
      try origin.naming("the folder cannot be looked up") { () throws(FileFailure) in
        try files.status(at: path) != nil
      }
    }
    while !path.isEmpty, path != "/", try !exists() {
      missing.append(path)
      path = (path as NSString).deletingLastPathComponent
    }
    for path in missing.reversed() {
      try origin.naming("the folder cannot be made") { () throws(FileFailure) in
        do throws(FileFailure) {
          try files.createFolder(path)
        } catch {
          // Another process was faster.
          if error.code != EEXIST { throw error }
        }
      }
    }
  }

  /// Writes, syncs and closes a file, which is closed even where this throws.
  private static func fill(
    _ file: Int32, with content: FileContent, in files: some FileSystem, origin: Origin
  ) throws(FormatError) {
    do throws(FormatError) {
      try content.forEachPiece { (piece) throws(FormatError) in
        try origin.naming("the file cannot be written") { () throws(FileFailure) in
          try write(piece, to: file, in: files)
        }
      }
      try origin.naming("the file cannot be synced") { () throws(FileFailure) in
        try files.sync(file)
      }
    } catch {
      try? files.close(file)
      throw error
    }
    try origin.naming("the file cannot be closed") { () throws(FileFailure) in
      try files.close(file)
    }
  }

  private static func write(
    _ bytes: ArraySlice<UInt8>, to file: Int32, in files: some FileSystem
  ) throws(FileFailure) {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(FileFailure) in
        var written = 0
        while written < buffer.count {
          let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
          let count = try files.write(file, rest)
          // A file system that takes nothing would hold us here for ever.
          guard count > 0 else { throw FileFailure(code: EIO) }
          written += count
        }
      }
    }
    try result.get()
  }
}
