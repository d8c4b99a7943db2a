import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct LookupTests {
  /// From the examples of Keras' StringLookup and IntegerLookup.
  private static let words = ["a", "b", "c", "d"]

  @Test func `words have the numbers of the vocabulary, and 0 where they are unknown`() throws {
    let lookup = try StringLookup(vocabulary: Self.words)
    let y = try lookup([["a", "c", "d"], ["d", "z", "b"]])
    #expect(y.dtype == .int64)
    #expect(y.nested(as: [[Int]].self) == [[1, 3, 4], [4, 0, 2]])
    #expect(lookup.words == ["[UNK]", "a", "b", "c", "d"])
    #expect(lookup.strings(for: y) == ["a", "c", "d", "d", "[UNK]", "b"])
    let masked = try StringLookup(maskToken: "", vocabulary: Self.words)
    #expect(masked.words == ["", "[UNK]", "a", "b", "c", "d"])
    #expect(try masked(["", "z", "a"]).scalars(of: Int.self) == [0, 1, 2])
    // Special tokens may stand in the vocabulary, before the others.
    let whole = try StringLookup(maskToken: "", vocabulary: ["", "[UNK]"] + Self.words)
    #expect(whole.words == masked.words)
  }

  @Test func `the most frequent words come first, ties by the later word`() throws {
    var lookup = try StringLookup()
    try lookup.adapt(documents: [["a", "c", "d"], ["d", "z", "b"]])
    // Keras' own example: d is counted twice.
    #expect(lookup.words == ["[UNK]", "d", "z", "c", "b", "a"])
    var limited = try StringLookup(maxTokens: 3)
    try limited.adapt(["x", "y", "y", "[UNK]", "z", "z", "z"])
    #expect(limited.words == ["[UNK]", "z", "y"])
    #expect(limited.vocabularySize == 3)
    #expect(throws: Diagnostic.self) {
      var given = try StringLookup(vocabulary: Self.words)
      try given.adapt(["e"])
    }
  }

  @Test func `rows count words`() throws {
    let documents = [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
    let multi = try StringLookup(vocabulary: Self.words, outputMode: .multiHot)
    #expect(
      try multi(documents).nested(as: [[Float]].self) == [[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]])
    let count = try StringLookup(vocabulary: Self.words, outputMode: .count)
    #expect(
      try count(documents).nested(as: [[Float]].self) == [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]])
    let hot = try StringLookup(vocabulary: Self.words, outputMode: .oneHot)
    #expect(
      try hot(["b", "z"]).nested(as: [[Float]].self) == [[0, 0, 1, 0, 0], [1, 0, 0, 0, 0]])
    let padded = try StringLookup(
      maxTokens: 7, vocabulary: Self.words, outputMode: .multiHot, padToMaxTokens: true)
    #expect(try padded(documents).shape == [2, 7])
    // The mask counts nowhere in rows.
    let masked = try StringLookup(maskToken: "a", vocabulary: ["b"], outputMode: .count)
    #expect(try masked([["a", "b", "q"]]).scalars == [1, 1])
  }

  @Test func `weights follow the documents that have a word`() throws {
    // Keras' example of tf-idf with given weights.
    let given = try StringLookup(
      vocabulary: Self.words, idfWeights: [0.25, 0.75, 0.6, 0.4], outputMode: .tfIdf)
    let y = try given([["a", "c", "d", "d"], ["d", "z", "b", "z"]])
    let want = Tensor([[0, 0.25, 0, 0.6, 0.8], [1.0, 0, 0.75, 0, 0.4]])
    #expect(y.isClose(to: want, relative: 1e-6))
    // log(1 + documents / (1 + documents with the word)): b and a in one of two, c in both.
    var learnt = try StringLookup(outputMode: .tfIdf)
    try learnt.adapt(documents: [["c", "a", "c"], ["c", "b"]])
    let (one, two) = (0.6931471805599453, 0.5108256237659907)
    let row = try learnt([["c", "b", "a", "?"]]).scalars(of: Double.self)
    let wanted = [(2 * one + two) / 3, two, one, one]
    #expect(zip(row, wanted).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `integers are looked up, unknown ones by their remainder`() throws {
    // Keras' example.
    let lookup = try IntegerLookup(vocabulary: [12, 36, 1138, 42])
    let data = Tensor([[12, 1138, 42], [42, 1000, 36]], dtype: .int64)
    let y = try lookup(data)
    #expect(y.nested(as: [[Int]].self) == [[1, 3, 4], [4, 0, 2]])
    #expect(lookup.integers(for: y).nested(as: [[Int]].self) == [[12, 1138, 42], [42, -1, 36]])
    let several = try IntegerLookup(numOOVIndices: 2, vocabulary: [12, 36, 1138, 42])
    #expect(
      try several(Tensor([[12, 1138, 42], [37, 1000, 36]])).nested(as: [[Int]].self)
        == [[2, 4, 5], [1, 0, 3]])
    var learnt = try IntegerLookup(maskToken: 0)
    try learnt.adapt(Tensor([[12, 1138, 42, 0], [42, 1000, 36, 0]]))
    #expect(learnt.integers == [0, -1, 42, 1138, 1000, 36, 12])
  }

  @Test func `a configuration makes the lookup again, with what it has learnt`() throws {
    var lookup = try StringLookup(maskToken: "")
    try lookup.adapt(["b", "a", "b"])
    let again = try StringLookup(configuration: lookup.configuration)
    #expect(again.words == lookup.words)
    #expect(again.configuration == lookup.configuration)
    let integers = try IntegerLookup(numOOVIndices: 2, vocabulary: [5, 7])
    #expect(try IntegerLookup(configuration: integers.configuration).integers == integers.integers)
  }

  @Test func `what does not fit is refused`() throws {
    #expect(throws: Diagnostic.self) { try StringLookup(vocabulary: ["a", "b", "a"]) }
    #expect(throws: Diagnostic.self) { try StringLookup(vocabulary: ["a", "[UNK]"]) }
    #expect(throws: Diagnostic.self) { try StringLookup(vocabulary: []) }
    #expect(throws: Diagnostic.self) { try StringLookup(maxTokens: 3, vocabulary: Self.words) }
    #expect(throws: Diagnostic.self) { try StringLookup(maxTokens: 1) }
    #expect(throws: Diagnostic.self) {
      try StringLookup(vocabulary: Self.words, outputMode: .tfIdf)
    }
    let strict = try StringLookup(numOOVIndices: 0, vocabulary: Self.words)
    let unknown = #expect(throws: Diagnostic.self) { try strict(["a", "z"]) }
    #expect(unknown?.got == "z")
    let ragged = #expect(throws: Diagnostic.self) { try strict([["a"], ["a", "b"]]) }
    #expect(ragged?.fix == "use TextVectorization, which pads them")
  }
}
