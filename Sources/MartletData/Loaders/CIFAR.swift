import Foundation
import MartletFormats
import MartletTensors

/// The small photographs of Krizhevsky in ten classes: 50,000 to learn from and 10,000 to test with,
/// 32 × 32 pixels in red, green and blue.
///
/// - Source: "Learning multiple layers of features from tiny images", Krizhevsky, 2009.
public enum CIFAR10 {
  /// Loads the training and the test part, `[count, 32, 32, 3]` each.
  ///
  /// Where no folder is named, it looks in the folder `cifar-10-batches-bin` of `MARTLET_DATA`, then
  /// in the user's cache; then it downloads the binary version there (170 MB, verified by
  /// checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or
  ///     with the archive `cifar-10-binary.tar.gz`.
  ///   - limit: The most pictures of each part; all without it.
  ///   - downloads: Whether the archive may be downloaded.
  /// - Throws: `FormatError` for files that are not what they should be; `Diagnostic` if they are
  ///   neither found nor downloaded.
  public static func load(
    from folder: String? = nil, limit: Int? = nil, downloads: Bool = true
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    try set.load(from: folder, limit: limit, downloads: downloads)
  }

  static let set = CIFARSet(
    name: "CIFAR10", folder: "cifar-10-batches-bin",
    archive: RemoteFile(
      name: "cifar-10-binary.tar.gz", byteCount: 170_052_171,
      sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    trainFiles: (1...5).map { "data_batch_\($0).bin" }, testFile: "test_batch.bin",
    labelBytes: 1, labelPlace: 0,
    classNames: [
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ])
}

/// The small photographs of Krizhevsky in a hundred classes, which form twenty groups: 50,000 to
/// learn from and 10,000 to test with, 32 × 32 pixels in red, green and blue.
///
/// - Source: "Learning multiple layers of features from tiny images", Krizhevsky, 2009.
public enum CIFAR100 {
  /// Which of the two labels of each picture is taken.
  public enum Labels: Sendable {
    /// One of a hundred classes.
    case fine
    /// One of twenty groups of classes.
    case coarse
  }

  /// Loads the training and the test part, `[count, 32, 32, 3]` each.
  ///
  /// Where no folder is named, it looks in the folder `cifar-100-binary` of `MARTLET_DATA`, then in
  /// the user's cache; then it downloads the binary version there (169 MB, verified by checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with `train.bin` and `test.bin`, or with the archive
  ///     `cifar-100-binary.tar.gz`.
  ///   - labels: Which of the two labels of each picture is taken.
  ///   - limit: The most pictures of each part; all without it.
  ///   - downloads: Whether the archive may be downloaded.
  /// - Throws: as ``CIFAR10/load(from:limit:downloads:)``.
  public static func load(
    from folder: String? = nil, labels: Labels = .fine, limit: Int? = nil, downloads: Bool = true
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    try set(labels).load(from: folder, limit: limit, downloads: downloads)
  }

  static func set(_ labels: Labels) -> CIFARSet {
    CIFARSet(
      name: "CIFAR100", folder: "cifar-100-binary",
      archive: RemoteFile(
        name: "cifar-100-binary.tar.gz", byteCount: 168_513_733,
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
      trainFiles: ["train.bin"], testFile: "test.bin", labelBytes: 2,
      labelPlace: labels == .coarse ? 0 : 1,
      classNames: labels == .coarse ? coarseNames : fineNames)
  }

  // swift-format-ignore
  private static let fineNames = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup",
    "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house",
    "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man",
    "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy",
    "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal",
    "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar",
    "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman",
    "worm",
  ]

  // swift-format-ignore
  private static let coarseNames = [
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
    "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
    "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people",
    "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
  ]
}

/// A set of pictures in the binary form of CIFAR: records of labels and of the planes of a picture.
struct CIFARSet: Sendable {
  /// The loader's name, for messages.
  let name: String
  /// The name of the set's folder, in the archive and in `MARTLET_DATA`.
  let folder: String
  let archive: RemoteFile
  let trainFiles: [String]
  let testFile: String
  /// How many labels, a byte each, stand before the pixels of a picture.
  let labelBytes: Int
  /// Which of them is taken.
  let labelPlace: Int
  let classNames: [String]

  private static let side = 32
  private static let channels = 3

