import Foundation
import Testing

@testable import MartletFormats

@Suite struct CSVTests {
  private func read(_ text: String, _ options: CSV.Options = CSV.Options()) throws -> CSV {
    try CSV(Array(text.utf8), options: options)
  }

  @Test func `columns have the narrowest type that holds all their values`() throws {
    let table = try read(
      """
      id,height,name,born
      1,1.5,Ada,1815-12-10
      -2,2e3,"Grace, Admiral",1906-12-09
      """)
    #expect(table.rowCount == 2)
    #expect(table.columns.map(\.name) == ["id", "height", "name", "born"])
    #expect(table["id"]?.values == .integers([1, -2]))
    #expect(table["height"]?.values == .numbers([1.5, 2000]))
    #expect(table["name"]?.values == .texts(["Ada", "Grace, Admiral"]))
    #expect(table["born"]?.values == .texts(["1815-12-10", "1906-12-09"]))
    #expect(table["died"] == nil)
  }

  @Test func `quotes enclose delimiters, line ends and quotes`() throws {
    // The examples of RFC 4180, section 2.
    let table = try read("a,b,c\r\n\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,\"b\"\"bb\",\"\"\r\n")
    #expect(table["a"]?.values == .texts(["aaa", "zzz"]))
    #expect(table["b"]?.values == .texts(["b \r\nbb", "b\"bb"]))
    #expect(table["c"]?.values == .texts(["ccc", nil]))
  }

  @Test func `bytes of a field stay what they are`() throws {
    // A byte order mark inside the file is a character; a quote with an accent behind it ends none.
    let table = try read("a,b\n\u{feff},\"x\"\"\u{301}\"\n")
    #expect(table["a"]?.values == .texts(["\u{feff}"]))
    #expect(table["b"]?.values == .texts(["x\"\u{301}"]))
  }

  @Test(.timeLimit(.minutes(1)))
  func `a table of a hundred thousand columns is read in linear time`() throws {
    let header = (0..<100_000).map { "c\($0)" }.joined(separator: ",")
    #expect(try read(header).columns.count == 100_000)
    #expect(throws: FormatError.self) { try read(header + ",c7") }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `lines end in any of the three ways`(_ end: String) throws {
    let table = try read("a,b\(end)1,2\(end)\(end)3,4\(end)")
    #expect(table["a"]?.values == .integers([1, 3]))
    #expect(table["b"]?.values == .integers([2, 4]))
    #expect(try read("a,b\(end)1,2") == read("a,b\(end)1,2\(end)"))
  }

  @Test func `missing values are nil in every type`() throws {
    let table = try read("i,n,t,none\n1,,x,\nNA,2.5,,NA\n3,nan,\"NA\",")
    #expect(table["i"]?.values == .integers([1, nil, 3]))
    #expect(table["n"]?.values == .numbers([nil, 2.5, nil]))
    // Quoted, NA is a text.
    #expect(table["t"]?.values == .texts(["x", nil, "NA"]))
    #expect(table["none"]?.values == .texts([nil, nil, nil]))
  }

  @Test func `options choose delimiter, header, types and what is missing`() throws {
    var options = CSV.Options(delimiter: ";", hasHeader: false, types: ["column 1": .text])
    options.missing = ["?"]
    let table = try read("007;1,5;?\n008;NA;2", options)
    #expect(table.columns.map(\.name) == ["column 1", "column 2", "column 3"])
    #expect(table["column 1"]?.values == .texts(["007", "008"]))
    #expect(table["column 2"]?.values == .texts(["1,5", "NA"]))
    #expect(table["column 3"]?.values == .integers([nil, 2]))
    let numbers = try read("a\n1\n2", CSV.Options(types: ["a": .number]))
    #expect(numbers["a"]?.values == .numbers([1, 2]))
    let tabs = try read("a\tb\n1\t2", CSV.Options(delimiter: "\t"))
    #expect(tabs["b"]?.values == .integers([2]))
  }

  @Test func `a byte order mark and blanks around numbers are passed over`() throws {
    let table = try CSV([0xef, 0xbb, 0xbf] + Array("a,b\n 1 ,\t2.5\n".utf8))
    #expect(table["a"]?.values == .integers([1]))
    #expect(table["b"]?.values == .numbers([2.5]))
  }

  @Test func `only decimal digits are numbers`() throws {
    let table = try read("a,b,c,d\n0x10,1_000,1.,inf\n1,1,+.5e-3,-Infinity")
    #expect(table["a"]?.values == .texts(["0x10", "1"]))
    #expect(table["b"]?.values == .texts(["1_000", "1"]))
    #expect(table["c"]?.values == .numbers([1, 0.0005]))
    #expect(table["d"]?.values == .numbers([.infinity, -.infinity]))
    // More than 64 bits are a number, not an integer.
    let wide = try read("a\n99999999999999999999")
    #expect(wide["a"]?.values == .numbers([1e20]))
  }

  @Test func `a header alone is a table without rows`() throws {
    let table = try read("a,b\n")
    #expect(table.rowCount == 0)
    #expect(table["a"]?.values == .texts([]))
  }

  // MARK: Bad files

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let badTables: [BadInput] = [
    BadInput("no bytes", [], .truncated, field: "rows", at: .whole),
    BadInput("empty lines only", bytes("\n\r\n\r"), .truncated, field: "rows"),
    BadInput("a field too few", bytes("a,b\n1,2\n3"), .mismatch, field: "column 2", at: .line(3)),
    BadInput("a field too many", bytes("a,b\n1,2,3"), .mismatch, field: "column 3", at: .line(2)),
    BadInput(
      "after a field of two lines", bytes("a,b\n\"1\n\",2\n3"), .mismatch, field: "column 2",
      at: .line(4)),
    BadInput(
      "quotes that do not end", bytes("a,b\n1,\"2\n3,4\n"), .truncated, field: "column 2",
      at: .line(2)),
    BadInput("a lone quote", bytes("a\n\""), .truncated, field: "column 1", at: .line(2)),
    BadInput(
      "text behind quotes", bytes("a,b\n\"1\"x,2"), .invalid, field: "column 1", at: .line(2)),
    BadInput("a name twice", bytes("a,b,a\n1,2,3"), .duplicate, field: "column 3", at: .line(1)),
    BadInput(
      "not UTF-8", bytes("a,b\n1,x\n2,") + [0xff, 0x41], .invalid, field: "column 2", at: .line(3)),
    BadInput(
      "above a limit", bytes("a,b\n1,2"), .limit(.dataBytes), field: "rows", at: .line(2),
      limits: .with { $0.dataBytes = 100 }),
  ]

  @Test(arguments: badTables)
  func `bad tables are refused`(_ input: BadInput) {
    input.expectRefusal { bytes, limits throws(FormatError) in
      _ = try CSV(bytes, limits: limits)
    }
  }

  @Test func `a value of another type is named by file, line, column and name`() {
    let error = #expect(throws: FormatError.self) {
      try CSV(
        Array("name,age\nAda,36\nGrace,unknown\n".utf8),
        options: CSV.Options(types: ["age": .integer]), source: "people.csv")
    }
    #expect(
      error?.description == """
        CSV: a value is not of the type asked for (column 2, "age", line 3 of people.csv).
          expected a whole number
          got "unknown"
          fix: correct the value, or read the column as text.
        """)
    let unknown = #expect(throws: FormatError.self) {
      try CSV(Array("a,b\n1,2".utf8), options: CSV.Options(types: ["c": .number]))
    }
    #expect(unknown?.expected == "one of \"a\", \"b\"")
  }
}
