import Foundation

/// Named arrays as NumPy's `.npz` format holds them: a zip file of `.npy` files, compressed or
/// not.
public struct NPZ: Sendable {
  /// The names of the arrays, in the order of the file.
  public let names: [String]
  private let zip: Zip
  let limits: LoadLimits
  let source: String

  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` for anything but a whole zip file within the limits.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "npz", in: files)
    try self.init(bytes, limits: limits, source: url.path)
  }

  /// Reads bytes in memory.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole zip file within the limits.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    zip = try Zip(stored, limits: limits, source: source)
    names = zip.names.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
    self.limits = limits
    self.source = source
  }

  /// The array of that name, which is decoded anew each time.
  ///
  /// - Throws: ``FormatError`` if there is no such array, or if it is damaged or not of numbers.
  public func array(_ name: String) throws(FormatError) -> StoredArray {
    try NPY(member(name), limits: limits, source: "\(source)/\(name).npy").array
  }

  /// The bytes of the array of that name, as a `.npy` file.
  func member(_ name: String) throws(FormatError) -> ArraySlice<UInt8> {
    try zip.bytes(of: name + ".npy")
  }

  /// The content of a file with these arrays, in the order of their names, not compressed.
  ///
  /// - Throws: ``FormatError`` if an array's shape and bytes disagree, or for bfloat16 and
  ///   float8, which NumPy has not.
  public static func content(of arrays: [String: StoredArray]) throws(FormatError) -> FileContent {
    var entries: [Zip.Entry] = []
    for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
      entries.append(Zip.Entry(name + ".npy", try NPY(array).content()))
    }
    return try Zip.content(of: entries)
  }

  /// Writes a file with these arrays: the old file or the new one stands, never a part.
  ///
  /// - Throws: as ``content(of:)`` and ``FileWriting``.
  public static func write(
    _ arrays: [String: StoredArray], to url: URL, in files: some FileSystem = .disk
  ) throws(FormatError) {
    try FileWriting.write(content(of: arrays), to: url, writer: "npz", in: files)
  }
}