  func load(
    from folder: String?, limit: Int?, downloads: Bool
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    let folders = DataFolders(folder, name: self.folder, standsInRoot: true)
    if let found = try load(folders, limit: limit) { return found }
    guard folder == nil, downloads, let cache = folders.cache else { throw notFound(folders) }
    try Download(mirrors: ["https://www.cs.toronto.edu/~kriz/"], files: [archive]).run(into: cache)
    guard let found = try load(folders, limit: limit) else { throw notFound(folders) }
    return found
  }

  private func load(
    _ folders: DataFolders, limit: Int?
  ) throws -> (train: LabeledImages, test: LabeledImages)? {
    for place in folders.candidates {
      guard let files = try files(in: place) else { continue }
      let train = try images(trainFiles.map { ($0, files[$0] ?? []) }, place, limit)
      let test = try images([(testFile, files[testFile] ?? [])], place, limit)
      return (train, test)
    }
    return nil
  }

  private func notFound(_ folders: DataFolders) -> Diagnostic {
    Diagnostic(
      "\(name).load", "the files were not found",
      expected: (trainFiles + [testFile]).joined(separator: ", ") + ", or \(archive.name)",
      got: "none in " + folders.candidates.joined(separator: ", "),
      fix: "name their folder, or set MARTLET_DATA to it")
  }

  /// The bytes of the files, from a folder or from the archive in it; nil if neither is there.
  private func files(in place: String) throws -> [String: ArraySlice<UInt8>]? {
    let wanted = trainFiles + [testFile]
    let urls = wanted.map { URL(fileURLWithPath: place + "/" + $0) }
    if urls.allSatisfy({ FileManager.default.fileExists(atPath: $0.path) }) {
      let contents = try urls.map { try FileReading.bytes(of: $0, reader: "CIFAR")[...] }
      return Dictionary(uniqueKeysWithValues: zip(wanted, contents))
    }
    let url = URL(fileURLWithPath: place + "/" + archive.name)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let bytes = try Gzip.decompress(
      FileReading.bytes(of: url, reader: "CIFAR"), source: url.path)
    var found: [String: ArraySlice<UInt8>] = [:]
    for entry in try Tar.entries(of: bytes, source: url.path) {
      guard let name = entry.path.split(separator: "/").last.map(String.init) else { continue }
      if wanted.contains(name) { found[name] = bytes[entry.range] }
    }
    if let missing = wanted.first(where: { found[$0] == nil }) {
      throw Diagnostic(
        "\(name).load", "the archive lacks a file", expected: missing,
        got: found.keys.sorted().joined(separator: ", ") + " in \(url.path)")
    }
    return found
  }

  private func images(
    _ files: [(name: String, bytes: ArraySlice<UInt8>)], _ place: String, _ limit: Int?
  ) throws -> LabeledImages {
    let pixels = Self.side * Self.side
    let record = labelBytes + Self.channels * pixels
    for file in files where file.bytes.count % record != 0 {
      throw Diagnostic(
        "\(name).load", "the file does not hold whole records",
        expected: "a multiple of \(record) bytes",
        got: "\(file.bytes.count) in \(place)/\(file.name)")
    }
    let total = files.reduce(0) { $0 + $1.bytes.count / record }
    let count = max(0, min(limit ?? .max, total))
    var labels: [Int32] = []
    labels.reserveCapacity(count)
    let shape = [count, Self.side, Self.side, Self.channels]
    let images = Tensor(shape: shape, of: UInt8.self) { target in
      var next = 0
      for file in files {
        file.bytes.withUnsafeBufferPointer { bytes in
          for start in stride(from: 0, to: bytes.count, by: record) where labels.count < count {
            labels.append(Int32(bytes[start + labelPlace]))
            let planes = start + labelBytes
            for pixel in 0..<pixels {
              for channel in 0..<Self.channels {
                target[next] = bytes[planes + channel * pixels + pixel]
                next += 1
              }
            }
          }
        }
      }
    }
    if let wrong = labels.first(where: { $0 >= classNames.count }) {
      throw Diagnostic(
        "\(name).load", "a label is out of range", expected: "0 to \(classNames.count - 1)",
        got: "\(wrong) in \(place)")
    }
    return LabeledImages(
      checkedBytes: images, labels: Tensor(labels), classNames: classNames,
      origin: .files(folder: place))
  }
}
