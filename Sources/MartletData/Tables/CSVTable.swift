import Foundation
import MartletFormats
import MartletTensors

/// A file of comma-separated values, its columns as tensors.
///
///     let table = try CSVTable("iris.csv")
///     let x = try table.tensor(columns: ["petal length", "petal width"])     // float32 [rows, 2]
///     let (y, classes) = try table.labels(column: "species")                 // int32 [rows]
public struct CSVTable: Sendable {
  /// What stands for a value that the file does not have.
  public enum Missing: Sendable, Hashable {
    /// An error that names the column and the first such row.
    case refused
    /// A number.
    case value(Double)
    /// The mean of the column's other values.
    case mean
  }

  /// The columns as the file has them.
  public let columns: [CSV.Column]
  /// The number of rows, without the header.
  public let rowCount: Int
  private let source: String

  /// Reads a file.
  ///
  /// - Throws: `FormatError` naming file, line and field.
  public init(
    _ path: String, options: CSV.Options = CSV.Options(), limits: LoadLimits = LoadLimits()
  ) throws(FormatError) {
    let csv = try CSV(contentsOf: URL(fileURLWithPath: path), options: options, limits: limits)
    self.init(csv, source: path)
  }

  /// A table of what was read before.
  public init(_ csv: CSV) { self.init(csv, source: "the table") }

  private init(_ csv: CSV, source: String) {
    columns = csv.columns
    rowCount = csv.rowCount
    self.source = source
  }

  /// The names of the columns, in the order of the file.
  public var columnNames: [String] { columns.map(\.name) }

  /// Columns of numbers side by side, `[rows, columns]`.
  ///
  /// - Parameters:
  ///   - names: Which columns, in this order.
  ///   - dtype: The element type; an integer that it cannot hold is an error.
  ///   - missing: What stands for missing values.
  /// - Throws: `Diagnostic` for a name that is none, a column of texts, a value that is missing.
  public func tensor(
    columns names: [String], dtype: DType = .float32, missing: Missing = .refused
  ) throws(Diagnostic) -> Tensor {
    var columns: [Tensor] = []
    for name in names { columns.append(try tensor(column: name, dtype: dtype, missing: missing)) }
    if columns.isEmpty { return .zeros([rowCount, 0], dtype: dtype) }
    return Tensor.stack(columns, along: 1).evaluated()
  }

  /// A column of numbers, `[rows]`; as for several.
  public func tensor(
    column name: String, dtype: DType = .float32, missing: Missing = .refused
  ) throws(Diagnostic) -> Tensor {
    let values: [Double?]
    switch try column(name).values {
    case .integers(let integers):
      if dtype == .int64, !integers.contains(nil) {
        return Tensor(integers.compactMap { $0.map(Int64.init) }, shape: [rowCount], dtype: .int64)
      }
      values = integers.map { $0.map(Double.init) }
    case .numbers(let numbers): values = numbers
    case .texts(let texts):
      let first = texts.first { $0 != nil } ?? nil
      throw problem(
        "column \"\(name)\" is no column of numbers", "numbers", "\"\(first ?? "")\" and the like",
        "use oneHot(column:) or labels(column:)")
    }
    let present = values.compactMap { $0 }
    let substitute: Double
    switch missing {
    case .value(let value): substitute = value
    case .mean: substitute = present.reduce(0, +) / Double(max(present.count, 1))
    case .refused:
      if let row = values.firstIndex(where: { $0 == nil }) {
        throw problem(
          "column \"\(name)\" lacks values", "a number in every row",
          "\(values.count - present.count) missing, the first in row \(row + 1)",
          "choose missing: .mean, .value(0) or .value(.nan)")
      }
      substitute = 0
    }
    let filled = values.map { $0 ?? substitute }
    if dtype.isInteger, let wrong = filled.first(where: { !dtype.holds($0) }) {
      throw problem(
        "column \"\(name)\" does not fit \(dtype)", "whole numbers that \(dtype) can hold",
        "\(wrong)", "choose another dtype")
    }
    return Tensor(filled, shape: [rowCount], dtype: dtype)
  }

  /// The numbers of the classes that a column names, `[rows]` of int32.
  ///
  /// - Parameters:
  ///   - name: A column of texts or of whole numbers.
  ///   - classes: The classes, in the order of their numbers; sorted, without it: texts by their
  ///     letters, numbers by size.
  /// - Returns: The numbers, and the classes that they stand for.
  /// - Throws: `Diagnostic` for a missing value, or one that is no class.
  public func labels(
    column name: String, classes: [String]? = nil
  ) throws(Diagnostic) -> (labels: Tensor, classes: [String]) {
    let texts: [String?]
    var known: [String]
    switch try column(name).values {
    case .texts(let values):
      texts = values
      known = Set(values.compactMap { $0 }).sorted()
    case .integers(let values):
      texts = values.map { $0.map(String.init) }
      known = Set(values.compactMap { $0 }).sorted().map(String.init)
    case .numbers:
      throw problem(
        "column \"\(name)\" names no classes", "texts or whole numbers", "numbers with fractions")
    }
    if let classes { known = classes }
    let places = Dictionary(known.enumerated().map { ($1, $0) }) { first, _ in first }
    var labels: [Int32] = []
    labels.reserveCapacity(rowCount)
    for (row, text) in texts.enumerated() {
      guard let text, let place = places[text] else {
        throw problem(
          "column \"\(name)\" has a value that is no class",
          "one of " + known.prefix(20).joined(separator: ", "),
          (text.map { "\"\($0)\"" } ?? "nothing") + " in row \(row + 1)")
      }
      labels.append(Int32(place))
    }
    return (Tensor(labels, shape: [rowCount], dtype: .int32), known)
  }

  /// A column for each class that a column names, with ones where a row is of the class:
  /// float32 `[rows, classes]`; as `labels(column:classes:)`.
  public func oneHot(
    column name: String, classes: [String]? = nil
  ) throws(Diagnostic) -> (tensor: Tensor, classes: [String]) {
    let (labels, classes) = try labels(column: name, classes: classes)
    return (labels.oneHot(depth: classes.count).evaluated(), classes)
  }

  /// The texts of a column, nil where a row has none; numbers as Swift writes them.
  ///
  /// - Throws: `Diagnostic` for a name that is none.
  public func texts(column name: String) throws(Diagnostic) -> [String?] {
    switch try column(name).values {
    case .texts(let values): values
    case .integers(let values): values.map { $0.map(String.init) }
    case .numbers(let values): values.map { $0.map { "\($0)" } }
    }
  }

  private func column(_ name: String) throws(Diagnostic) -> CSV.Column {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw problem(
        "there is no such column",
        "one of " + columnNames.map { "\"\($0)\"" }.joined(separator: ", "),
        "\"\(name)\"")
    }
    return column
  }

  private func problem(
    _ what: String, _ expected: String, _ got: String, _ fix: String? = nil
  ) -> Diagnostic {
    Diagnostic("CSVTable", what + " (\(source))", expected: expected, got: got, fix: fix)
  }
}

extension DType {
  /// Whether a number is one of the type's integers.
  fileprivate func holds(_ number: Double) -> Bool {
    switch self {
    case .int32: Int32(exactly: number) != nil
    case .int64: Int64(exactly: number) != nil
    case .uint8: UInt8(exactly: number) != nil
    default: true
    }
  }
}
