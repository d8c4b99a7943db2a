import MartletFormats
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

  init(_ sequences: [[Int]], labels: [Int32], origin: String) {
    self.sequences = sequences
    self.labels = Tensor(labels).evaluated()
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
    // Texts become tensors of int32.
    let most = Int(Int32.max)
    for (name, value, least) in [
      ("numWords", numWords ?? 1, 1), ("skipTop", skipTop, 0), ("maxLength", maxLength ?? 1, 1),
      ("startChar", startChar ?? 0, 0), ("oovChar", oovChar ?? 0, 0), ("indexFrom", indexFrom, 0),
    ] where value < least || value > most {
      throw Diagnostic(
        who, "\(name) is out of range", expected: "\(least) to \(most)", got: "\(value)")
    }
  }

  /// The texts and classes of an archive, in the order of NumPy's generator, with the start of each
  /// text marked and its ranks moved up, and those that are too long left out.
  ///
  /// - Parameters:
  ///   - x: The name of the array of texts.
  ///   - y: The name of the array of classes.
  /// - Throws: `FormatError` as the archive does; `Diagnostic` that names the place, if texts and
  ///   classes are not equally many, or if a number does not fit in int32.
  func texts(
    _ who: String, _ archive: NPZ, _ x: String, _ y: String, _ random: inout MersenneTwister,
    source: String
  ) throws -> ClassifiedTexts {
    let found = ClassifiedTexts(
      texts: try archive.integerLists(x),
      labels: try int32Labels(who, archive.integers(y), y, source: source))
    try checkWords(who, found.texts, x, source: source)
    return marked(try found.shuffled(who, &random, source: source))
  }

  /// Throws unless every word's number, moved up, fits in int32.
  private func checkWords(
    _ who: String, _ texts: [[Int]], _ name: String, source: String
  ) throws(Diagnostic) {
    let range = Int(Int32.min)...(Int(Int32.max) - indexFrom)
    for (number, text) in texts.enumerated() {
      guard let place = text.firstIndex(where: { !range.contains($0) }) else { continue }
      throw Diagnostic(
        who, "a word's number does not fit in int32",
        expected:
          "\(range.lowerBound) to \(range.upperBound), to which indexFrom \(indexFrom) is added",
        got: "\(text[place]) at \(name)[\(number)][\(place)] of \(source)")
    }
  }

  private func marked(_ found: ClassifiedTexts) -> ClassifiedTexts {
    let start = startChar.map { [$0] } ?? []
    let moved = found.texts.map { text in start + text.map { $0 + indexFrom } }
    guard let maxLength else { return ClassifiedTexts(texts: moved, labels: found.labels) }
    // Keras leaves out those of exactly that length too.
    let kept = moved.indices.filter { moved[$0].count < maxLength }
    return ClassifiedTexts(
      texts: kept.map { moved[$0] }, labels: kept.map { found.labels[$0] })
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

/// Texts as lists of their words' numbers, and the number of each one's class.
struct ClassifiedTexts: Sendable {
  var texts: [[Int]]
  var labels: [Int32]

  /// The same in the order of NumPy's generator; throws unless there is a class for each text.
  func shuffled(
    _ who: String, _ random: inout MersenneTwister, source: String
  ) throws(Diagnostic) -> ClassifiedTexts {
    guard texts.count == labels.count, !texts.isEmpty else {
      throw Diagnostic(
        who, "texts and labels are not equally many",
        expected: "as many labels as texts, 1 or more",
        got: "\(texts.count) texts and \(labels.count) labels in \(source)")
    }
    let order = random.permutation(texts.count)
    return ClassifiedTexts(texts: order.map { texts[$0] }, labels: order.map { labels[$0] })
  }
}

/// The numbers of classes as tensors hold them; throws for one that does not fit.
private func int32Labels(
  _ who: String, _ labels: [Int], _ name: String, source: String
) throws(Diagnostic) -> [Int32] {
  var fitting: [Int32] = []
  fitting.reserveCapacity(labels.count)
  for (number, label) in labels.enumerated() {
    guard let label = Int32(exactly: label) else {
      throw Diagnostic(
        who, "a label does not fit in int32", expected: "\(Int32.min) to \(Int32.max)",
        got: "\(label) at \(name)[\(number)] of \(source)")
    }
    fitting.append(label)
  }
  return fitting
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
