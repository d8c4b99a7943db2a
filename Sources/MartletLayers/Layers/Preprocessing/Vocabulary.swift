import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Tokens and their numbers, learnt or given, and how documents of tokens become tensors: what
/// Keras' lookups share.
///
/// Number 0 is the mask where there is one and numbers are asked for; then follow the numbers of
/// tokens that are not known, then the tokens, the most frequent first.
struct Vocabulary<Token: Hashable & Sendable>: Sendable {
  /// What does not change.
  struct Settings: Sendable {
    var who: String
    var maxTokens: Int?
    var unknownCount: Int
    var mask: Token?
    var unknown: Token
    var output: CategoryOutput
    var padsToMaxTokens: Bool
  }

  let settings: Settings
  /// The tokens that were given or learnt, without the special ones.
  private(set) var tokens: [Token] = []
  private(set) var numbers: [Token: Int] = [:]
  /// The weights of all numbers, in the mode `.tfIdf`.
  private(set) var weights: [Double]?
  /// Whether the tokens were given, so that none can be learnt.
  private(set) var isGiven = false

  /// Checks the settings.
  init(_ settings: Settings) throws(Diagnostic) {
    self.settings = settings
    guard settings.maxTokens ?? 2 > 1, settings.unknownCount >= 0,
      !settings.padsToMaxTokens || settings.maxTokens != nil
    else {
      throw problem(
        "the settings are none",
        "maxTokens above 1, needed for padding to it; 0 or more numbers for what is not known",
        "maxTokens \(settings.maxTokens.map(String.init) ?? "none"), \(settings.unknownCount)")
    }
  }

  func problem(
    _ what: String, _ expected: String, _ got: String, _ fix: String? = nil
  ) -> Diagnostic {
    Diagnostic(settings.who, what, expected: expected, got: got, fix: fix)
  }

  /// The first number for tokens that are not known.
  private var unknownStart: Int { settings.mask != nil && settings.output == .int ? 1 : 0 }
  /// The number of the first token.
  var tokenStart: Int { unknownStart + settings.unknownCount }
  /// How many numbers there are.
  var size: Int { tokenStart + tokens.count }
  /// The tokens of all numbers, the special ones included.
  var all: [Token] {
    let mask = settings.mask.map { [Token](repeating: $0, count: unknownStart) } ?? []
    return mask + [Token](repeating: settings.unknown, count: settings.unknownCount) + tokens
  }

  /// Takes the tokens as given, with or without the special ones before them.
  mutating func set(_ given: [Token], weights: [Double]?) throws(Diagnostic) {
    let special = Array(all[..<tokenStart])
    let hasSpecial = !special.isEmpty && given.starts(with: special)
    let tokens = hasSpecial ? Array(given.dropFirst(tokenStart)) : given
    guard !given.isEmpty else {
      throw problem("the vocabulary is empty", "one token at least", "none")
    }
    guard Set(tokens).count == tokens.count else {
      let twice = Dictionary(grouping: tokens) { $0 }.filter { $1.count > 1 }.keys
      throw problem("tokens stand in the vocabulary twice", "each token once", "\(Array(twice))")
    }
    if let wrong = tokens.first(where: { $0 == settings.mask || $0 == settings.unknown }) {
      throw problem(
        "a special token stands among the others", "\(special) before them, or not at all",
        "\(wrong)")
    }
    if let most = settings.maxTokens, tokenStart + tokens.count > most {
      throw problem(
        "the vocabulary is too large", "\(most) tokens at most", "\(tokenStart + tokens.count)")
    }
    guard (settings.output == .tfIdf) == (weights != nil) else {
      throw problem(
        "weights and mode of output do not go together", "weights with tf_idf, and only there",
        "\(settings.output.rawValue) \(weights == nil ? "without" : "with") weights")
    }
    if let weights {
      guard weights.count == given.count else {
        throw problem(
          "tokens and weights are not equally many", "\(given.count) weights", "\(weights.count)")
      }
      let mean = weights.reduce(0, +) / Double(weights.count)
      self.weights = padded(
        hasSpecial ? weights : [Double](repeating: mean, count: tokenStart) + weights)
    }
    replace(tokens)
    isGiven = true
  }

