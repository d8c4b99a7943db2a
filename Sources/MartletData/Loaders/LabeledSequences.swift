import MartletTensors

/// Texts as lists of their words' numbers, and their classes: what the loaders of text sets return.
///
///     let (train, test) = try IMDB.load(numWords: 20_000)
///     try model.fit(train.padded(to: 200), train.labels, batchSize: 32, epochs: 2)
public struct LabeledSequences: Sendable {
  /// The numbers of the words, text by text.
  public let sequences: [[Int]]
  /// The number of each text's class, `[count]` of int32.
  public let labels: Tensor
  /// The path of the file that they are from.
  public let origin: String

  init(_ sequences: [[Int]], labels: [Int], origin: String) {
    self.sequences = sequences
    self.labels = Tensor(labels.map { Int32(truncatingIfNeeded: $0) }).evaluated()
    self.origin = origin
  }

  /// The number of texts.
  public var count: Int { sequences.count }

  /// The texts brought to one length, int32 `[count, length]`, as `padSequences` does.
  ///
  /// Traps if `maxLength` is negative.
  ///
  /// - Parameters:
  ///   - maxLength: The length; without it, that of the longest text.
  ///   - padding: The end at which 0 is added to short texts.
  ///   - truncating: The end at which long texts are cut.
  public func padded(
    to maxLength: Int? = nil, padding: SequenceEnd = .pre, truncating: SequenceEnd = .pre,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    padSequences(
      sequences, maxLength: maxLength, padding: padding, truncating: truncating, file: file,
      line: line)
  }
}

/// What Keras' loaders make of the words' numbers in its files, where a word's number is its rank.
struct WordChoice: Sendable {
  var numWords: Int?
  var skipTop = 0
  var maxLength: Int?
  var startChar: Int? = 1
  var oovChar: Int? = 2
  var indexFrom = 3

  /// Throws unless every number is one that Keras' rules have a meaning for.
  func check(_ who: String) throws(Diagnostic) {
    // Ranks reach 88,584: sums stay far from the ends of Int.
    let most = 1 << 40
    for (name, value, least) in [
      ("numWords", numWords ?? 1, 1), ("skipTop", skipTop, 0), ("maxLength", maxLength ?? 1, 1),
      ("startChar", startChar ?? 0, 0), ("oovChar", oovChar ?? 0, 0), ("indexFrom", indexFrom, 0),
    ] where value < least || value > most {
      throw Diagnostic(
        who, "\(name) is out of range", expected: "\(least) to \(most)", got: "\(value)")
    }
  }

  /// The texts with their start marked and their ranks moved up, and those that are too long left
  /// out.
  func marked(_ texts: [[Int]], _ labels: [Int]) -> (texts: [[Int]], labels: [Int]) {
    let start = startChar.map { [$0] } ?? []
    let moved = texts.map { text in start + text.map { $0 &+ indexFrom } }
    guard let maxLength else { return (moved, labels) }
    // Keras leaves out those of exactly that length too.
    let kept = moved.indices.filter { moved[$0].count < maxLength }
    return (kept.map { moved[$0] }, kept.map { labels[$0] })
  }

  /// One past the last number that is kept.
  ///
  /// Without `numWords` it is the largest that there is: so Keras takes the rarest word for unknown.
  func bound(of texts: [[Int]]...) -> Int {
    numWords ?? texts.joined().lazy.compactMap { $0.max() }.max() ?? 0
  }

  /// The texts without the words that are too frequent or too rare: marked as unknown, or left out.
  func restricted(_ texts: [[Int]], below bound: Int) -> [[Int]] {
    texts.map { text in
      guard let oovChar else { return text.filter { $0 >= skipTop && $0 < bound } }
      return text.map { $0 >= skipTop && $0 < bound ? $0 : oovChar }
    }
  }
}

/// Texts and classes of one length, in the order of NumPy's generator.
func shuffledTexts(
  _ who: String, _ texts: [[Int]], _ labels: [Int], _ random: inout MersenneTwister, source: String
) throws(Diagnostic) -> (texts: [[Int]], labels: [Int]) {
  guard texts.count == labels.count, !texts.isEmpty else {
    throw Diagnostic(
      who, "texts and labels are not equally many", expected: "as many labels as texts, 1 or more",
      got: "\(texts.count) texts and \(labels.count) labels in \(source)")
  }
  let order = random.permutation(texts.count)
  return (order.map { texts[$0] }, order.map { labels[$0] })
}

/// How many of so many samples come before the test part, as Keras reckons it.
func trainingCount(_ who: String, of count: Int, testSplit: Double) throws(Diagnostic) -> Int {
  guard testSplit >= 0, testSplit < 1 else {
    throw Diagnostic(
      who, "testSplit is out of range", expected: "0 or more, and less than 1",
      got: "\(testSplit)")
  }
  return Int(Double(count) * (1 - testSplit))
}
