import MartletTensors

/// Turns words into numbers, and numbers into words.
///
///     var lookup = try StringLookup()
///     try lookup.adapt(["cat", "dog", "cat"])
///     try lookup(["dog", "bird"])              // [2, 0]: 0 is [UNK], 1 is cat
///     lookup.strings(for: numbers)
///
/// There is no string tensor, so it is no layer: it makes the tensors that models take. Keras'
/// `StringLookup`: several numbers for unknown words are taken by the rest of FarmHash's
/// `Fingerprint64`, as there.
public struct StringLookup: Sendable {
  private var vocabulary: Vocabulary<String>

  /// Creates a lookup, of given words or to be adapted.
  ///
  /// - Parameters:
  ///   - maxTokens: The most numbers, special ones included.
  ///   - numOOVIndices: How many numbers unknown words share by their hash; 0 if they are an error.
  ///   - maskToken: The word of number 0, that stands for none.
  ///   - oovToken: The word that stands for unknown ones.
  ///   - vocabulary: The words in the order of their numbers, with or without special ones.
  ///   - idfWeights: A weight for each word, for `.tfIdf`.
  ///   - outputMode: Numbers (int64), or rows (float32).
  ///   - padToMaxTokens: Whether rows have `maxTokens` numbers, however many words there are.
  /// - Throws: `Diagnostic` if the settings do not fit each other.
  public init(
    maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: String? = nil,
    oovToken: String = "[UNK]", vocabulary: [String]? = nil, idfWeights: [Double]? = nil,
    outputMode: CategoryOutput = .int, padToMaxTokens: Bool = false
  ) throws(Diagnostic) {
    try self.init(
      Vocabulary<String>.Settings(
        who: "StringLookup", maxTokens: maxTokens, unknownCount: numOOVIndices, mask: maskToken,
        unknown: oovToken, output: outputMode, padsToMaxTokens: padToMaxTokens),
      vocabulary, idfWeights)
  }

  init(
    _ settings: Vocabulary<String>.Settings, _ words: [String]?, _ weights: [Double]?
  ) throws(Diagnostic) {
    vocabulary = try Vocabulary(settings)
    if let words { try vocabulary.set(words, weights: weights) }
  }

  /// Makes the lookup from Keras' names.
  public init(configuration c: Configuration) throws(Diagnostic) {
    let words = c["vocabulary"] == nil ? nil : try c.strings("vocabulary")
    try self.init(
      maxTokens: try c.optionalInt("max_tokens"),
      numOOVIndices: try c.int("num_oov_indices", default: 1),
      maskToken: try c.optionalString("mask_token"),
      oovToken: try c.string("oov_token", default: "[UNK]"), vocabulary: words,
      idfWeights: c["idf_weights"] == nil ? nil : try c.numbers("idf_weights"),
      outputMode: try c.categoryOutput(default: .int, among: CategoryOutput.allCases),
      padToMaxTokens: try c.bool("pad_to_max_tokens", default: false))
  }

  /// Class and settings under Keras' names; learnt words too.
  public var configuration: Configuration {
    let settings = vocabulary.settings
    var c = Configuration("StringLookup")
    c["max_tokens"] = .optional(settings.maxTokens)
    c["num_oov_indices"] = .int(settings.unknownCount)
    c["mask_token"] = .optional(settings.mask)
    c["oov_token"] = .string(settings.unknown)
    c["output_mode"] = .string(settings.output.rawValue)
    c["pad_to_max_tokens"] = .bool(settings.padsToMaxTokens)
    c["vocabulary"] =
      vocabulary.tokens.isEmpty ? .null : .list(vocabulary.all.map { .string($0) })
    c["idf_weights"] =
      vocabulary.weights.map { .numbers(Array($0.prefix(vocabulary.size))) } ?? .null
    return c
  }

  /// The words of all numbers, special ones included.
  public var words: [String] { vocabulary.all }
  /// How many numbers there are.
  public var vocabularySize: Int { vocabulary.size }

  /// Learns the words, each a document of its own.
  ///
  /// - Throws: `Diagnostic` if the vocabulary was given.
  public mutating func adapt(_ words: [String]) throws(Diagnostic) {
    try adapt(documents: words.map { [$0] })
  }

  /// Learns the words of documents: the most frequent first, ties by the later word.
  ///
  /// - Throws: `Diagnostic` if the vocabulary was given.
  public mutating func adapt(documents: some Sequence<[String]>) throws(Diagnostic) {
    try vocabulary.adapt(documents) { $1.utf8.lexicographicallyPrecedes($0.utf8) }
  }

  /// The numbers of words, `[words]`, or their one row; one-hot rows are `[words, size]`.
  ///
  /// - Throws: `Diagnostic` for an unknown word where no number is set aside for it.
  public func callAsFunction(_ words: [String]) throws(Diagnostic) -> Tensor {
    vocabulary.encoded(try numbers(of: words), shape: [words.count])
  }

  /// The numbers of documents of equally many words, `[documents, words]`, or a row for each.
  ///
  /// - Throws: `Diagnostic` for documents of different length, or an unknown word where no number is
  ///   set aside for it.
  public func callAsFunction(_ documents: [[String]]) throws(Diagnostic) -> Tensor {
    let length = documents.first?.count ?? 0
    guard documents.allSatisfy({ $0.count == length }) else {
      throw vocabulary.problem(
        "the documents are not equally long", "\(length) words each",
        "lengths \(documents.map(\.count).prefix(10))", "use TextVectorization, which pads them")
    }
    return vocabulary.encoded(
      try numbers(of: documents.flatMap { $0 }), shape: [documents.count, length])
  }

  func numbers(of words: [String]) throws(Diagnostic) -> [Int?] {
    var numbers: [Int?] = []
    numbers.reserveCapacity(words.count)
    for word in words {
      numbers.append(
        try vocabulary.number(of: word) { TextHash.fingerprint.bucket(of: $0, among: $1) })
    }
    return numbers
  }

  /// Numbers as the mode asks for them.
  func encoded(_ numbers: [Int?], shape: Shape) -> Tensor {
    vocabulary.encoded(numbers, shape: shape)
  }

  /// The words that numbers stand for, in row-major order; `oovToken` for those of no word.
  public func strings(for numbers: Tensor) -> [String] { vocabulary.tokens(of: numbers) }
}

extension Configuration {
  /// A list of texts.
  func strings(_ key: String) throws(Diagnostic) -> [String] {
    let values = try list(key)
    let texts = values.compactMap(\.asString)
    guard texts.count == values.count else {
      throw Diagnostic(
        className, "\"\(key)\" of its configuration is of another kind", expected: "texts",
        got: values.first { $0.asString == nil }?.text)
    }
    return texts
  }
}
