import MartletTensors

/// The characters of a text, each with a number: what a network that writes letter by letter needs.
///
///     let vocabulary = CharacterVocabulary(of: text)
///     let windows = try vocabulary.windows(of: text, length: 40, stride: 3)
///     try model.fit(windows.shuffled(seed: 1).batched(128), epochs: 20)
///     print(vocabulary.decoded(numbers))
public struct CharacterVocabulary: Sendable, Hashable, Codable {
  /// The characters in the order of their numbers.
  public let characters: [Character]
  private let numbers: [Character: Int32]

  /// The number of characters.
  public var count: Int { characters.count }

  /// The characters of a text, in their alphabetical (Unicode) order.
  public init(of text: String) { self.init(Set(text).sorted()) }

  /// The characters of a list, in its order, each once.
  public init(_ characters: [Character]) {
    var seen: [Character: Int32] = [:]
    self.characters = characters.filter { character in
      if seen[character] != nil { return false }
      seen[character] = Int32(seen.count)
      return true
    }
    numbers = seen
  }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode([String].self)
    self.init(text.compactMap(\.first))
  }

  /// Writes the characters as an array of strings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(characters.map { String($0) })
  }

  /// The number of a character, or nil if it is not among them.
  public func number(of character: Character) -> Int? { numbers[character].map(Int.init) }

  /// The numbers of a text's characters: int32, `[characters]`.
  ///
  /// - Throws: `Diagnostic` if a character is not in the vocabulary.
  public func encoded(_ text: String) throws(Diagnostic) -> Tensor {
    var result: [Int32] = []
    result.reserveCapacity(text.utf8.count)
    for character in text {
      guard let number = numbers[character] else {
        throw Diagnostic(
          "CharacterVocabulary", "a character is not in the vocabulary",
          expected: "one of its \(count) characters",
          got: "\(String(reflecting: character)), character \(result.count) of the text",
          fix: "make the vocabulary of all texts, or drop the character")
      }
      result.append(number)
    }
    return Tensor(result)
  }

  /// The text of a vector of numbers.
  ///
  /// Traps if a number is none of a character.
  public func decoded(
    _ numbers: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> String {
    String(
      numbers.scalars(of: Int.self).map { number in
        guard characters.indices.contains(number) else {
          trap(
            Diagnostic(
              "CharacterVocabulary", "a number is none of a character",
              expected: "0 to \(count - 1)", got: "\(number)"),
            file: file, line: line)
        }
        return characters[number]
      })
  }

  /// What a network is to say of a window of characters.
  public enum Target: Sendable {
    /// The character after the window: `[]`.
    case next
    /// For each character of the window the one after it: `[length]`.
    case shifted
  }

  /// Windows of a text's characters, each with what comes after them.
  ///
  /// Window i begins at character i · stride.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - length: How many characters a window holds.
  ///   - stride: How many characters lie between the starts of two windows.
  ///   - target: What is to be learned of each.
  /// - Returns: Elements of int32: `[length]`, with the target.
  /// - Throws: `Diagnostic` if a character is not in the vocabulary, a number is not positive, or the
  ///   text is too short for a window.
  public func windows(
    of text: String, length: Int, stride: Int = 1, target: Target = .next
  ) throws(Diagnostic) -> TensorDataset {
    let codes = try encoded(text)
    guard length >= 1, stride >= 1, codes.count > length else {
      throw Diagnostic(
        "CharacterVocabulary.windows", "there is no window",
        expected: "a length and a stride of 1 or more, and more characters than the length",
        got: "length \(length), stride \(stride), \(codes.count) characters")
    }
    let offset = target == .next ? length : 1
    return TensorDataset(
      source: Windows(
        series: codes, targets: codes[offset...].evaluated(), length: length, stride: stride,
        rate: 1, first: 0, targetLength: target == .next ? nil : length,
        count: (codes.count - length - 1) / stride + 1))
  }
}
