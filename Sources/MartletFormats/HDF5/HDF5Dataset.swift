/// A dataset of an HDF5 file, whose data is read or made when it is asked for.
public struct HDF5Dataset: Sendable {
  enum Data: Sendable {
    case value(@Sendable () throws(FormatError) -> HDF5Value)
    case content(FileContent)
  }

  /// The attributes by name.
  public var attributes: [String: HDF5Value]
  /// The length of each axis, the slowest first; no axis for a single element.
  public let shape: [Int]
  /// The type of the numbers, or nil for text.
  public let dtype: NumberType?
  let data: Data

  init(
    attributes: [String: HDF5Value], shape: [Int], dtype: NumberType?,
    data: @escaping @Sendable () throws(FormatError) -> HDF5Value
  ) {
    self.attributes = attributes
    self.shape = shape
    self.dtype = dtype
    self.data = .value(data)
  }

  /// Makes a dataset of numbers or text that are there.
  public init(_ value: HDF5Value, attributes: [String: HDF5Value] = [:]) {
    self.init(attributes: attributes, shape: value.shape, dtype: value.array?.dtype) { value }
  }

  /// Makes a dataset of numbers that are there.
  public init(_ array: StoredArray, attributes: [String: HDF5Value] = [:]) {
    self.init(.numbers(array), attributes: attributes)
  }

  /// Makes a dataset of numbers that are made when it is written: little-endian, the last axis
  /// fastest.
  public init(
    dtype: NumberType, shape: [Int], content: FileContent, attributes: [String: HDF5Value] = [:]
  ) {
    self.attributes = attributes
    self.shape = shape
    self.dtype = dtype
    data = .content(content)
  }

  /// All of the dataset.
  ///
  /// - Throws: ``FormatError`` where the data in the file is damaged.
  public func value() throws(FormatError) -> HDF5Value {
    switch data {
    case .value(let read): try read()
    case .content(let content):
      .numbers(
        StoredArray(dtype: dtype ?? .uint8, shape: shape, bytes: content.bytes[...]))
    }
  }

  /// The numbers; those of a contiguous dataset are not copied, unless their bytes must be turned.
  ///
  /// - Throws: ``FormatError`` where the data in the file is damaged or is text.
  public func array() throws(FormatError) -> StoredArray {
    guard let array = try value().array else {
      throw Self.isOther(expected: "numbers", got: "text")
    }
    return array
  }

  /// The texts, the last axis fastest.
  ///
  /// - Throws: ``FormatError`` where the data in the file is damaged or is numbers.
  public func strings() throws(FormatError) -> [String] {
    guard let strings = try value().strings else {
      throw Self.isOther(expected: "text", got: "numbers")
    }
    return strings
  }

  private static func isOther(expected: String, got: String) -> FormatError {
    Origin(reader: "HDF5", source: "dataset").error(
      .mismatch, "the dataset holds something else", at: .whole, field: "datatype",
      expected: expected, got: got, fix: "look at its dtype before asking for its data.")
  }
}
