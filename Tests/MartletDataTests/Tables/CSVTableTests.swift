import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite struct CSVTableTests {
  private func table(_ text: String) throws -> CSVTable {
    CSVTable(try CSV(Array(text.utf8)))
  }

  private static let flowers = """
    length,width,petals,species
    5.1,3.5,5,setosa
    4.9,,4,virginica
    6.3,2.5,5,setosa
    """

  @Test func `columns of numbers are matrices, in the order asked for`() throws {
    let table = try table(Self.flowers)
    #expect(table.columnNames == ["length", "width", "petals", "species"])
    #expect(table.rowCount == 3)
    let x = try table.tensor(columns: ["petals", "length"])
    #expect(x.isEqual(to: Tensor([[5, 5.1], [4, 4.9], [5, 6.3]])))
    #expect(try table.tensor(column: "petals", dtype: .int64).scalars(of: Int.self) == [5, 4, 5])
    #expect(try table.tensor(columns: []).shape == [3, 0])
  }

  @Test func `missing values are refused, or filled as asked`() throws {
    let table = try table(Self.flowers)
    let error = #expect(throws: Diagnostic.self) { try table.tensor(columns: ["width"]) }
    #expect(
      error?.description == """
        CSVTable: column "width" lacks values (the table).
          expected a number in every row
          got      1 missing, the first in row 2
          fix      choose missing: .mean, .value(0) or .value(.nan)
        """)
    #expect(try table.tensor(column: "width", missing: .mean).scalars == [3.5, 3, 2.5])
    #expect(try table.tensor(column: "width", missing: .value(-1)).scalars == [3.5, -1, 2.5])
  }

  @Test func `texts become numbers of classes`() throws {
    let table = try table(Self.flowers)
    let (labels, classes) = try table.labels(column: "species")
    #expect(labels.dtype == .int32)
    #expect(labels.scalars(of: Int.self) == [0, 1, 0])
    #expect(classes == ["setosa", "virginica"])
    let (rows, _) = try table.oneHot(column: "species", classes: ["virginica", "setosa", "other"])
    #expect(rows.isEqual(to: Tensor([[0, 1, 0], [1, 0, 0], [0, 1, 0]])))
    let numbers = try self.table("k\n10\n9\n10").labels(column: "k")
    #expect(numbers.classes == ["9", "10"])
    #expect(numbers.labels.scalars(of: Int.self) == [1, 0, 1])
    #expect(try table.texts(column: "petals") == ["5", "4", "5"])
  }

  @Test func `columns that do not serve are named`() throws {
    let table = try table(Self.flowers)
    let none = #expect(throws: Diagnostic.self) { try table.tensor(columns: ["height"]) }
    #expect(none?.expected == "one of \"length\", \"width\", \"petals\", \"species\"")
    let texts = #expect(throws: Diagnostic.self) { try table.tensor(columns: ["species"]) }
    #expect(texts?.fix == "use oneHot(column:) or labels(column:)")
    let fraction = #expect(throws: Diagnostic.self) {
      try table.tensor(column: "length", dtype: .int32)
    }
    #expect(fraction?.got == "5.1")
    let unknown = #expect(throws: Diagnostic.self) {
      try table.labels(column: "species", classes: ["setosa"])
    }
    #expect(unknown?.got == "\"virginica\" in row 2")
  }
}
