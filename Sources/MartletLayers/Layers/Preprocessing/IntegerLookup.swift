import MartletTensors

/// Turns integers of any size into small numbers, and back.
///
///     var lookup = try IntegerLookup()
///     try lookup.adapt(Tensor([12, 1138, 42, 42]))
///     try lookup(Tensor([42, 7]))               // [1, 0]: 0 stands for all that is not known
///
/// Keras' `IntegerLookup`: several numbers for unknown integers are taken by remainder.
public struct IntegerLookup: Sendable {
  private var vocabulary: Vocabulary<Int>

  /// Creates a lookup, of given integers or to be adapted; parameters as for `StringLookup`.
  ///
  /// - Throws: `Diagnostic` if the settings do not fit each other.
  public init(
    maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: Int? = nil, oovToken: Int = -1,
    vocabulary: [Int]? = nil, idfWeights: [Double]? = nil, outputMode: CategoryOutput = .int,
    padToMaxTokens: Bool = false
  ) throws(Diagnostic) {
    self.vocabulary = try Vocabulary(
      .init(
        who: "IntegerLookup", maxTokens: maxTokens, unknownCount: numOOVIndices, mask: maskToken,
        unknown: oovToken, output: outputMode, padsToMaxTokens: padToMaxTokens))
    if let vocabulary { try self.vocabulary.set(vocabulary, weights: idfWeights) }
  }

  /// Makes the lookup from Keras' names.
  public init(configuration c: Configuration) throws(Diagnostic) {
    try self.init(
      maxTokens: try c.optionalInt("max_tokens"),
      numOOVIndices: try c.int("num_oov_indices", default: 1),
      maskToken: try c.optionalInt("mask_token"), oovToken: try c.int("oov_token", default: -1),
      vocabulary: try c.optionalInts("vocabulary"),
      idfWeights: c["idf_weights"] == nil ? nil : try c.numbers("idf_weights"),
      outputMode: try c.categoryOutput(default: .int, among: CategoryOutput.allCases),
      padToMaxTokens: try c.bool("pad_to_max_tokens", default: false))
  }

  /// Class and settings under Keras' names; learnt integers too.
  public var configuration: Configuration {
    let settings = vocabulary.settings
    var c = Configuration("IntegerLookup")
    c["max_tokens"] = .optional(settings.maxTokens)
    c["num_oov_indices"] = .int(settings.unknownCount)
    c["mask_token"] = .optional(settings.mask)
    c["oov_token"] = .int(settings.unknown)
    c["output_mode"] = .string(settings.output.rawValue)
    c["pad_to_max_tokens"] = .bool(settings.padsToMaxTokens)
    c["vocabulary"] = vocabulary.tokens.isEmpty ? .null : .ints(vocabulary.all)
    c["idf_weights"] =
      vocabulary.weights.map { .numbers(Array($0.prefix(vocabulary.size))) } ?? .null
    return c
  }

  /// The integers of all numbers, special ones included.
  public var integers: [Int] { vocabulary.all }
  /// How many numbers there are.
  public var vocabularySize: Int { vocabulary.size }

  /// Learns the integers of a tensor, the most frequent first, ties by the larger one; rows of the
  /// first axis are documents.
  ///
  /// - Throws: `Diagnostic` if the vocabulary was given.
  public mutating func adapt(_ data: Tensor) throws(Diagnostic) {
    let rows = data.rank == 0 ? 1 : data.shape[0]
    let integers = data.scalars(of: Int.self)
    let length = rows == 0 ? 0 : integers.count / rows
    let documents = (0..<rows).map { Array(integers[($0 * length)..<(($0 + 1) * length)]) }
    try vocabulary.adapt(documents) { $0 > $1 }
  }

  /// The numbers of integers, int64 of the same shape, or rows as the mode asks for them.
  ///
  /// - Throws: `Diagnostic` for an unknown integer where no number is set aside for it.
  public func callAsFunction(_ data: Tensor) throws(Diagnostic) -> Tensor {
    var numbers: [Int?] = []
    for integer in data.scalars(of: Int.self) {
      numbers.append(
        try vocabulary.number(of: integer) { integer, count in
          let rest = integer % count
          return rest < 0 ? rest + count : rest
        })
    }
    return vocabulary.encoded(numbers, shape: data.shape)
  }

  /// The integers that numbers stand for, int64 of the same shape; `oovToken` for those of none.
  public func integers(for numbers: Tensor) -> Tensor {
    Tensor(vocabulary.tokens(of: numbers).map(Int64.init), shape: numbers.shape, dtype: .int64)
  }
}
