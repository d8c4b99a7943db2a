import Foundation
import MartletTensors
import Testing

@testable import MartletData

@Suite struct CharacterVocabularyTests {
  // Python: sorted(set("hello world"))
  @Test func `characters are numbered in order`() throws {
    let vocabulary = CharacterVocabulary(of: "hello world")
    #expect(String(vocabulary.characters) == " dehlorw")
    let codes = try vocabulary.encoded("hello")
    #expect(codes.scalars(of: Int.self) == [3, 2, 4, 4, 5])
    #expect(codes.dtype == .int32)
    #expect(vocabulary.decoded(codes) == "hello")
    #expect(vocabulary.number(of: "w") == 7)
    #expect(vocabulary.number(of: "x") == nil)
  }

  @Test func `a character is what a reader takes for one`() throws {
    let vocabulary = CharacterVocabulary(of: "né👩‍👧e\u{301}")
    #expect(vocabulary.count == 3)
    #expect(vocabulary.decoded(try vocabulary.encoded("👩‍👧é")) == "👩‍👧é")
  }

  // Keras' example lstm_character_level_text_generation: for i in range(0, len(text) - maxlen, step).
  @Test func `windows come with the next character`() throws {
    let text = "abcdefghij"
    let vocabulary = CharacterVocabulary(of: text)
    let windows = try vocabulary.windows(of: text, length: 4, stride: 3)
    var seen: [String] = []
    for (x, y) in windows {
      seen.append(vocabulary.decoded(x) + ">" + vocabulary.decoded(y.reshaped(to: [1])))
    }
    #expect(seen == ["abcd>e", "defg>h"])
    #expect(try vocabulary.windows(of: text, length: 9).count == 1)
  }

  @Test func `or with the characters after each`() throws {
    let vocabulary = CharacterVocabulary(of: "abcdef")
    let windows = try vocabulary.windows(of: "abcdef", length: 3, stride: 2, target: .shifted)
    let batch = windows.batched(8).element(at: 0, epoch: 0)
    #expect(batch.inputs[0].nested(as: [[Int]].self) == [[0, 1, 2], [2, 3, 4]])
    #expect(batch.targets[0].nested(as: [[Int]].self) == [[1, 2, 3], [3, 4, 5]])
  }

  @Test func `what is unknown, or too short, is refused`() throws {
    let vocabulary = CharacterVocabulary(of: "ab")
    let error = #expect(throws: Diagnostic.self) { try vocabulary.encoded("abx") }
    #expect(error?.got == "\"x\", character 2 of the text")
    #expect(throws: Diagnostic.self) { try vocabulary.windows(of: "ab", length: 2) }
    #expect(throws: Diagnostic.self) { try vocabulary.windows(of: "abab", length: 0) }
  }

  @Test func `it can be saved`() throws {
    let vocabulary = CharacterVocabulary(of: "né\"\n")
    let data = try JSONEncoder().encode(vocabulary)
    #expect(try JSONDecoder().decode(CharacterVocabulary.self, from: data) == vocabulary)
  }
}
