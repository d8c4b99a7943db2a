import Foundation

/// An array as NumPy's `.npy` format holds it.
///
/// - Source: NumPy Enhancement Proposal 1, and `numpy.lib.format` for versions 2 and 3.
public struct NPY: Sendable, Hashable {
  /// The array, little-endian and with its last axis fastest, however the file has it.
  public let array: StoredArray

  /// Makes a file of an array.
  public init(_ array: StoredArray) { self.array = array }

  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` for anything but a whole file of numbers within the limits.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "npy", in: files)
    try self.init(bytes, limits: limits, source: url.path)
  }

  /// Reads bytes in memory.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole file of numbers within the limits.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let file = stored as? ArraySlice<UInt8> ?? (stored as? [UInt8] ?? Array(stored))[...]
    let origin = Origin(reader: "npy", source: source)
    let header = try withBytes(of: file) { bytes throws(FormatError) in
      try NPYHeader(bytes, limits: limits, origin: origin)
    }
    var elements = file[(file.startIndex + header.byteCount)...]
    let size = header.dtype.byteCount
    let isTransposed = header.isFortranOrder && header.shape.count > 1
    if header.isBigEndian && size > 1 || isTransposed {
      var turned = Array(elements)
      if header.isBigEndian { turned.reverseEach(size) }
      if isTransposed { turned = Self.lastAxisFastest(turned, header.shape, elementSize: size) }
      elements = turned[...]
    }
    array = StoredArray(dtype: header.dtype, shape: header.shape, bytes: elements)
  }

  /// The elements with their last axis fastest, of an array whose first axis is.
  private static func lastAxisFastest(
    _ bytes: [UInt8], _ shape: [Int], elementSize: Int
  ) -> [UInt8] {
    var steps: [Int] = []
    var step = elementSize
    for length in shape {
      steps.append(step)
      step *= length
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = [Int](repeating: 0, count: shape.count)
    var from = 0
    while result.count < bytes.count {
      result += bytes[from..<(from + elementSize)]
      for axis in index.indices.reversed() {
        index[axis] += 1
        from += steps[axis]
        if index[axis] < shape[axis] { break }
        from -= steps[axis] * shape[axis]
        index[axis] = 0
      }
    }
    return result
  }

  /// The content of a file with this array, as NumPy writes it.
  ///
  /// - Throws: ``FormatError`` if the array's shape and bytes disagree, or for bfloat16 and
  ///   float8, which NumPy has not.
  public func content() throws(FormatError) -> FileContent {
    let origin = Origin(reader: "npy", source: "bytes")
    try array.check(field: "array", origin: origin)
    var content = FileContent(try NPYHeader.bytes(for: array, origin: origin))
    content.append(array.bytes)
    return content
  }

  /// Writes a file with this array: the old file or the new one stands, never a part.
  ///
  /// - Throws: as ``content()`` and ``FileWriting``.
  public func write(to url: URL, in files: some FileSystem = .disk) throws(FormatError) {
    try FileWriting.write(content(), to: url, writer: "npy", in: files)
  }
}
