/// The few things that this library asks of a file system, so that every one of them can be made
/// to fail in a test.
///
/// Paths are absolute or relative to the working folder. Each call either does what it says or
/// throws the `errno` of the refusal; a call that a signal interrupts is made again.
public protocol FileSystem: Sendable {
  /// Opens a file; what comes back stands for it until ``close(_:)``.
  func open(_ path: String, for purpose: FilePurpose) throws(FileFailure) -> Int32
  /// What an open file is.
  func status(of file: Int32) throws(FileFailure) -> FileStatus
  /// What lies at a path, links followed, or nil where nothing does.
  func status(at path: String) throws(FileFailure) -> FileStatus?
  /// Reads into `buffer`, and returns how many bytes: 0 at the end, perhaps fewer than asked for.
  func read(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(FileFailure) -> Int
  /// Writes bytes, and returns how many were written: perhaps fewer than given.
  func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) -> Int
  /// Returns once the file's contents would survive a power cut.
  func sync(_ file: Int32) throws(FileFailure)
  /// Closes a file, which is closed even where this throws.
  func close(_ file: Int32) throws(FileFailure)
  /// Gives the file at `path` another path, in one step; a file that lies there is replaced.
  func rename(_ path: String, to newPath: String) throws(FileFailure)
  /// Removes a file, or an empty folder.
  func remove(_ path: String) throws(FileFailure)
  /// Makes a folder, whose parent must exist.
  func createFolder(_ path: String) throws(FileFailure)
  /// Returns once the names in a folder would survive a power cut.
  func syncFolder(_ path: String) throws(FileFailure)
  /// The names in a folder, in no order.
  func names(inFolder path: String) throws(FileFailure) -> [String]
  /// The path without links of something that exists.
  func resolved(_ path: String) throws(FileFailure) -> String
}

/// What a file is opened for.
public enum FilePurpose: Sendable, Hashable {
  /// To be read from its beginning.
  case reading
  /// To be written as a new file, where nothing may lie: of exactly these permissions, or of the
  /// usual ones where there are none.
  case creating(permissions: UInt16?)
  /// To be written at its end; made where it does not exist.
  case appending
}

/// What a file system says about a file.
public struct FileStatus: Sendable, Hashable {
  /// The kind of file.
  public enum Kind: Sendable, Hashable {
    /// Bytes on a disk.
    case regular
    /// A folder of files.
    case folder
    /// A pipe, named or not.
    case pipe
    /// A device of characters or of blocks.
    case device
    /// A socket.
    case socket
    /// What none of the others is.
    case other
  }

  /// The kind of file.
  public var kind: Kind
  /// The file's size in bytes.
  public var byteCount: Int64
  /// Who may read, write and run it: the low twelve bits of Unix.
  public var permissions: UInt16

  /// Makes a status.
  public init(kind: Kind, byteCount: Int64, permissions: UInt16) {
    self.kind = kind
    self.byteCount = byteCount
    self.permissions = permissions
  }
}

/// A file system's refusal, as an `errno`.
public struct FileFailure: Error, Sendable, Hashable {
  /// The `errno`.
  public var code: Int32

  /// Makes a refusal.
  public init(code: Int32) { self.code = code }
}
