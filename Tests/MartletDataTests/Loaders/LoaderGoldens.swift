import Foundation
import Testing

/// What Keras makes of the files beside `make_loaders.py`.
struct LoaderGoldens: Decodable {
  /// The arguments of Keras' loaders, and what comes back.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let arguments: Arguments
    let train: Part
    let test: Part

    var testDescription: String { "\(file), \(arguments)" }
  }

  /// Keras' arguments; what is absent has Keras' default.
  struct Arguments: Decodable, Sendable {
    let numWords: Int?
    let skipTop: Int?
    let maxLength: Int?
    let testSplit: Double?
    let seed: UInt32?
    let indexFrom: Int?
    let version: String?
    /// The outer optional says whether the argument is there, the inner one whether it is None.
    let startChar: Int??
    let oovChar: Int??

    private enum Key: String, CodingKey {
      case numWords = "num_words"
      case skipTop = "skip_top"
      case maxLength = "maxlen"
      case testSplit = "test_split"
      case seed
      case indexFrom = "index_from"
      case version
      case startChar = "start_char"
      case oovChar = "oov_char"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      func optional(_ key: Key) throws -> Int?? {
        guard values.contains(key) else { return nil }
        return .some(try values.decode(Int?.self, forKey: key))
      }
      numWords = try values.decodeIfPresent(Int.self, forKey: .numWords)
      skipTop = try values.decodeIfPresent(Int.self, forKey: .skipTop)
      maxLength = try values.decodeIfPresent(Int.self, forKey: .maxLength)
      testSplit = try values.decodeIfPresent(Double.self, forKey: .testSplit)
      seed = try values.decodeIfPresent(UInt32.self, forKey: .seed)
      indexFrom = try values.decodeIfPresent(Int.self, forKey: .indexFrom)
      version = try values.decodeIfPresent(String.self, forKey: .version)
      startChar = try optional(.startChar)
      oovChar = try optional(.oovChar)
    }
  }

  struct Part: Decodable, Sendable {
    /// Lists of words' numbers, or rows of features.
    let x: [[Double]]
    let y: [Double]
    /// How many there are, where only the first are kept.
    let count: Int?
  }

  struct Order: Decodable {
    let followLinks: Bool
    let files: [String]
    let labels: [Int]
    let classNames: [String]
  }

  struct Shuffle: Decodable {
    let seed: UInt32
    let order: [Int]
  }

  let cases: [Case]
  let tree: [String]
  let links: [[String]]
  let orders: [Order]
  let shuffles: [Shuffle]
  let words: [UInt32]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Goldens").standardizedFileURL.path

  static func read() throws -> LoaderGoldens {
    try JSONDecoder().decode(
      LoaderGoldens.self,
      from: Data(contentsOf: URL(fileURLWithPath: folder + "/loaders.json")))
  }

  /// The cases of one file.
  static func cases(of file: String) -> [Case] {
    ((try? read())?.cases ?? []).filter { $0.file == file }
  }
}
