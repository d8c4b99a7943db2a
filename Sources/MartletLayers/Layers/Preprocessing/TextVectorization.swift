import MartletTensors

/// Turns texts into tensors: standardises them, splits them into tokens, looks these up.
///
///     var vectorize = try TextVectorization(maxTokens: 5000, outputSequenceLength: 4)
///     try vectorize.adapt(["The cat sat.", "The dog ran!"])
///     try vectorize(["the dog sat"])          // int64 [1, 4]; 0 is padding, 1 is [UNK]
///
/// Keras' `TextVectorization`: letters of ASCII are lowered, and ASCII punctuation dropped. There is
/// no string tensor, so it is no layer: it makes the tensors that models take.
public struct TextVectorization: Sendable {
  /// What is done to a text before it is split.
  public enum Standardization: Sendable {
    /// Nothing.
    case none
    /// Letters A to Z become small.
    case lower
    /// ASCII punctuation is dropped.
    case stripPunctuation
    /// Both.
    case lowerAndStripPunctuation
    /// What a closure makes of it.
    case custom(@Sendable (String) -> String)
  }

  /// How a text becomes tokens.
  public enum Split: Sendable {
    /// It is one token.
    case none
    /// At runs of white space.
    case whitespace
    /// Into its Unicode scalars.
    case character
    /// As a closure does.
    case custom(@Sendable (String) -> [String])
  }

  private var lookup: StringLookup
  private let standardization: Standardization
  private let split: Split
  /// How many tokens make a new one; nil where tokens stay single.
  public let ngrams: [Int]?
  /// How long rows of numbers are; nil for that of the longest text.
  public let outputSequenceLength: Int?
  private let output: CategoryOutput

  /// Creates a vectorization, of given tokens or to be adapted.
  ///
  /// - Parameters:
  ///   - maxTokens: The most numbers, those of padding and of unknown tokens included.
  ///   - standardize: What is done to a text before it is split.
  ///   - split: How a text becomes tokens.
  ///   - ngrams: How many neighbours make a token, `[1, 2]` for single ones and pairs.
  ///   - outputMode: Numbers (int64), or a row for each text (float32).
  ///   - outputSequenceLength: How many numbers a text has: more are cut off, fewer followed by 0.
  ///   - padToMaxTokens: Whether rows have `maxTokens` numbers, however many tokens there are.
  ///   - vocabulary: The tokens in the order of their numbers, with or without special ones.
  ///   - idfWeights: A weight for each token, for `.tfIdf`.
  /// - Throws: `Diagnostic` if the settings do not fit each other.
  public init(
    maxTokens: Int? = nil, standardize: Standardization = .lowerAndStripPunctuation,
    split: Split = .whitespace, ngrams: [Int]? = nil, outputMode: CategoryOutput = .int,
    outputSequenceLength: Int? = nil, padToMaxTokens: Bool = false, vocabulary: [String]? = nil,
    idfWeights: [Double]? = nil
  ) throws(Diagnostic) {
    guard outputMode == .int || outputSequenceLength == nil, outputSequenceLength ?? 0 >= 0,
      ngrams?.allSatisfy({ $0 > 0 }) ?? true
    else {
      throw Diagnostic(
        "TextVectorization", "the settings do not fit each other",
        expected: "a length of 0 or more, only with numbers as output; n-grams of 1 or more tokens",
        got: "length \(outputSequenceLength.map(String.init) ?? "none"), "
          + "\(outputMode.rawValue), n-grams \(ngrams ?? [])")
    }
    lookup = try StringLookup(
      Vocabulary<String>.Settings(
        who: "TextVectorization", maxTokens: maxTokens, unknownCount: 1, mask: "",
        unknown: "[UNK]", output: outputMode, padsToMaxTokens: padToMaxTokens),
      vocabulary, idfWeights)
    standardization = standardize
    self.split = split
    self.ngrams = ngrams
    self.outputSequenceLength = outputSequenceLength
    output = outputMode
  }

  /// Makes the vectorization from Keras' names.
  ///
  /// - Throws: `Diagnostic` for functions of one's own, which a file cannot hold.
  public init(configuration c: Configuration) throws(Diagnostic) {
    let standardize: Standardization
    switch try c.name("standardize", default: "lower_and_strip_punctuation") {
    case nil: standardize = .none
    case "lower"?: standardize = .lower
    case "strip_punctuation"?: standardize = .stripPunctuation
    case "lower_and_strip_punctuation"?: standardize = .lowerAndStripPunctuation
    case let name?:
      throw Diagnostic(
        c.className, "its standardize is unknown",
        expected: "lower, strip_punctuation or lower_and_strip_punctuation", got: "\"\(name)\"")
    }
    let split: Split
    switch try c.name("split", default: "whitespace") {
    case nil: split = .none
    case "whitespace"?: split = .whitespace
    case "character"?: split = .character
    case let name?:
      throw Diagnostic(
        c.className, "its split is unknown", expected: "whitespace or character",
        got: "\"\(name)\"")
    }
    var ngrams = try c.optionalInts("ngrams")
    if case .int(let most)? = c["ngrams"] { ngrams = Array(1...max(most, 1)) }
    try self.init(
      maxTokens: try c.optionalInt("max_tokens"), standardize: standardize, split: split,
      ngrams: ngrams,
      outputMode: try c.categoryOutput(default: .int, among: CategoryOutput.allCases),
      outputSequenceLength: try c.optionalInt("output_sequence_length"),
      padToMaxTokens: try c.bool("pad_to_max_tokens", default: false),
      vocabulary: c["vocabulary"] == nil ? nil : try c.strings("vocabulary"),
      idfWeights: c["idf_weights"] == nil ? nil : try c.numbers("idf_weights"))
  }

