import Foundation

/// A group of an HDF5 file, and the whole file where it is the root: attributes, groups and
/// datasets under their names.
///
/// What is read and written is the part of the format that h5py uses unless asked otherwise, and
/// with it Keras: superblock 0, groups of symbol tables, contiguous datasets (and, when read,
/// compact ones and chunks compressed by gzip), numbers, booleans and text. Anything else is
/// refused by name. Data is taken from the file when it is asked for.
/// - Source: "HDF5 File Format Specification Version 2.0", The HDF Group.
public struct HDF5Group: Sendable {
  /// The attributes by name.
  public var attributes: [String: HDF5Value]
  /// The groups in this group by name.
  public var groups: [String: HDF5Group]
  /// The datasets in this group by name.
  public var datasets: [String: HDF5Dataset]

  /// Makes a group.
  public init(
    attributes: [String: HDF5Value] = [:], groups: [String: HDF5Group] = [:],
    datasets: [String: HDF5Dataset] = [:]
  ) {
    self.attributes = attributes
    self.groups = groups
    self.datasets = datasets
  }

  /// Reads the root of a file.
  ///
  /// - Throws: ``FormatError`` for anything but a whole HDF5 file within the limits, where groups
  ///   and datasets together count as its members.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "HDF5", in: files)
    try self.init(bytes, limits: limits, source: url.path)
  }

  /// Reads the root of a file in memory, a member of an archive for example.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole HDF5 file within the limits.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let file = stored as? ArraySlice<UInt8> ?? (stored as? [UInt8] ?? Array(stored))[...]
    let origin = Origin(reader: "HDF5", source: source)
    self = try withBytes(of: file) { bytes throws(FormatError) in
      var reader = HDF5Reader(bytes, file: file, limits: limits, origin: origin)
      return try reader.root()
    }
  }

  /// The group at a path below this one, `layers/dense/vars` for example, or nil.
  public func group(at path: String) -> HDF5Group? {
    path.split(separator: "/").reduce(self as HDF5Group?) { $0?.groups[String($1)] }
  }

  /// The dataset at a path below this group, `layers/dense/vars/0` for example, or nil.
  public func dataset(at path: String) -> HDF5Dataset? {
    let (folders, name) = Self.parts(of: path)
    return name.flatMap { group(at: folders)?.datasets[$0] }
  }

  /// Puts a dataset at a path below this group, and makes the groups on the way.
  ///
  /// - Precondition: the path has a last part.
  public mutating func insert(_ dataset: HDF5Dataset, at path: String) {
    let (folders, name) = Self.parts(of: path)
    guard let name else {
      fatalError(
        """
        HDF5Group.insert: a dataset needs a name.
          expected a path such as layers/dense/vars/0
          got '\(path)'
          fix: end the path with the dataset's name.
        """)
    }
    updateGroup(at: folders) { $0.datasets[name] = dataset }
  }

  /// Changes the group at a path below this one, which is made where it does not exist.
  public mutating func updateGroup(at path: String, _ change: (inout HDF5Group) -> Void) {
    guard let slash = path.firstIndex(where: { $0 != "/" }) else { return change(&self) }
    let rest = path[slash...]
    let name = String(rest.prefix { $0 != "/" })
    groups[name, default: HDF5Group()].updateGroup(
      at: String(rest.dropFirst(name.count)), change)
  }

  private static func parts(of path: String) -> (folders: String, name: String?) {
    let parts = path.split(separator: "/")
    return (parts.dropLast().joined(separator: "/"), parts.last.map(String.init))
  }
}
