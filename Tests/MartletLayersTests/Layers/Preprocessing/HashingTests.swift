import KerasGoldens
import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct HashingTests {
  private func settings(_ row: Configuration) throws -> [String: ConfigurationValue] {
    guard case .object(let values)? = row["config"] else { throw KerasFileError(what: "\(row)") }
    return values
  }

  /// The output of a row's layer for the row's data.
  private func output(_ row: Configuration) throws -> Tensor {
    let name = try row.string("class_name")
    let c = Configuration(name, try settings(row))
    let data = try row.list("data")
    let shape = try row.ints("shape")
    let texts = data.compactMap(\.asString)
    if name == "StringLookup" { return try StringLookup(configuration: c)(texts) }
    let hashing = try Hashing(configuration: c)
    let again = try Hashing(configuration: hashing.configuration)
    #expect(again.configuration == hashing.configuration)
    switch row["dtype"]?.asString {
    case "int64":
      return try hashing(Tensor(try row.ints("data").map(Int64.init), shape: Shape(shape)))
    case "int32":
      return try hashing(Tensor(try row.ints("data").map(Int32.init), shape: Shape(shape)))
    case "float32":
      return try hashing(Tensor(try row.numbers("data").map { Float($0) }, shape: Shape(shape)))
    default:
      #expect(texts.count == data.count)
      if shape.count == 1 { return try hashing(texts) }
      return try hashing(
        (0..<shape[0]).map { Array(texts[($0 * shape[1])..<(($0 + 1) * shape[1])]) })
    }
  }

  @Test func `texts and integers fall into the bins of Keras`() throws {
    let rows = try KerasCase.rows(onTensorFlow: "hashing")
    #expect(rows.count >= 60)
    var compared = 0
    for row in rows {
      let found = try output(row)
      let expected = try row.ints("outputs")
      #expect(found.shape == Shape(try row.ints("out_shape")), "\(row["config"]!)")
      let numbers = found.scalars(of: Int.self)
      let wrong = zip(numbers, expected).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
      #expect(wrong.isEmpty, "\(row["config"]!), elements \(wrong.prefix(20))")
      compared += expected.count
    }
    #expect(compared > 2000)
  }

  @Test func `crossed features fall into the bins of Keras`() throws {
    for row in try KerasCase.rows(onTensorFlow: "crossing") {
      let crossing = try HashedCrossing(
        configuration: Configuration("HashedCrossing", try settings(row)))
      let features = try row.list("features").map { value -> any CrossedFeature in
        guard case .list(let values) = value else { throw KerasFileError(what: "\(value)") }
        let integers = values.compactMap(\.asInt)
        return integers.count == values.count
          ? Tensor(integers.map(Int64.init), shape: [integers.count])
          : values.compactMap(\.asString)
      }
      let found =
        features.count == 2
        ? try crossing(features[0], features[1])
        : try crossing(features[0], features[1], features[2])
      #expect(found.shape == Shape(try row.ints("out_shape")))
      #expect(found.scalars(of: Int.self) == (try row.ints("outputs")))
    }
  }

  /// The paper's vector: bytes 0 to 14 under the key of bytes 0 to 15 (appendix A).
  @Test func `SipHash gives the value of its paper`() {
    let hash = TextHash.keyed(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    #expect(hash((0..<15).map { UInt8($0) }) == 0xa129_ca61_49be_45e5)
  }

  @Test func `what cannot be hashed is refused`() throws {
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 0) }
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 3, outputMode: .tfIdf) }
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 3, maskValue: 1)(["a"]) }
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 3, maskValue: "a")(Tensor([1])) }
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 3)([["a"], ["a", "b"]]) }
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 3)(Tensor([Float.nan])) }
    #expect(throws: Diagnostic.self) { try Hashing(numBins: 3)(Tensor([true])) }
    #expect(throws: Diagnostic.self) { try HashedCrossing(numBins: 3, outputMode: .count) }
    #expect(throws: Diagnostic.self) { try HashedCrossing(numBins: 3)(["a"]) }
    #expect(throws: Diagnostic.self) { try HashedCrossing(numBins: 3)(["a"], Tensor([1.5])) }
    #expect(throws: Diagnostic.self) {
      try HashedCrossing(numBins: 3)(["a"], Tensor([1, 2], dtype: .int64))
    }
    // Nothing in, nothing out.
    #expect(try Hashing(numBins: 3)([String]()).shape == [0])
  }
}