  /// Class and settings under Keras' names; learnt tokens too.
  ///
  /// Closures are written as null.
  public var configuration: Configuration {
    let inner = lookup.configuration
    var c = Configuration("TextVectorization")
    for key in ["max_tokens", "output_mode", "pad_to_max_tokens", "vocabulary", "idf_weights"] {
      c[key] = inner[key] ?? .null
    }
    c["standardize"] =
      switch standardization {
      case .none, .custom: .null
      case .lower: .string("lower")
      case .stripPunctuation: .string("strip_punctuation")
      case .lowerAndStripPunctuation: .string("lower_and_strip_punctuation")
      }
    c["split"] =
      switch split {
      case .none, .custom: .null
      case .whitespace: .string("whitespace")
      case .character: .string("character")
      }
    c["ngrams"] = ngrams.map { .ints($0) } ?? .null
    c["output_sequence_length"] = .optional(outputSequenceLength)
    return c
  }

  /// The tokens of all numbers: padding and `[UNK]` first.
  public var vocabulary: [String] { lookup.words }
  /// How many numbers there are.
  public var vocabularySize: Int { lookup.vocabularySize }

  /// Learns the tokens of texts: the most frequent first, ties by the later token.
  ///
  /// - Throws: `Diagnostic` if the vocabulary was given.
  public mutating func adapt(_ texts: some Sequence<String>) throws(Diagnostic) {
    try lookup.adapt(documents: texts.map(tokens))
  }

  /// Texts as numbers, int64 `[texts, length]` (`[texts]` where they are not split), or as a row for
  /// each text, float32 `[texts, vocabulary]`.
  ///
  /// - Throws: never for what this makes itself; `Diagnostic` if a token cannot be looked up.
  public func callAsFunction(_ texts: [String]) throws(Diagnostic) -> Tensor {
    let documents = texts.map(tokens)
    let longest = documents.map(\.count).max() ?? 0
    // Rows of no token at all are sums of one that counts nowhere.
    let length = outputSequenceLength ?? (output == .int ? longest : max(longest, 1))
    var numbers: [Int?] = []
    for document in documents {
      let kept = output == .int ? document.prefix(length) : document[...]
      numbers += try lookup.numbers(of: Array(kept))
      // Padding is 0 among numbers, and counts nowhere in rows.
      let padding: Int? = output == .int ? 0 : nil
      numbers += [Int?](repeating: padding, count: length - kept.count)
    }
    // A text that is not split is one token, which has no axis of its own, as in Keras.
    var hasOneToken = false
    if case .none = split { hasOneToken = ngrams == nil && outputSequenceLength == nil }
    return lookup.encoded(
      numbers, shape: hasOneToken && output == .int ? [texts.count] : [texts.count, length])
  }

  /// The tokens of a text.
  public func tokens(_ text: String) -> [String] {
    let words: [String]
    let standardized = standardized(text)
    switch split {
    case .none: words = [standardized]
    case .whitespace:
      words = standardized.utf8.split { $0 == 32 || (9...13).contains($0) }
        .map { String(decoding: $0, as: UTF8.self) }
    case .character: words = standardized.unicodeScalars.map { String($0) }
    case .custom(let split): words = split(standardized)
    }
    guard let ngrams else { return words }
    return ngrams.flatMap { count in
      (0..<max(words.count - count + 1, 0)).map { start in
        words[start..<(start + count)].joined(separator: " ")
      }
    }
  }

  private func standardized(_ text: String) -> String {
    switch standardization {
    case .none: return text
    case .custom(let standardize): return standardize(text)
    case .lower: return Self.lowered(text.utf8)
    case .stripPunctuation: return String(decoding: Self.stripped(text.utf8), as: UTF8.self)
    case .lowerAndStripPunctuation: return Self.lowered(Self.stripped(text.utf8))
    }
  }

  private static func lowered(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
  }

  private static func stripped(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.filter {
      !((33...47).contains($0) || (58...64).contains($0) || (91...96).contains($0)
        || (123...126).contains($0))
    }
  }
}

extension Configuration {
  /// A text that may be null; a fallback where it is missing.
  fileprivate func name(
    _ key: String, default fallback: String
  ) throws(Diagnostic) -> String? {
    values[key] == .null ? nil : try string(key, default: fallback)
  }
}
