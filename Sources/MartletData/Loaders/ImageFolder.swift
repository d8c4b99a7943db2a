import Foundation
import MartletFormats
import MartletTensors

/// Images in folders, one folder for each class: Keras' `image_dataset_from_directory`.
///
///     photos/cats/001.png, photos/cats/002.png, photos/dogs/001.png …
///
///     let train = try ImageFolder("photos", imageSize: 128, validationSplit: 0.2, subset: .training, seed: 1)
///     try model.fit(train.batches(32), epochs: 10)
///
/// Files are read when their turn comes, on several threads; `Dataset(folder).cached()` keeps them.
/// Read are PNG, PGM, PPM and BMP; files that are no images are passed over.
public struct ImageFolder: IndexedBatchSource {
  /// The channels that images are brought to.
  public enum ColorMode: String, Sendable, Hashable, CaseIterable {
    case grayscale, rgb, rgba

    var channels: Int {
      switch self {
      case .grayscale: 1
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  /// What stands for the class of an image.
  public enum LabelMode: String, Sendable, Hashable, CaseIterable {
    /// Its number, int32.
    case int
    /// A row of zeros and a one, float32 `[classes]`.
    case categorical
    /// 0 or 1, float32 `[1]`; of two classes only.
    case binary
    /// Nothing.
    case none
  }

  /// A part of the files.
  public enum Subset: String, Sendable, Hashable {
    case training, validation
  }

  /// The names of the classes, by number: those of the folders.
  public let classNames: [String]
  /// The files, in the order of the elements.
  public let files: [URL]
  /// The class of each file, by number.
  public let labels: [Int]
  /// Rows and columns of all images.
  public let imageSize: [Int]
  /// The channels of all images.
  public let colorMode: ColorMode
  /// What stands for a class.
  public let labelMode: LabelMode
  private let interpolation: Interpolation
  private let fit: AspectFit
  private let limits: LoadLimits
  private let shuffleSeed: UInt64?

  /// Finds the files of a folder.
  ///
  /// - Parameters:
  ///   - path: The folder with a folder for each class; those may have folders inside.
  ///   - imageSize: Rows and columns that images are brought to.
  ///   - colorMode: The channels that they are brought to.
  ///   - labelMode: What stands for a class.
  ///   - classNames: The folders to take, in the order of their numbers; all, sorted, without it.
  ///   - shuffle: Whether the order is random: before the split, and anew in each epoch of
  ///     `batches`.
  ///   - seed: What the order follows from; needed with a split, so that both parts are of one order.
  ///   - validationSplit: The part of the files, from 0 to 1, that is for validation: the last ones.
  ///   - subset: Which part to take.
  ///   - interpolation: What stands between pixels when images are brought to size.
  ///   - fit: What becomes of images whose sides are in another ratio.
  ///   - limits: The most to take from a file.
  /// - Throws: `Diagnostic` if there is no such folder, no class, no image, a format that is not read
  ///   here, or if the settings do not fit each other.
  public init(
    _ path: String, imageSize: some AxisSizes = 256, colorMode: ColorMode = .rgb,
    labelMode: LabelMode = .int, classNames: [String]? = nil, shuffle: Bool = true,
    seed: UInt64? = nil, validationSplit: Double? = nil, subset: Subset? = nil,
    interpolation: Interpolation = .bilinear, fit: AspectFit = .stretch,
    limits: LoadLimits = LoadLimits()
  ) throws(Diagnostic) {
    let given = imageSize.axisSizes
    self.imageSize = given.count == 1 ? [given[0], given[0]] : given
    guard self.imageSize.count == 2, self.imageSize.allSatisfy({ $0 > 0 }) else {
      throw Self.problem("the size is none", "rows and columns of 1 or more", "\(given)")
    }
    self.colorMode = colorMode
    self.labelMode = labelMode
    self.interpolation = interpolation
    self.fit = fit
    self.limits = limits
    let folder = URL(fileURLWithPath: path)
    self.classNames = try Self.classes(in: folder, asked: classNames)
    if labelMode == .binary, self.classNames.count != 2 {
      throw Self.problem(
        "binary labels are for two classes", "2 classes", "\(self.classNames.count)",
        "use labelMode: .int or .categorical")
    }
    var found: [(file: URL, label: Int)] = []
    for (label, name) in self.classNames.enumerated() {
      found += try Self.images(in: folder.appendingPathComponent(name)).map { ($0, label) }
    }
    guard !found.isEmpty else {
      throw Self.problem(
        "there are no images", "files .png, .pgm, .ppm or .bmp in \(path)/CLASS/", "none")
    }
    if shuffle {
      if validationSplit != nil, seed == nil {
        throw Self.problem(
          "the parts of a random order without a seed may have images in common",
          "a seed, the same for both parts", "none", "give seed:, or shuffle: false")
      }
      let seed = seed ?? freshSeed()
      shuffleSeed = seed
      var random = KeyedRandom(seed: seed)
      found = random.permutation(found.count).map { found[$0] }
    } else {
      shuffleSeed = nil
    }
    let part = try Self.part(of: found.count, validationSplit, subset)
    files = found[part].map(\.file)
    labels = found[part].map(\.label)
  }

  public var count: Int { files.count }

  /// The elements in batches, in a random order for each epoch unless `shuffle` is off, read ahead by
  /// a thread of their own.
  public func batches(
    _ size: Int = 32, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    // A map makes elements on several threads; reading is all that costs.
    let data = Dataset(self).map(seed: 0) { (element: Batch) in element }
    let ordered = shuffleSeed.map { data.shuffled(seed: $0) } ?? data
    return ordered.batched(size, file: file, line: line).prefetched(2)
  }

  /// One image, float32 of 0 … 255, with its label.
  ///
  /// - Throws: `FormatError` for a file that is not what it should be.
  public func element(at index: Int, epoch: Int) throws -> Batch {
    let image = try RasterImage(contentsOf: files[index], limits: limits)
      .converted(toChannels: colorMode.channels)
    let pixels = Tensor(
      image.bytes, shape: [1, image.height, image.width, image.channels], dtype: .uint8)
    let sized = pixels.cast(to: .float32).resized(
      to: imageSize, fit: fit, interpolation: interpolation)
    return Batch(sized.squeezed(along: 0).evaluated(), label(of: index))
  }

  private func label(of index: Int) -> Tensor? {
    switch labelMode {
    case .int: return Tensor([Int32(labels[index])], shape: [], dtype: .int32)
    case .binary: return Tensor([Float(labels[index])])
    case .categorical:
      return Tensor(classNames.indices.map { $0 == labels[index] ? 1 as Float : 0 })
    case .none: return nil
    }
  }

  // MARK: Files

  private static func problem(
    _ what: String, _ expected: String, _ got: String, _ fix: String? = nil
  ) -> Diagnostic {
    Diagnostic("ImageFolder", what, expected: expected, got: got, fix: fix)
  }

  private static func contents(of folder: URL) throws(Diagnostic) -> [URL] {
    do {
      return try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles
      ).sorted { $0.lastPathComponent.utf8.lexicographicallyPrecedes($1.lastPathComponent.utf8) }
    } catch {
      throw problem(
        "the folder cannot be read", "a folder at \(folder.path)", error.localizedDescription,
        "check the path and the permissions")
    }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private static func classes(
    in folder: URL, asked: [String]?
  ) throws(Diagnostic) -> [String] {
    let found = try contents(of: folder).filter(isFolder).map(\.lastPathComponent)
    guard let asked else {
      if found.isEmpty {
        throw problem(
          "the folder has no classes", "a folder for each class in \(folder.path)", "none",
          "sort the images into folders")
      }
      return found
    }
    guard Set(asked).count == asked.count, Set(asked).isSubset(of: found), !asked.isEmpty else {
      throw problem(
        "the classes are not folders of it", "some of " + found.joined(separator: ", "),
        asked.joined(separator: ", "))
    }
    return asked
  }

  private static let known: Set = ["png", "pgm", "ppm", "pnm", "bmp"]
  private static let unknown: Set = ["jpg", "jpeg", "gif", "webp", "tif", "tiff"]

  /// The images in a folder and the folders inside it, each folder's own first.
  private static func images(in folder: URL) throws(Diagnostic) -> [URL] {
    var files: [URL] = []
    var folders: [URL] = []
    for url in try contents(of: folder) {
      let kind = url.pathExtension.lowercased()
      if isFolder(url) {
        folders.append(url)
      } else if known.contains(kind) {
        files.append(url)
      } else if unknown.contains(kind) {
        throw problem(
          "a file is of a format that is not read here", "PNG, PGM, PPM or BMP", url.path,
          "convert the images to PNG")
      }
    }
    for inner in folders { files += try images(in: inner) }
    return files
  }

  private static func part(
    of count: Int, _ split: Double?, _ subset: Subset?
  ) throws(Diagnostic) -> Range<Int> {
    guard let split, let subset else {
      if split == nil, subset == nil { return 0..<count }
      throw problem(
        "a split and a part need each other", "validationSplit and subset, or neither",
        split == nil ? "subset alone" : "validationSplit alone")
    }
    let validation = Int(split * Double(count))
    guard split > 0, split < 1, validation > 0, validation < count else {
      throw problem(
        "the split leaves a part empty", "a number between 0 and 1 that leaves both parts images",
        "\(split) of \(count) images")
    }
    return subset == .training ? 0..<(count - validation) : (count - validation)..<count
  }
}