  /// Learns tokens from documents: the most frequent first, ties by the larger token.
  mutating func adapt(
    _ documents: some Sequence<[Token]>, isLarger: (Token, Token) -> Bool
  ) throws(Diagnostic) {
    if isGiven {
      throw problem(
        "the vocabulary was given", "a lookup without one", "a given vocabulary",
        "make the lookup without vocabulary, then adapt it")
    }
    var counts: [Token: Int] = [:]
    var documentCounts: [Token: Int] = [:]
    var documentCount = 0
    for document in documents {
      documentCount += 1
      for token in document { counts[token, default: 0] += 1 }
      for token in Set(document) { documentCounts[token, default: 0] += 1 }
    }
    if let mask = settings.mask { counts[mask] = nil }
    counts[settings.unknown] = nil
    let sorted = counts.sorted {
      $0.value != $1.value ? $0.value > $1.value : isLarger($0.key, $1.key)
    }.map(\.key)
    let kept = settings.maxTokens.map { Array(sorted.prefix(max($0 - tokenStart, 0))) } ?? sorted
    replace(kept)
    if settings.output == .tfIdf {
      let found = kept.map { token in
        log(1 + Double(documentCount) / Double(1 + (documentCounts[token] ?? 0)))
      }
      let mean = found.reduce(0, +) / Double(max(found.count, 1))
      weights = padded([Double](repeating: mean, count: tokenStart) + found)
    }
  }

  private mutating func replace(_ tokens: [Token]) {
    self.tokens = tokens
    numbers = [:]
    for (index, token) in tokens.enumerated() { numbers[token] = tokenStart + index }
  }

  /// The weights with zeros for the numbers that only padding makes.
  private func padded(_ weights: [Double]) -> [Double] {
    weights + [Double](repeating: 0, count: max(0, depth(of: weights.count) - weights.count))
  }

  private func depth(of size: Int) -> Int {
    settings.padsToMaxTokens ? max(settings.maxTokens ?? size, size) : size
  }

  /// The number of a token; nil for the mask where rows are asked for, which do not count it.
  ///
  /// - Parameter place: Which of the numbers for unknown tokens one takes.
  func number(
    of token: Token, unknown place: (Token, Int) -> Int
  ) throws(Diagnostic) -> Int? {
    if token == settings.mask { return settings.output == .int ? 0 : nil }
    if let number = numbers[token] { return number }
    switch settings.unknownCount {
    case 0:
      throw problem(
        "a token is not in the vocabulary", "tokens of the vocabulary, since none is set aside",
        "\(token)", "set numOOVIndices to 1")
    case 1: return unknownStart
    default: return unknownStart + place(token, settings.unknownCount)
    }
  }

  /// Numbers as the mode asks for them: themselves, int64 of the shape, or rows, float32.
  func encoded(_ numbers: [Int?], shape: Shape) -> Tensor {
    let depth = depth(of: size)
    // A number past all rows counts nowhere.
    let ids = Tensor(numbers.map { Int64($0 ?? depth) }, shape: shape, dtype: .int64)
    switch settings.output {
    case .int: return ids
    case .tfIdf:
      let counts = CategoryOutput.count.encoded(ids, depth: depth, dtype: .float32)
      return (counts * Tensor((weights ?? []).map { Float($0) })).evaluated()
    default: return settings.output.encoded(ids, depth: depth, dtype: .float32).evaluated()
    }
  }

  /// The tokens that numbers stand for; those of no token are unknown.
  func tokens(of numbers: Tensor) -> [Token] {
    let all = self.all
    return numbers.scalars(of: Int.self).map {
      all.indices.contains($0) ? all[$0] : settings.unknown
    }
  }
}
