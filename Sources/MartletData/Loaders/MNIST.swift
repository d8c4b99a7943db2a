import Foundation
import MartletFormats
import MartletTensors

/// The handwritten digits of LeCun, Cortes and Burges: 60,000 pictures to learn from and 10,000 to
/// test with, 28 × 28 grey values each.
public enum MNIST {
  /// Loads the training and the test part.
  ///
  /// - Parameters:
  ///   - folder: The folder with the four IDX files, compressed by gzip or not.
  ///   - limit: The most pictures of each part; all without it.
  /// - Throws: `FormatError` for files that are not what they should be, `Diagnostic` where there are
  ///   none.
  /// - Source: "Gradient-based learning applied to document recognition", LeCun et al., 1998.
  public static func load(
    from folder: String? = nil, limit: Int? = nil
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    try IDXImages.mnist.load(from: folder, limit: limit)
  }
}

/// The pictures of clothes by Zalando, in the place of MNIST's digits: as many, of the same size.
public enum FashionMNIST {
  /// Loads the training and the test part; as `MNIST.load`.
  ///
  /// - Source: "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
  ///   Xiao, Rasul and Vollgraf, 2017.
  public static func load(
    from folder: String? = nil, limit: Int? = nil
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    try IDXImages.fashion.load(from: folder, limit: limit)
  }
}

/// A set of pictures in four IDX files.
struct IDXImages: Sendable {
  let name: String
  /// The folder's name, in the cache and in `MARTLET_DATA`.
  let folder: String
  let classNames: [String]
  /// Whether the files may stand in the folder `MARTLET_DATA` itself.
  let isDefault: Bool

  static let mnist = IDXImages(
    name: "MNIST", folder: "mnist", classNames: (0..<10).map(String.init), isDefault: true)
  static let fashion = IDXImages(
    name: "FashionMNIST", folder: "fashion-mnist",
    classNames: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ], isDefault: false)

  private static let files = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  func load(
    from folder: String?, limit: Int?
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    let places = folder.map { [$0] } ?? candidates
    for place in places {
      let files = Self.files.compactMap { Self.file($0, in: place) }
      if files.count < 4 { continue }
      return try (
        read(files[0], files[1], place, limit), read(files[2], files[3], place, limit)
      )
    }
    throw Diagnostic(
      "\(name).load", "the files were not found",
      expected: Self.files.joined(separator: ", ") + ", each with .gz or without",
      got: "looked in " + places.joined(separator: ", "),
      fix: "name their folder, or set MARTLET_DATA")
  }

  private var candidates: [String] {
    var places: [String] = []
    let environment = ProcessInfo.processInfo.environment
    if let data = environment["MARTLET_DATA"], !data.isEmpty {
      places.append(data + "/" + folder)
      if isDefault { places.append(data) }
    }
    if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty {
      places.append(cache + "/martlet/" + folder)
    } else if let home = environment["HOME"] {
      places.append(home + "/.cache/martlet/" + folder)
    }
    return places
  }

  /// The file of that name, as it is there: compressed or not, with a hyphen or a full stop.
  private static func file(_ name: String, in folder: String) -> URL? {
    let dotted = name.replacingOccurrences(of: "-idx", with: ".idx")
    return [name + ".gz", name, dotted + ".gz", dotted]
      .map { URL(fileURLWithPath: folder + "/" + $0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  private func read(
    _ imageFile: URL, _ labelFile: URL, _ folder: String, _ limit: Int?
  ) throws -> LabeledImages {
    let images = try IDX(contentsOf: imageFile)
    let labels = try IDX(contentsOf: labelFile)
    guard images.shape.count == 3, images.elementType == .uint8, labels.elementType == .uint8,
      labels.shape == [images.shape[0]]
    else {
      throw Diagnostic(
        "\(name).load", "the two files do not belong together",
        expected: "uint8 [count, height, width] and uint8 [count]",
        got: "\(images.elementType) \(images.shape) in \(imageFile.path) "
          + "and \(labels.elementType) \(labels.shape) in \(labelFile.path)")
    }
    let count = min(limit ?? .max, labels.shape[0])
    let size = images.shape[1] * images.shape[2]
    let shape = [count, images.shape[1], images.shape[2], 1]
    let bytes = Tensor(shape: shape, of: UInt8.self) { target in
      _ = target.update(fromContentsOf: images.bytes.prefix(count * size))
    }
    return try LabeledImages(
      bytes: bytes, labels: Tensor(labels.bytes.prefix(count).map(Int32.init)),
      classNames: classNames, origin: .files(folder: folder))
  }
}
