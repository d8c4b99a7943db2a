import Foundation
import MartletFormats

/// A file system in memory that knows what a power cut would leave, and in which one call fails.
///
/// Every call of ``FileSystem`` counts as one operation, from 0. What is written lies in a cache
/// until the file is synced, and names (of new, renamed and removed files) until their folder is:
/// ``outcomes`` are all the states in which the files may be found when the power goes.
public final class FaultyFileSystem: FileSystem, @unchecked Sendable {
  /// What goes wrong.
  public enum Fault: Sendable, Hashable {
    /// Nothing.
    case none
    /// One operation fails with this `errno`; those after it succeed.
    case failure(at: Int, code: Int32)
    /// The process dies in this operation, which does its work half or not at all; nothing that
    /// comes after it has any effect.
    case death(at: Int)
  }

  /// The files of one possible state: their contents by path.
  public typealias Files = [String: [UInt8]]

  private final class Node {
    var content: [UInt8]
    var synced: [UInt8]
    let permissions: UInt16

    init(_ content: [UInt8], permissions: UInt16) {
      self.content = content
      synced = content
      self.permissions = permissions
    }
  }

  private struct OpenFile {
    var node: Node
    var offset = 0
  }

  private let lock = NSLock()
  private let fault: Fault
  private var count = 0
  private var isDead = false
  private var names: [String: Node] = [:]
  private var syncedNames: [String: Node]
  private var folders: Set<String>
  private var openFiles: [Int32: OpenFile] = [:]
  private var nextFile: Int32 = 3

  /// Makes a file system that holds these files safely, and the folders they lie in.
  public init(_ files: Files = [:], folders: Set<String> = [], fault: Fault = .none) {
    self.fault = fault
    self.folders = folders
    for (path, content) in files { names[path] = Node(content, permissions: 0o640) }
    syncedNames = names
    for path in files.keys { self.folders.insert(Self.folder(of: path)) }
  }

  /// How many operations there were.
  public var operationCount: Int { lock.withLock { count } }

  /// How many files are open.
  public var openFileCount: Int { lock.withLock { openFiles.count } }

  /// The files as a process that comes next finds them.
  public var files: Files { lock.withLock { names.mapValues(\.content) } }

  /// The files in every state that a power cut may leave.
  public var outcomes: [Files] {
    lock.withLock {
      [names, syncedNames].flatMap { names in
        [
          names.mapValues(\.content), names.mapValues(\.synced),
          // What is not synced may be there in part.
          names.mapValues { $0.content == $0.synced ? $0.synced : Array($0.content.dropLast()) },
        ]
      }
    }
  }

  /// The permissions of the file at a path.
  public func permissions(of path: String) -> UInt16? {
    lock.withLock { names[path]?.permissions }
  }

  private static func folder(of path: String) -> String {
    (path as NSString).deletingLastPathComponent
  }

  /// Does one operation, or what the fault leaves of it.
  private func operate<Value>(
    half: () -> Void = {}, _ body: () throws(FileFailure) -> Value
  ) throws(FileFailure) -> Value {
    let result = lock.withLock {
      Result { () throws(FileFailure) in
        if isDead { throw FileFailure(code: EIO) }
        let number = count
        count += 1
        switch fault {
        case .failure(at: number, let code):
          half()
          throw FileFailure(code: code)
        case .death(at: number):
          half()
          isDead = true
          throw FileFailure(code: EIO)
        default: return try body()
        }
      }
    }
    return try result.get()
  }

  private func file(_ number: Int32) throws(FileFailure) -> OpenFile {
    guard let file = openFiles[number] else { throw FileFailure(code: EBADF) }
    return file
  }

  // MARK: FileSystem

