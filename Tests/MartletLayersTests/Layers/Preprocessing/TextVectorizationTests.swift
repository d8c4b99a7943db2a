import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct TextVectorizationTests {
  @Test func `texts become rows of numbers, padded with 0`() throws {
    // Keras' own examples: vocabularies are "", "[UNK]", then by frequency.
    var vectorize = try TextVectorization(maxTokens: 5000, outputSequenceLength: 4)
    try vectorize.adapt(["foo bar", "bar baz", "baz bada boom"])
    #expect(vectorize.vocabulary == ["", "[UNK]", "baz", "bar", "foo", "boom", "bada"])
    let y = try vectorize(["foo qux bar", "qux baz"])
    #expect(y.dtype == .int64)
    #expect(y.nested(as: [[Int]].self) == [[4, 1, 3, 0], [1, 2, 0, 0]])
    let given = try TextVectorization(
      outputSequenceLength: 4, vocabulary: ["earth", "wind", "and", "fire"])
    #expect(
      try given(["earth wind and fire", "fire"]).nested(as: [[Int]].self)
        == [[2, 3, 4, 5], [5, 0, 0, 0]])
    #expect(
      try given(["earth wind and fire and earth"]).nested(as: [[Int]].self) == [[2, 3, 4, 5]])
    let free = try TextVectorization(vocabulary: ["earth"])
    #expect(try free(["earth", "a b c"]).shape == [2, 3])
    #expect(try free([]).shape == [0, 0])
  }

  @Test func `letters are lowered and punctuation is dropped, of ASCII`() throws {
    let vectorize = try TextVectorization()
    #expect(
      vectorize.tokens("  The\tCAT's \n _well_-known! ÉTÉ…") == [
        "the", "cats", "wellknown", "ÉtÉ…",
      ])
    #expect(try TextVectorization(standardize: .lower).tokens("A-B c.") == ["a-b", "c."])
    #expect(try TextVectorization(standardize: .stripPunctuation).tokens("A-B c.") == ["AB", "c"])
    #expect(try TextVectorization(standardize: .none).tokens("A-B c.") == ["A-B", "c."])
    let own = try TextVectorization(
      standardize: .custom { $0.uppercased() },
      split: .custom { $0.split(separator: "-").map(String.init) })
    #expect(own.tokens("a-b c") == ["A", "B C"])
    #expect(try TextVectorization(split: .none).tokens("A b!") == ["a b"])
    #expect(
      try TextVectorization(standardize: .none, split: .character).tokens("ab é")
        == ["a", "b", " ", "é"])
  }

  @Test func `neighbours make tokens, short ones first`() throws {
    let vectorize = try TextVectorization(ngrams: [1, 2])
    #expect(vectorize.tokens("a b c") == ["a", "b", "c", "a b", "b c"])
    #expect(vectorize.tokens("a") == ["a"])
    let c = Configuration("TextVectorization", ["ngrams": .int(2)])
    #expect(try TextVectorization(configuration: c).tokens("a b") == ["a", "b", "a b"])
  }

  @Test func `rows count tokens, padding nowhere`() throws {
    let count = try TextVectorization(outputMode: .count, vocabulary: ["earth", "wind"])
    #expect(count.vocabulary == ["[UNK]", "earth", "wind"])
    #expect(
      try count(["earth earth fire", "wind", ""]).nested(as: [[Float]].self)
        == [[1, 2, 0], [0, 0, 1], [0, 0, 0]])
    let multi = try TextVectorization(
      maxTokens: 5, outputMode: .multiHot, padToMaxTokens: true, vocabulary: ["earth", "wind"])
    #expect(try multi([""]).nested(as: [[Float]].self) == [[0, 0, 0, 0, 0]])
  }

  @Test func `a configuration makes it again`() throws {
    var vectorize = try TextVectorization(
      maxTokens: 10, standardize: .lower, split: .character, ngrams: [2], outputSequenceLength: 5)
    try vectorize.adapt(["abc", "abd"])
    let again = try TextVectorization(configuration: vectorize.configuration)
    #expect(again.vocabulary == vectorize.vocabulary)
    #expect(again.configuration == vectorize.configuration)
    #expect(try again(["abd"]).isEqual(to: try vectorize(["abd"])))
  }

  @Test func `settings that do not fit are refused`() {
    #expect(throws: Diagnostic.self) {
      try TextVectorization(outputMode: .count, outputSequenceLength: 3)
    }
    #expect(throws: Diagnostic.self) { try TextVectorization(ngrams: [0]) }
    let split = Configuration("TextVectorization", ["split": .string("commas")])
    #expect(throws: Diagnostic.self) { try TextVectorization(configuration: split) }
  }
}
