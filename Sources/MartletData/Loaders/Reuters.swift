import Foundation
import MartletFormats
import MartletTensors

/// News of 1987 by the agency Reuters in 46 topics: 11,228 texts, as lists of their words' numbers.
///
///     let (train, test) = try Reuters.load(numWords: 10_000)
///     Reuters.labelNames[train.labels[0].item()]
///
/// A word's number is its rank by frequency plus `indexFrom`; 0 pads, 1 starts a text, 2 stands for
/// a word that was left out.
///
/// - Source: Reuters-21578, distribution 1.0, Lewis, in the form of Keras' `reuters.npz`.
public enum Reuters {
  /// Loads the training and the test part, in the order and of the numbers of Keras' `load_data`.
  ///
  /// Where no folder is named, it looks for `reuters.npz` in `MARTLET_DATA` (and its folder
  /// `reuters`), then in the user's cache; then it downloads it there (2.1 MB, verified by checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with the file; no other is looked in.
  ///   - numWords: Numbers from here on are replaced by `oovChar`; without it, only the largest is.
  ///   - skipTop: Numbers below this are replaced by `oovChar`, the start's 1 included.
  ///   - maxLength: Texts of this length or longer are left out, their start included.
  ///   - testSplit: The part of the texts to test with: the last ones.
  ///   - seed: What the order follows from.
  ///   - startChar: The number in front of each text; none where it is nil.
  ///   - oovChar: What stands for a word that is left out; nothing where it is nil.
  ///   - indexFrom: What is added to the ranks of the words.
  ///   - downloads: Whether the file may be downloaded.
  /// - Throws: `FormatError` for a file that is not what it should be; `Diagnostic` if it is neither
  ///   found nor downloaded, if a number is out of range, or if no text is short enough.
  public static func load(
    from folder: String? = nil, numWords: Int? = nil, skipTop: Int = 0, maxLength: Int? = nil,
    testSplit: Double = 0.2, seed: UInt32 = 113, startChar: Int? = 1, oovChar: Int? = 2,
    indexFrom: Int = 3, downloads: Bool = true
  ) throws -> (train: LabeledSequences, test: LabeledSequences) {
    let who = "Reuters.load"
    let choice = WordChoice(
      numWords: numWords, skipTop: skipTop, maxLength: maxLength, startChar: startChar,
      oovChar: oovChar, indexFrom: indexFrom)
    try choice.check(who)
    // A split that is none is found before anything is fetched.
    _ = try trainingCount(who, of: 0, testSplit: testSplit)
    let url = try file.find(in: folder, downloads: downloads)
    let archive = try NPZ(contentsOf: url)
    var random = MersenneTwister(seed: seed)
    let marked = try choice.texts(who, archive, "x", "y", &random, source: url.path)
    guard !marked.texts.isEmpty else {
      throw Diagnostic(
        who, "no text is short enough", expected: "a longer maxLength",
        got: "maxLength \(maxLength ?? 0)")
    }
    let sequences = choice.restricted(marked.texts, below: choice.bound(of: marked.texts))
    let split = try trainingCount(who, of: sequences.count, testSplit: testSplit)
    return (
      LabeledSequences(
        Array(sequences[..<split]), labels: Array(marked.labels[..<split]), origin: url.path),
      LabeledSequences(
        Array(sequences[split...]), labels: Array(marked.labels[split...]), origin: url.path)
    )
  }

  /// The rank of each word by its frequency, from 1: Keras' `get_word_index`.
  ///
  /// In a loaded text, the word's number is its rank plus `indexFrom`.
  ///
  /// - Parameters:
  ///   - folder: The folder with `reuters_word_index.json`; without it, places as for `load`.
  ///   - downloads: Whether the file may be downloaded (0.6 MB).
  /// - Throws: `FormatError` for a file that is not what it should be; `Diagnostic` if it is neither
  ///   found nor downloaded.
  public static func wordIndex(
    from folder: String? = nil, downloads: Bool = true
  ) throws -> [String: Int] {
    try words.wordIndex(in: folder, downloads: downloads)
  }

  // swift-format-ignore
  /// The names of the topics, by number: Keras' `get_label_names`.
  public static let labelNames = [
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply",
    "coffee", "sugar", "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi",
    "money-fx", "interest", "gnp", "meal-feed", "alum", "oilseed", "gold", "tin",
    "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
    "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
  ]

  static let file = PublishedFile(
    "Reuters.load", folder: "reuters",
    file: RemoteFile(
      name: "reuters.npz", byteCount: 2_110_848,
      sha256: "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"))

  static let words = PublishedFile(
    "Reuters.wordIndex", folder: "reuters",
    file: RemoteFile(
      name: "reuters_word_index.json", byteCount: 550_378,
      checksum: .md5("4d44cc38712099c9e383dc6e5f11a921")))
}
