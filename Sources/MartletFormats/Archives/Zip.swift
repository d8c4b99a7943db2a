import Foundation

/// The members of a zip file, stored or deflated.
///
/// What counts is the central directory at the file's end; the headers before the members must
/// agree with it in their names. Refused: a name twice, members that overlap, encryption, several
/// disks, bytes before the first member or after the end.
/// - Source: PKWARE, APPNOTE.TXT 6.3.10.
public struct Zip: Sendable {
  /// One file in the archive.
  public struct Member: Sendable, Hashable {
    /// The name with its folders, separated by slashes; a folder's own name ends with one.
    public let name: String
    /// The size of the contents.
    public let byteCount: Int
    /// The size of the contents as they are stored.
    public let storedByteCount: Int
    /// Whether the contents are compressed.
    public let isDeflated: Bool
    /// The CRC-32 of the contents.
    public let checksum: UInt32
    /// Where the contents start in the archive.
    let start: Int
  }

  /// The members, in the order of the directory.
  public let members: [Member]
  private let indices: [String: Int]
  private let file: ArraySlice<UInt8>
  private let origin: Origin

  /// The names, in the order of the directory.
  public var names: [String] { members.map(\.name) }

  /// The member of that name, or nil.
  public subscript(name: String) -> Member? { indices[name].map { members[$0] } }

  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` for anything but a whole zip file within the limits, where the
  ///   sizes of all members together count as its data.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "zip", in: files)
    try self.init(bytes, limits: limits, source: url.path)
  }

  /// Reads bytes in memory.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole zip file within the limits, where the
  ///   sizes of all members together count as its data.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let bytes = stored as? [UInt8] ?? Array(stored)
    let origin = Origin(reader: "zip", source: source)
    members = try withBytes(of: bytes) { input throws(FormatError) in
      try ZipDirectory(input, limits: limits, origin: origin).members
    }
    indices = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.name, $0) })
    file = bytes[...]
    self.origin = origin
  }

  /// The contents of the member of that name; those of a stored one are not copied.
  ///
  /// - Throws: ``FormatError`` if there is no such member, or if its contents are damaged.
  public func bytes(of name: String) throws(FormatError) -> ArraySlice<UInt8> {
    guard let member = self[name] else {
      throw origin.error(
        .mismatch, "the archive has no such member", at: .whole, field: name,
        expected: "one of \(names.prefix(20).joined(separator: ", "))", got: name,
        fix: "check that this is the archive you mean.")
    }
    return try bytes(of: member)
  }

  /// The contents of a member of this archive; those of a stored one are not copied.
  ///
  /// - Throws: ``FormatError`` if the contents are damaged.
  public func bytes(of member: Member) throws(FormatError) -> ArraySlice<UInt8> {
    var contents = file[member.start..<(member.start + member.storedByteCount)]
    if member.isDeflated {
      do throws(FormatError) {
        contents = try Deflate.decompress(
          contents, byteCount: member.byteCount, limits: .trusting(member.byteCount),
          source: origin.source)[...]
      } catch {
        var error = error
        error.reader = origin.reader
        error.field = "\(member.name), \(error.field)"
        if case .byte(let offset) = error.place { error.place = .byte(member.start + offset) }
        throw error
      }
    }
    let computed = CRC32.checksum(of: contents)
    guard computed == member.checksum else {
      throw origin.wrongChecksum(
        stored: member.checksum, computed: computed, at: member.start, field: member.name)
    }
    return contents
  }
}

extension LoadLimits {
  /// The limits of data whose size was checked before.
  fileprivate static func trusting(_ byteCount: Int) -> LoadLimits {
    var limits = LoadLimits()
    limits.dataBytes = byteCount
    return limits
  }
}
