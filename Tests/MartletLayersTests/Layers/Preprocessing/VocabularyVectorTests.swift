import KerasGoldens
import MartletTensors
import Testing

@testable import MartletLayers

/// Lookups and texts against Keras on TensorFlow: what they learn, and what comes of data.
@Suite struct VocabularyVectorTests {
  static let rows = (try? KerasCase.rows(onTensorFlow: "vocabularies")) ?? []

  @Test func `there are as many vectors as Keras made`() {
    let counts = Dictionary(grouping: Self.rows) { $0["class_name"]?.asString ?? "" }
      .mapValues(\.count)
    #expect(counts == ["StringLookup": 28, "IntegerLookup": 28, "TextVectorization": 22])
  }

  @Test(arguments: ["StringLookup", "IntegerLookup", "TextVectorization"])
  func `tokens and numbers are Keras'`(name: String) throws {
    for row in Self.rows where row["class_name"]?.asString == name {
      let c = Configuration(name, try row.object("config"))
      let what = "\(name) \(c.values)"
      let (found, tokens) = try result(c, row)
      #expect(tokens == (try row.list("learnt_tokens")), "\(what)")
      #expect(found.shape == Shape(try row.ints("out_shape")), "\(what)")
      let expected = try row.numbers("outputs")
      let numbers = found.scalars(of: Double.self)
      #expect(numbers.count == expected.count, "\(what)")
      let allowed = found.dtype.isFloating ? 1e-6 : 0
      let wrong = zip(numbers, expected).enumerated()
        .filter { abs($0.element.0 - $0.element.1) > allowed * abs($0.element.1) }
      #expect(
        wrong.isEmpty,
        "\(what): \(wrong.prefix(5).map { "\($0.offset): \($0.element)" })")
    }
  }

  /// The output for a row's data, and the tokens of all numbers.
  private func result(
    _ c: Configuration, _ row: Configuration
  ) throws -> (Tensor, [ConfigurationValue]) {
    switch c.className {
    case "IntegerLookup":
      var lookup = try IntegerLookup(configuration: c)
      if row["adapt"] != nil { try lookup.adapt(try integers(row.list("adapt"))) }
      return (try lookup(try integers(row.list("data"))), lookup.integers.map { .int($0) })
    case "StringLookup":
      var lookup = try StringLookup(configuration: c)
      if row["adapt"] != nil {
        let documents = try texts(row.list("adapt"))
        switch documents {
        case .flat(let words): try lookup.adapt(words)
        case .nested(let documents): try lookup.adapt(documents: documents)
        }
      }
      let data = try texts(row.list("data"))
      let found =
        switch data {
        case .flat(let words): try lookup(words)
        case .nested(let documents): try lookup(documents)
        }
      return (found, lookup.words.map { .string($0) })
    default:
      var vectorize = try TextVectorization(configuration: c)
      if row["adapt"] != nil { try vectorize.adapt(row.list("adapt").compactMap(\.asString)) }
      let data = try row.list("data").compactMap(\.asString)
      return (try vectorize(data), vectorize.vocabulary.map { .string($0) })
    }
  }

  private enum Texts {
    case flat([String])
    case nested([[String]])
  }

  private func texts(_ values: [ConfigurationValue]) throws -> Texts {
    let words = values.compactMap(\.asString)
    if words.count == values.count { return .flat(words) }
    return .nested(
      try values.map {
        guard case .list(let row) = $0 else { throw KerasFileError(what: "\($0)") }
        return row.compactMap(\.asString)
      })
  }

  private func integers(_ values: [ConfigurationValue]) throws -> Tensor {
    let flat = values.compactMap(\.asInt)
    if flat.count == values.count { return Tensor(flat.map(Int64.init), shape: [flat.count]) }
    let rows = try values.map {
      guard let row = $0.asInts else { throw KerasFileError(what: "\($0)") }
      return row.map(Int64.init)
    }
    return Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
  }
}