  public func open(_ path: String, for purpose: FilePurpose) throws(FileFailure) -> Int32 {
    try operate { () throws(FileFailure) in
      let file: OpenFile
      switch purpose {
      case .reading:
        guard let node = names[path] else { throw FileFailure(code: ENOENT) }
        file = OpenFile(node: node)
      case .creating(let permissions):
        guard names[path] == nil else { throw FileFailure(code: EEXIST) }
        file = OpenFile(node: try add(path, permissions: permissions))
      case .appending:
        let node = if let node = names[path] { node } else { try add(path, permissions: nil) }
        file = OpenFile(node: node, offset: node.content.count)
      }
      nextFile += 1
      openFiles[nextFile] = file
      return nextFile
    }
  }

  private func add(_ path: String, permissions: UInt16?) throws(FileFailure) -> Node {
    guard folders.contains(Self.folder(of: path)) else { throw FileFailure(code: ENOENT) }
    let node = Node([], permissions: permissions ?? 0o644)
    names[path] = node
    return node
  }

  public func status(of file: Int32) throws(FileFailure) -> FileStatus {
    try operate { () throws(FileFailure) in Self.status(of: try self.file(file).node) }
  }

  public func status(at path: String) throws(FileFailure) -> FileStatus? {
    try operate { () throws(FileFailure) in
      if folders.contains(path) {
        return FileStatus(kind: .folder, byteCount: 0, permissions: 0o755)
      }
      return names[path].map(Self.status)
    }
  }

  private static func status(of node: Node) -> FileStatus {
    FileStatus(
      kind: .regular, byteCount: Int64(node.content.count), permissions: node.permissions)
  }

  public func read(
    _ file: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FileFailure) -> Int {
    try operate { () throws(FileFailure) in
      let open = try self.file(file)
      let part = open.node.content.dropFirst(open.offset).prefix(buffer.count)
      buffer.copyBytes(from: part)
      openFiles[file]?.offset += part.count
      return part.count
    }
  }

  public func write(
    _ file: Int32, _ bytes: UnsafeRawBufferPointer
  ) throws(FileFailure) -> Int {
    // A long write takes several calls.
    let part = bytes.prefix(max(1, bytes.count / 2))
    return try operate(half: {
      openFiles[file]?.node.content += part.prefix(part.count / 2)
    }) { () throws(FileFailure) in
      try self.file(file).node.content += part
      return part.count
    }
  }

  public func sync(_ file: Int32) throws(FileFailure) {
    try operate { () throws(FileFailure) in
      let node = try self.file(file).node
      node.synced = node.content
    }
  }

  public func close(_ file: Int32) throws(FileFailure) {
    try operate(half: { openFiles[file] = nil }) { () throws(FileFailure) in
      _ = try self.file(file)
      openFiles[file] = nil
    }
  }

  public func rename(_ path: String, to newPath: String) throws(FileFailure) {
    try operate { () throws(FileFailure) in
      guard let node = names[path] else { throw FileFailure(code: ENOENT) }
      names[path] = nil
      names[newPath] = node
    }
  }

  public func remove(_ path: String) throws(FileFailure) {
    try operate { () throws(FileFailure) in
      let wasThere = names.removeValue(forKey: path) != nil || folders.remove(path) != nil
      guard wasThere else { throw FileFailure(code: ENOENT) }
    }
  }

  public func createFolder(_ path: String) throws(FileFailure) {
    try operate { () throws(FileFailure) in
      guard folders.insert(path).inserted else { throw FileFailure(code: EEXIST) }
    }
  }

  public func syncFolder(_ path: String) throws(FileFailure) {
    try operate { () throws(FileFailure) in
      syncedNames = syncedNames.filter { Self.folder(of: $0.key) != path }
      for (name, node) in names where Self.folder(of: name) == path { syncedNames[name] = node }
    }
  }

  public func names(inFolder path: String) throws(FileFailure) -> [String] {
    try operate { () throws(FileFailure) in
      let paths = Array(names.keys) + Array(folders)
      return paths.filter { Self.folder(of: $0) == path && $0 != path }
        .map { ($0 as NSString).lastPathComponent }
    }
  }

  public func resolved(_ path: String) throws(FileFailure) -> String {
    try operate { () throws(FileFailure) in path }
  }
}
