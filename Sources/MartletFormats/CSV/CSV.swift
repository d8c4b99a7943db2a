import Foundation

/// A table of comma-separated values: columns of one type each.
///
/// - Source: RFC 4180; lines may also end in LF or CR alone, and empty lines are passed over.
public struct CSV: Sendable, Equatable {
  /// The type of a column.
  public enum ColumnType: String, Sendable, CaseIterable {
    /// Whole numbers of 64 bits.
    case integer
    /// Numbers in decimal digits, with or without point and exponent.
    case number
    /// Anything; dates too.
    case text
  }

  /// The values of a column; nil where the file has none.
  public enum Values: Sendable, Equatable {
    /// Of a column of whole numbers.
    case integers([Int?])
    /// Of a column of numbers.
    case numbers([Double?])
    /// Of a column of anything else.
    case texts([String?])

    /// The type of the values.
    public var type: ColumnType {
      switch self {
      case .integers: .integer
      case .numbers: .number
      case .texts: .text
      }
    }

    /// The number of values, missing ones included.
    public var count: Int {
      switch self {
      case .integers(let values): values.count
      case .numbers(let values): values.count
      case .texts(let values): values.count
      }
    }
  }

  /// A column: its name and its values.
  public struct Column: Sendable, Equatable {
    /// The name in the header; `column 1` and so on where the file has no header.
    public let name: String
    /// The values, one for each row.
    public let values: Values
  }

  /// How a file is written.
  public struct Options: Sendable {
    /// The byte between fields: a comma unless set; a tab, a semicolon, a bar.
    public var delimiter: UInt8 = UInt8(ascii: ",")
    /// Whether the first line names the columns; true unless set.
    public var hasHeader = true
    /// The texts of fields that hold no value, besides the empty one.
    ///
    /// A quoted field is a text whatever stands in it, unless the quotes enclose nothing.
    public var missing: Set<String> = ["NA", "N/A", "NaN", "nan", "null", "NULL"]
    /// The types of columns, by name; the others have the narrowest type that holds all their values.
    public var types: [String: ColumnType] = [:]

    /// Makes the options of the defaults.
    public init() {}

    /// Makes options; each as the property of its name says.
    public init(
      delimiter: Character = ",", hasHeader: Bool = true, types: [String: ColumnType] = [:]
    ) {
      // A delimiter of several bytes cannot be asked for: a comma stands for it, as by default.
      self.delimiter = delimiter.asciiValue ?? UInt8(ascii: ",")
      self.hasHeader = hasHeader
      self.types = types
    }
  }

  /// The columns, in the order of the file.
  public let columns: [Column]
  /// The number of rows, without the header.
  public let rowCount: Int

  /// Reads a file.
  ///
  /// - Throws: ``FormatError`` naming file, line and field: a row of more or fewer fields than the
  ///   first, quotes that do not end, a name that stands there twice, a value that is not of the type
  ///   asked for, bytes that are not UTF-8.
  public init(
    contentsOf url: URL, options: Options = Options(), limits: LoadLimits = LoadLimits()
  ) throws(FormatError) {
    let bytes = try FileReading.bytes(of: url, limits: limits, reader: "CSV")
    try self.init(bytes, options: options, limits: limits, source: url.path)
  }

  /// Reads bytes in memory, UTF-8 with or without a byte order mark.
  ///
  /// - Parameter source: the file's path for messages.
  /// - Throws: ``FormatError`` as for a file.
  public init(
    _ bytes: some Collection<UInt8>, options: Options = Options(),
    limits: LoadLimits = LoadLimits(), source: String = "bytes"
  ) throws(FormatError) {
    let origin = Origin(reader: "CSV", source: source)
    let (columns, rowCount) = try withBytes(of: bytes) { input throws(FormatError) in
      let fields = try CSVFields(input, options: options, limits: limits, origin: origin)
      return (try fields.columns(options), fields.rowCount)
    }
    self.columns = columns
    self.rowCount = rowCount
  }

  /// The column of a name, or nil where there is none.
  public subscript(name: String) -> Column? { columns.first { $0.name == name } }
}
