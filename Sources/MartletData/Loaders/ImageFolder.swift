import Foundation
import MartletFormats
import MartletTensors

/// Images in folders, one folder for each class: Keras' `image_dataset_from_directory`.
///
///     photos/cats/001.png, photos/cats/002.png, photos/dogs/001.png …
///
///     let train = try ImageFolder("photos", imageSize: 128, seed: 1, validationSplit: 0.2, subset: .training)
///     try model.fit(train.batches(32), epochs: 10)
///
/// Files are read when their turn comes, on several threads; `Dataset(folder).cached()` keeps them.
/// Read are PNG, PGM, PPM and BMP; files that are no images are passed over.
public struct ImageFolder: IndexedBatchSource {
  /// The channels that images are brought to.
  public enum ColorMode: String, Sendable, Hashable, CaseIterable {
    /// One channel: brightness.
    case grayscale
    /// Red, green and blue.
    case rgb
    /// Red, green, blue and opacity.
    case rgba

    var channels: Int {
      switch self {
      case .grayscale: 1
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  /// What stands for the class of an image.
  public typealias LabelMode = FolderLabelMode
  /// A part of the files.
  public typealias Subset = FolderSubset

  /// The names of the classes, by number: those of the folders.
  public var classNames: [String] { folders.classNames }
  /// The files, in the order of the elements.
  public var files: [URL] { folders.files }
  /// The class of each file, by number.
  public var labels: [Int] { folders.labels }
  /// What stands for a class.
  public var labelMode: LabelMode { folders.labelMode }
  /// Rows and columns of all images.
  public let imageSize: [Int]
  /// The channels of all images.
  public let colorMode: ColorMode
  private let folders: ClassFolders
  private let interpolation: Interpolation
  private let fit: AspectFit
  private let limits: LoadLimits

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
  ///   - followLinks: Whether folders inside a class that are links are looked into.
  ///   - interpolation: What stands between pixels when images are brought to size.
  ///   - fit: What becomes of images whose sides are in another ratio.
  ///   - limits: The most to take from a file.
  /// - Throws: `Diagnostic` if there is no such folder, no class, no image, a format that is not read
  ///   here, or if the settings do not fit each other.
  public init(
    _ path: String, imageSize: some AxisSizes = 256, colorMode: ColorMode = .rgb,
    labelMode: LabelMode = .int, classNames: [String]? = nil, shuffle: Bool = true,
    seed: UInt64? = nil, validationSplit: Double? = nil, subset: Subset? = nil,
    followLinks: Bool = false, interpolation: Interpolation = .bilinear, fit: AspectFit = .stretch,
    limits: LoadLimits = LoadLimits()
  ) throws(Diagnostic) {
    let given = imageSize.axisSizes
    self.imageSize = given.count == 1 ? [given[0], given[0]] : given
    guard self.imageSize.count == 2, self.imageSize.allSatisfy({ $0 > 0 }) else {
      throw Diagnostic(
        "ImageFolder", "the size is none", expected: "rows and columns of 1 or more",
        got: "\(given)")
    }
    self.colorMode = colorMode
    self.interpolation = interpolation
    self.fit = fit
    self.limits = limits
    folders = try ClassFolders(
      "ImageFolder", path, Self.kinds,
      ClassFolders.Choice(
        labelMode: labelMode, classNames: classNames, shuffle: shuffle, seed: seed,
        validationSplit: validationSplit, subset: subset, followLinks: followLinks))
  }

  private static let kinds = ClassFolders.Kinds(
    noun: "images", known: ["png", "pgm", "ppm", "pnm", "bmp"],
    unknown: ["jpg", "jpeg", "gif", "webp", "tif", "tiff"], names: ".png, .pgm, .ppm or .bmp")

  public var count: Int { files.count }

  /// The elements in batches, in a random order for each epoch unless `shuffle` is off, read ahead by
  /// a thread of their own.
  public func batches(
    _ size: Int = 32, file: StaticString = #fileID, line: UInt = #line
  ) -> Dataset {
    // A map makes elements on several threads; reading is all that costs.
    let data = Dataset(self).map(seed: 0) { (element: Batch) in element }
    let ordered = folders.shuffleSeed.map { data.shuffled(seed: $0) } ?? data
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
    return Batch(sized.squeezed(along: 0).evaluated(), folders.label(of: index))
  }
}
