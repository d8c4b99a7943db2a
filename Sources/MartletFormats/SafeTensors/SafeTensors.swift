import Foundation

/// The named arrays of a safetensors file.
///
/// What the format asks for is checked before anything is given out: a header of 100,000,000 bytes
/// at most, no name twice, and arrays that follow each other from the first byte to the last
/// without a gap or an overlap.
/// - Source: the README of huggingface/safetensors, "Format".
public struct SafeTensors: Sendable, Hashable {
  /// The type of the elements, as the header names it.
  ///
  /// The writer puts types that come later here first, as the reference implementation does, so
  /// wide elements stay aligned.
  public enum ElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8e5m2 = "F8_E5M2"
    case float8e4m3 = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint64 = "U64"

    /// The size of one element, in bytes.
    public var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .float64, .int64, .uint64: 8
      }
    }
  }

  /// One array with its name.
  public struct Entry: Sendable, Hashable {
    /// The name, unique in its file.
    public var name: String
    /// The type of the elements.
    public var dtype: ElementType
    /// The length of each axis, the slowest first; no axis for a single number.
    public var shape: [Int]
    /// The elements, little-endian, the last axis fastest; a slice of the file, whose first index
    /// is seldom 0.
    public var bytes: ArraySlice<UInt8>

    /// Makes an array of bytes that are as the format stores them.
    public init(name: String, dtype: ElementType, shape: [Int], bytes: ArraySlice<UInt8>) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
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
  public init(contentsOf url: URL, limits: LoadLimits = LoadLimits()) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "safetensors")
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
