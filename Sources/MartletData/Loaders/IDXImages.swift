import Foundation
import MartletFormats
import MartletTensors

/// A set of pictures in four IDX files.
struct IDXImages: Sendable {
  /// The loader's name, for messages.
  let name: String
  /// The name of the set's folder, in the cache and in `MARTLET_DATA`.
  let folder: String
  let classNames: [String]
  let source: Download

  private static let files = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  static let mnist = IDXImages(
    name: "MNIST", folder: "mnist", classNames: (0..<10).map(String.init),
    source: source(
      [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
      ],
      [
        (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
      ]))

  static let fashion = IDXImages(
    name: "FashionMNIST", folder: "fashion-mnist",
    classNames: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ],
    source: source(
      [
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
      ],
      [
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
      ]))

  private static func source(_ mirrors: [String], _ files: [(Int, String)]) -> Download {
    Download(
      mirrors: mirrors,
      files: zip(Self.files, files).map { name, file in
        RemoteFile(name: name + ".gz", byteCount: file.0, sha256: file.1)
      })
  }

  /// Loads both parts from the first folder that has all files; nil if none has.
  func load(
    _ folders: DataFolders, limit: Int?
  ) throws -> (train: LabeledImages, test: LabeledImages)? {
    for place in folders.candidates {
      let files = Self.files.compactMap { Self.file($0, in: place) }
      if files.count < 4 { continue }
      // The two parts at once; the first is five times the work.
      let parts = Transform.inParallel(2) { part in
        try read(files[2 * part], files[2 * part + 1], place, limit)
      }
      return try (parts[0].get(), parts[1].get())
    }
    return nil
  }

  /// Downloads the files into the cache, and loads them from there.
  func download(
    _ folders: DataFolders, limit: Int?, fetch: Fetch?
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    guard let cache = folders.cache, let fetch else { throw notFound(folders) }
    try source.run(into: cache, fetch: fetch)
    guard let found = try load(folders, limit: limit) else { throw notFound(folders) }
    return found
  }

  func notFound(_ folders: DataFolders) -> Diagnostic {
    Diagnostic(
      "\(name).load", "the files were not found",
      expected: Self.files.joined(separator: ", ") + ", each with .gz or without",
      got: "none in " + folders.candidates.joined(separator: ", "),
      fix: "name their folder, or set MARTLET_DATA to it")
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
    let labels = try IDX(contentsOf: labelFile)
    let images = try IDX(contentsOf: imageFile)
    guard images.shape.count == 3, images.elementType == .uint8, labels.elementType == .uint8,
      labels.shape == [images.shape[0]]
    else {
      throw Diagnostic(
        "\(name).load", "the two files do not belong together",
        expected: "uint8 [count, height, width] and uint8 [count]",
        got: "\(images.elementType) \(images.shape) in \(imageFile.path) "
          + "and \(labels.elementType) \(labels.shape) in \(labelFile.path)")
    }
    if let wrong = labels.bytes.firstIndex(where: { $0 >= classNames.count }) {
      throw Diagnostic(
        "\(name).load", "a label is out of range",
        expected: "0 to \(classNames.count - 1)",
        got: "\(labels.bytes[wrong]) for picture \(wrong) in \(labelFile.path)")
    }
    let count = max(0, min(limit ?? .max, labels.shape[0]))
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
