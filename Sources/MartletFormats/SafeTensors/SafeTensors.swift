import Foundation

/// The named arrays of a safetensors file.
///
/// What the format asks for is checked before anything is given out: a header of 100,000,000 bytes
/// at most, no name twice, and arrays that follow each other from the first byte to the last
/// without a gap or an overlap.
/// - Source: the README of huggingface/safetensors, "Format".
public struct SafeTensors: Sendable, Hashable {
  /// The type of the elements, as the header names it.
  public typealias ElementType = NumberType

  /// One array with its name.
  public struct Entry: Sendable, Hashable {
    /// The name, unique in its file.
    public var name: String
    /// The array.
    public var array: StoredArray

    /// The type of the elements.
    public var dtype: NumberType { array.dtype }
    /// The length of each axis, the slowest first; no axis for a single number.
    public var shape: [Int] { array.shape }
    /// The elements, little-endian, the last axis fastest.
    public var bytes: ArraySlice<UInt8> { array.bytes }

    /// Names an array.
    public init(_ name: String, _ array: StoredArray) {
      self.name = name
      self.array = array
    }

    /// Makes an array of bytes that are as the format stores them.
    public init(name: String, dtype: NumberType, shape: [Int], bytes: ArraySlice<UInt8>) {
      self.init(name, StoredArray(dtype: dtype, shape: shape, bytes: bytes))
    }

    /// Makes an array of Swift numbers.
    ///
    /// Whether the numbers are as many as the shape asks for is checked when the file is written.
    public init<Scalar: StoredScalar>(_ name: String, shape: [Int], scalars: [Scalar]) {
      self.init(name, StoredArray(shape: shape, scalars: scalars))
    }

    /// The elements as Swift numbers of exactly the file's type.
    ///
    /// - Throws: ``FormatError`` (`mismatch`) if the file has another type.
    public func scalars<Scalar: StoredScalar>(
      as type: Scalar.Type = Scalar.self
    ) throws(FormatError) -> [Scalar] {
      let origin = Origin(reader: "safetensors", source: "tensor")
      return try array.scalars(as: type, field: name, origin: origin)
    }
  }

  /// The arrays in the order of their bytes.
  public let entries: [Entry]
  /// The free text that the writer added.
  public let metadata: [String: String]
  private let indices: [String: Int]

  /// The names in the order of the arrays' bytes.
  public var names: [String] { entries.map(\.name) }

  /// The array of that name, or nil.
  public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` for anything but a whole safetensors file within the limits.
  public init(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "safetensors", in: files)
    try self.init(bytes, limits: limits, source: url.path)
  }

  /// Reads bytes in memory.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` for anything but a whole safetensors file within the limits.
  public init(
    _ stored: some Collection<UInt8>, limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let bytes = stored as? [UInt8] ?? Array(stored)
    let origin = Origin(reader: "safetensors", source: source)
    let header = try withBytes(of: bytes) { input throws(FormatError) in
      try SafeTensorsHeader(input, limits: limits, origin: origin)
    }
    // The header checked that every range lies inside the data.
    entries = header.tensors.map { tensor in
      Entry(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
        bytes: bytes[(header.dataStart + tensor.begin)..<(header.dataStart + tensor.end)])
    }
    metadata = header.metadata
    indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }
}
