import MartletTensors

/// The handwritten digits of LeCun, Cortes and Burges: 60,000 pictures to learn from and 10,000 to
/// test with, 28 × 28 grey values each.
///
///     let (train, test) = try MNIST.load()
///     train.images     // float32 [60000, 28, 28, 1], in 0 … 1
///     train.labels     // int32 [60000]
///
/// - Source: "Gradient-based learning applied to document recognition", LeCun et al., 1998.
public enum MNIST {
  /// Loads the training and the test part.
  ///
  /// Where no folder is named, it looks for the four IDX files in `MARTLET_DATA` (and its folder
  /// `mnist`), then in the user's cache; then it downloads them there (11.6 MB, verified by
  /// checksum). Without a network it takes ``SyntheticDigits``, and says so in a line on standard
  /// error; `train.origin` tells as well.
  ///
  /// - Parameters:
  ///   - folder: The folder with the files, compressed by gzip or not; no other is looked in.
  ///   - limit: The most pictures of each part; all without it.
  ///   - downloads: Whether the files may be downloaded.
  /// - Throws: `FormatError` for files that are not what they should be; `Diagnostic` if they are not
  ///   in the folder named.
  public static func load(
    from folder: String? = nil, limit: Int? = nil, downloads: Bool = true
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    try load(
      DataFolders(folder, name: IDXImages.mnist.folder, standsInRoot: true), isNamed: folder != nil,
      limit: limit, fetch: downloads ? Download.curl : nil)
  }

  static func load(
    _ folders: DataFolders, isNamed: Bool, limit: Int?, fetch: Fetch?, set: IDXImages = .mnist
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    let fetch = isNamed ? nil : fetch
    if let found = try set.load(folders, limit: limit) { return found }
    if isNamed { throw set.notFound(folders) }
    do {
      return try set.download(folders, limit: limit, fetch: fetch)
    } catch {
      let parts = (min(60_000, limit ?? .max), min(10_000, limit ?? .max))
      let reason = fetch == nil ? "downloads are switched off" : "no download (\(oneLine(error)))"
      printNote(
        "MNIST: no files in \(folders.candidates.joined(separator: ", ")), and \(reason): "
          + "taking \(parts.0) and \(parts.1) synthetic digits instead.")
      return SyntheticDigits.load(trainCount: parts.0, testCount: parts.1)
    }
  }

  /// What went wrong, in the one line of a note.
  private static func oneLine(_ error: any Error) -> String {
    "\(error)".split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

/// The pictures of clothes by Zalando, in the place of MNIST's digits: as many, of the same size.
///
/// - Source: "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
///   Xiao, Rasul and Vollgraf, 2017.
public enum FashionMNIST {
  /// Loads the training and the test part.
  ///
  /// Where no folder is named, it looks for the four IDX files in the folder `fashion-mnist` of
  /// `MARTLET_DATA`, then in the user's cache; then it downloads them there (30.9 MB, verified by
  /// checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with the files, compressed by gzip or not; no other is looked in.
  ///   - limit: The most pictures of each part; all without it.
  ///   - downloads: Whether the files may be downloaded.
  /// - Throws: `FormatError` for files that are not what they should be; `Diagnostic` if they are
  ///   neither found nor downloaded.
  public static func load(
    from folder: String? = nil, limit: Int? = nil, downloads: Bool = true
  ) throws -> (train: LabeledImages, test: LabeledImages) {
    let set = IDXImages.fashion
    let folders = DataFolders(folder, name: set.folder, standsInRoot: false)
    if let found = try set.load(folders, limit: limit) { return found }
    guard folder == nil, downloads else { throw set.notFound(folders) }
    return try set.download(folders, limit: limit, fetch: Download.curl)
  }
}
