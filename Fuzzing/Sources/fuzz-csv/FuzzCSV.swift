import FuzzSupport
import MartletFormats

/// The first byte chooses delimiter and header, the others are the file.
///
/// What is read has a value of each column in each row; read as text and written with every field
/// in quotes, it is read again as the same table.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let choice = bytes.first else { return 0 }
  var options = CSV.Options(
    delimiter: [",", ";", "\t", "|"][Int(choice & 3)], hasHeader: choice & 4 == 0)
  guard let table = read(bytes.dropFirst(), options) else { return 0 }
  expect(table.columns.allSatisfy { $0.values.count == table.rowCount }, "rows are lost")
  expect(Set(table.columns.map(\.name)).count == table.columns.count, "a name stands twice")

  for column in table.columns { options.types[column.name] = .text }
  guard let texts = read(bytes.dropFirst(), options) else {
    // Bytes that are no text may stand where a number was looked for, and nowhere else.
    return 0
  }
  expect(texts.columns.map(\.name) == table.columns.map(\.name), "names change")
  for (typed, text) in zip(table.columns, texts.columns) {
    expect(missing(typed.values) == missing(text.values), "a value is missing in one of two types")
  }
  let again = read(written(texts, options)[...], options)
  expect(again == texts, "the table changes")
  return 0
}

private func read(_ bytes: ArraySlice<UInt8>, _ options: CSV.Options) -> CSV? {
  do throws(FormatError) {
    return try CSV(bytes, options: options)
  } catch {
    expect(!error.description.isEmpty, "no message")
    return nil
  }
}

private func missing(_ values: CSV.Values) -> [Bool] {
  switch values {
  case .integers(let values): values.map { $0 == nil }
  case .numbers(let values): values.map { $0 == nil }
  case .texts(let values): values.map { $0 == nil }
  }
}

/// A table of texts with every field in quotes; of a missing value they enclose nothing.
private func written(_ table: CSV, _ options: CSV.Options) -> [UInt8] {
  var rows: [[String]] = options.hasHeader ? [table.columns.map(\.name)] : []
  for row in 0..<table.rowCount {
    rows.append(
      table.columns.map { column in
        if case .texts(let values) = column.values { values[row] ?? "" } else { "" }
      })
  }
  var result: [UInt8] = []
  let quote = UInt8(ascii: "\"")
  for fields in rows {
    for (index, field) in fields.enumerated() {
      if index > 0 { result.append(options.delimiter) }
      result.append(quote)
      for byte in field.utf8 { result += byte == quote ? [quote, quote] : [byte] }
      result.append(quote)
    }
    result.append(10)
  }
  return result
}
