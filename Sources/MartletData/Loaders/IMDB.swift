import Foundation
import MartletFormats
import MartletTensors

/// Film reviews in two classes, 0 for those that pan and 1 for those that praise: 25,000 to learn
/// from and 25,000 to test with, as lists of their words' numbers.
///
///     let (train, test) = try IMDB.load(numWords: 20_000)
///     let words = try IMDB.wordIndex()
///
/// A word's number is its rank by frequency plus `indexFrom`; 0 pads, 1 starts a review, 2 stands for
/// a word that was left out.
///
/// - Source: "Learning word vectors for sentiment analysis", Maas et al., 2011, in the form of
///   Keras' `imdb.npz`.
public enum IMDB {
  /// Loads the training and the test part, in the order and of the numbers of Keras' `load_data`.
  ///
  /// Where no folder is named, it looks for `imdb.npz` in `MARTLET_DATA` (and its folder `imdb`),
  /// then in the user's cache; then it downloads it there (17.5 MB, verified by checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with the file; no other is looked in.
  ///   - numWords: Numbers from here on are replaced by `oovChar`; without it, only the largest is.
  ///   - skipTop: Numbers below this are replaced by `oovChar`, the start's 1 included.
  ///   - maxLength: Reviews of this length or longer are left out, their start included.
  ///   - seed: What the order follows from.
  ///   - startChar: The number in front of each review; none where it is nil.
  ///   - oovChar: What stands for a word that is left out; nothing where it is nil.
  ///   - indexFrom: What is added to the ranks of the words.
  ///   - downloads: Whether the file may be downloaded.
  /// - Throws: `FormatError` for a file that is not what it should be; `Diagnostic` if it is neither
  ///   found nor downloaded, if a number is out of range, or if no review is short enough.
  public static func load(
    from folder: String? = nil, numWords: Int? = nil, skipTop: Int = 0, maxLength: Int? = nil,
    seed: UInt32 = 113, startChar: Int? = 1, oovChar: Int? = 2, indexFrom: Int = 3,
    downloads: Bool = true
  ) throws -> (train: LabeledSequences, test: LabeledSequences) {
    let who = "IMDB.load"
    let choice = WordChoice(
      numWords: numWords, skipTop: skipTop, maxLength: maxLength, startChar: startChar,
      oovChar: oovChar, indexFrom: indexFrom)
    try choice.check(who)
    let url = try file.find(in: folder, downloads: downloads)
    let archive = try NPZ(contentsOf: url)
    var random = MersenneTwister(seed: seed)
    let train = try choice.texts(who, archive, "x_train", "y_train", &random, source: url.path)
    let test = try choice.texts(who, archive, "x_test", "y_test", &random, source: url.path)
    guard !train.texts.isEmpty, !test.texts.isEmpty else {
      throw Diagnostic(
        who, "no review is short enough", expected: "a longer maxLength",
        got: "maxLength \(maxLength ?? 0)")
    }
    let bound = choice.bound(of: train.texts, test.texts)
    func sequences(_ part: ClassifiedTexts) -> LabeledSequences {
      LabeledSequences(
        choice.restricted(part.texts, below: bound), labels: part.labels, origin: url.path)
    }
    return (sequences(train), sequences(test))
  }

  /// The rank of each word by its frequency, from 1: Keras' `get_word_index`.
  ///
  /// In a loaded review, the word's number is its rank plus `indexFrom`.
  ///
  /// - Parameters:
  ///   - folder: The folder with `imdb_word_index.json`; without it, places as for `load`.
  ///   - downloads: Whether the file may be downloaded (1.6 MB).
  /// - Throws: `FormatError` for a file that is not what it should be; `Diagnostic` if it is neither
  ///   found nor downloaded.
  public static func wordIndex(
    from folder: String? = nil, downloads: Bool = true
  ) throws -> [String: Int] {
    try words.wordIndex(in: folder, downloads: downloads)
  }

  static let file = PublishedFile(
    "IMDB.load", folder: "imdb",
    file: RemoteFile(
      name: "imdb.npz", byteCount: 17_464_789,
      sha256: "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"))

  static let words = PublishedFile(
    "IMDB.wordIndex", folder: "imdb",
    file: RemoteFile(
      name: "imdb_word_index.json", byteCount: 1_641_221,
      checksum: .md5("bfafd718b763782e994055a2d397834f")))
}
