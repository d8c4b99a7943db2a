import Foundation

/// Lists of integers, each as long as it pleases, as NumPy stores an array of them: Keras' files of
/// texts are such.
///
/// NumPy can keep such an array only as a pickle, which is a program. None is run here: the reader
/// knows the few instructions that make lists of integers in an array, by name, and refuses the
/// rest, whatever it may mean.
///
/// - Source: NumPy Enhancement Proposal 1 for the header; Python's `pickletools` for the
///   instructions, of protocols 2 to 5.
public struct IntegerLists: Sendable, Hashable {
  /// The lists, in the order of the array.
  public let lists: [[Int]]

  /// Reads a `.npy` file.
  ///
  /// - Throws: ``FormatError`` for anything but an array with one axis of lists of integers.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "npy", in: files)
    try self.init(bytes, limits: limits, source: url.path)
  }

  /// Reads bytes in memory.
  ///
  /// The lists take at most `limits.dataBytes`, 8 bytes for each integer and 64 for each list.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but an array with one axis of lists of integers.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let origin = Origin(reader: "npy", source: source)
    lists = try withBytes(of: stored) { bytes throws(FormatError) in
      let header = try NPYDescription(bytes, limits: limits, origin: origin)
      guard header.isOfObjects, header.shape.count == 1 else {
        throw origin.error(
          .unsupported, "this is no array of lists", at: header.place, field: "descr",
          expected: "objects, with one axis", got: "\(header.descr), \(header.shape)",
          fix: header.isOfObjects
            ? "save an array with one axis, of type object." : "read numbers by NPY.")
      }
      var pickle = ListPickle(bytes, from: header.byteCount, limits: limits, origin: origin)
      return try pickle.lists(count: header.shape[0])
    }
  }
}

extension NPZ {
  /// The lists of integers in the array of that name, which is decoded anew each time.
  ///
  /// - Throws: ``FormatError`` if there is no such array, or as ``IntegerLists`` does.
  public func integerLists(_ name: String) throws(FormatError) -> [[Int]] {
    try IntegerLists(member(name), limits: limits, source: "\(source)/\(name).npy").lists
  }
}
