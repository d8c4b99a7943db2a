import Foundation
import MartletFormats
import MartletTensors

/// Districts and what their houses cost: what the loaders of house prices return.
///
///     let (train, test) = try CaliforniaHousing.load()
///     let scale = try Standardization(fitting: train.features)
///     try model.fit(scale(train.features), train.prices, epochs: 20)
public struct HousePrices: InMemoryData {
  /// The figures of each district, `[count, features]`.
  public let features: Tensor
  /// The median price of each district's houses, `[count]`.
  public let prices: Tensor
  /// The names of the features, in the order of the columns.
  public let featureNames: [String]
  /// The path of the file that they are from.
  public let origin: String
  public let dataset: TensorDataset

  fileprivate init(
    _ features: Tensor, _ prices: Tensor, featureNames: [String], origin: String
  ) throws(Diagnostic) {
    self.features = features.evaluated()
    self.prices = prices.evaluated()
    self.featureNames = featureNames
    self.origin = origin
    dataset = try TensorDataset(self.features, self.prices)
  }
}

/// House prices of 506 districts around Boston in the 1970s, in thousands of dollars, by 13 figures
/// of each.
///
/// **One of the features, `B`, assumes that racial segregation raises prices.** Prefer
/// ``CaliforniaHousing``, whose small version has as many districts, unless ethics are the subject.
///
/// - Source: "Hedonic housing prices and the demand for clean air", Harrison and Rubinfeld, 1978, in
///   the form of Keras' `boston_housing.npz`.
public enum BostonHousing {
  /// Loads the training and the test part, in the order of Keras' `load_data`.
  ///
  /// Where no folder is named, it looks for `boston_housing.npz` in `MARTLET_DATA` (and its folder
  /// `boston-housing`), then in the user's cache; then it downloads it there (57 kB, verified by
  /// checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with the file; no other is looked in.
  ///   - testSplit: The part of the districts to test with: the last ones.
  ///   - seed: What the order follows from.
  ///   - dtype: The element type; the file has float64.
  ///   - downloads: Whether the file may be downloaded.
  /// - Throws: `FormatError` for a file that is not what it should be; `Diagnostic` if it is neither
  ///   found nor downloaded, or if `testSplit` is not in 0 ..< 1.
  public static func load(
    from folder: String? = nil, testSplit: Double = 0.2, seed: UInt32 = 113,
    dtype: DType = .float32, downloads: Bool = true
  ) throws -> (train: HousePrices, test: HousePrices) {
    try HousingSet(file: file, featureNames: featureNames, limit: nil).load(
      from: folder, testSplit: testSplit, seed: seed, dtype: dtype, downloads: downloads)
  }

  private static let featureNames = [
    "CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B",
    "LSTAT",
  ]

  static let file = PublishedFile(
    "BostonHousing.load", folder: "boston-housing",
    file: RemoteFile(
      name: "boston_housing.npz", byteCount: 57_026,
      sha256: "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"))
}

/// House prices of 20,640 districts of California in 1990, in dollars, by 8 figures of each.
///
/// - Source: "Sparse spatial autoregressions", Pace and Barry, 1997, in the form of Keras'
///   `california_housing.npz`.
public enum CaliforniaHousing {
  /// How many districts are loaded.
  public enum Version: String, Sendable, CaseIterable {
    /// The first 600.
    case small
    /// All 20,640.
    case large
  }

  /// Loads the training and the test part, in the order of Keras' `load_data`.
  ///
  /// Where no folder is named, it looks for `california_housing.npz` in `MARTLET_DATA` (and its
  /// folder `california-housing`), then in the user's cache; then it downloads it there (0.7 MB,
  /// verified by checksum).
  ///
  /// - Parameters:
  ///   - folder: The folder with the file; no other is looked in.
  ///   - version: How many districts are loaded.
  ///   - testSplit: The part of the districts to test with: the last ones.
  ///   - seed: What the order follows from.
  ///   - dtype: The element type.
  ///   - downloads: Whether the file may be downloaded.
  /// - Throws: `FormatError` for a file that is not what it should be; `Diagnostic` if it is neither
  ///   found nor downloaded, or if `testSplit` is not in 0 ..< 1.
  public static func load(
    from folder: String? = nil, version: Version = .large, testSplit: Double = 0.2,
    seed: UInt32 = 113, dtype: DType = .float32, downloads: Bool = true
  ) throws -> (train: HousePrices, test: HousePrices) {
    try HousingSet(
      file: file, featureNames: featureNames, limit: version == .small ? 600 : nil
    ).load(from: folder, testSplit: testSplit, seed: seed, dtype: dtype, downloads: downloads)
  }

  private static let featureNames = [
    "MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude",
    "Longitude",
  ]

  static let file = PublishedFile(
    "CaliforniaHousing.load", folder: "california-housing",
    file: RemoteFile(
      name: "california_housing.npz", byteCount: 743_530,
      sha256: "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"))
}

/// A file of features `x` and prices `y`.
private struct HousingSet {
  let file: PublishedFile
  let featureNames: [String]
  /// The most districts, the first ones; all where it is nil.
  let limit: Int?

  func load(
    from folder: String?, testSplit: Double, seed: UInt32, dtype: DType, downloads: Bool
  ) throws -> (train: HousePrices, test: HousePrices) {
    _ = try trainingCount(file.name, of: 0, testSplit: testSplit)
    guard dtype.isFloating else {
      throw Diagnostic(
        file.name, "features and prices are no integers", expected: "float32 or float64",
        got: "\(dtype)")
    }
    let url = try file.find(in: folder, downloads: downloads)
    let archive = try NPZ(contentsOf: url)
    let x = try archive.tensor("x", dtype: dtype)
    let y = try archive.tensor("y", dtype: dtype)
    guard x.rank == 2, x.shape[1] == featureNames.count, y.shape == [x.shape[0]], y.count > 0
    else {
      throw Diagnostic(
        file.name, "the file's arrays do not belong together",
        expected: "x [count, \(featureNames.count)] and y [count]",
        got: "\(x.shape) and \(y.shape) in \(url.path)")
    }
    var random = MersenneTwister(seed: seed)
    let order = random.permutation(min(limit ?? .max, y.count))
    let split = try trainingCount(file.name, of: order.count, testSplit: testSplit)
    func part(_ rows: ArraySlice<Int>) throws -> HousePrices {
      try HousePrices(
        x.gatheredRows(Array(rows)), y.gatheredRows(Array(rows)), featureNames: featureNames,
        origin: url.path)
    }
    return (try part(order[..<split]), try part(order[split...]))
  }
}
