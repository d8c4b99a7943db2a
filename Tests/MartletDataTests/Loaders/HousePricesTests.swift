import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

/// The house prices against Keras' own loaders, on small files of the same format.
@Suite struct HousePricesTests {
  private func expect(
    _ parts: (train: HousePrices, test: HousePrices), _ golden: LoaderGoldens.Case
  ) {
    for (part, expected) in [(parts.train, golden.train), (parts.test, golden.test)] {
      let kept = expected.x.count
      #expect(part.count == expected.count ?? kept)
      #expect(part.features.dtype == .float64)
      #expect(part.features.shape == [part.count, part.featureNames.count])
      #expect(part.prices.shape == [part.count])
      #expect(
        part.features[0..<kept].scalars(of: Double.self) == expected.x.flatMap { $0 })
      #expect(part.prices[0..<kept].scalars(of: Double.self) == expected.y)
      #expect(part.origin == LoaderGoldens.folder + "/" + golden.file)
    }
  }

  @Test(arguments: LoaderGoldens.cases(of: "boston_housing.npz"))
  func `Boston's districts are those of Keras' loader`(golden: LoaderGoldens.Case) throws {
    let given = golden.arguments
    expect(
      try BostonHousing.load(
        from: LoaderGoldens.folder, testSplit: given.testSplit ?? 0.2, seed: given.seed ?? 113,
        dtype: .float64), golden)
  }

  @Test(arguments: LoaderGoldens.cases(of: "california_housing.npz"))
  func `California's districts are those of Keras' loader`(golden: LoaderGoldens.Case) throws {
    let given = golden.arguments
    let version = try given.version.map { try #require(CaliforniaHousing.Version(rawValue: $0)) }
    expect(
      try CaliforniaHousing.load(
        from: LoaderGoldens.folder, version: version ?? .large, testSplit: given.testSplit ?? 0.2,
        seed: given.seed ?? 113, dtype: .float64), golden)
  }

  @Test func `they are read as a data set of float32`() throws {
    let goldens = LoaderGoldens.cases(of: "boston_housing.npz")
    #expect(goldens.count == 3)
    #expect(LoaderGoldens.cases(of: "california_housing.npz").count == 2)
    let (train, test) = try BostonHousing.load(from: LoaderGoldens.folder)
    #expect(train.featureNames.count == 13)
    #expect(test.prices.scalars == goldens[0].test.y.map(Float.init))
    let batches = train.batched(8).map { $0 }
    #expect(batches.map { $0.0.shape[0] } == [8, 8, 4])
    #expect(batches[0].1.scalars == goldens[0].train.y.prefix(8).map(Float.init))
  }

  @Test func `settings and files that do not fit are refused`() throws {
    #expect(throws: Diagnostic.self) {
      try BostonHousing.load(from: LoaderGoldens.folder, testSplit: 1)
    }
    #expect(throws: Diagnostic.self) {
      try BostonHousing.load(from: LoaderGoldens.folder, testSplit: -0.1)
    }
    #expect(throws: Diagnostic.self) {
      try BostonHousing.load(from: LoaderGoldens.folder, dtype: .int32)
    }
    try withTemporaryFolder { folder in
      func load(_ x: StoredArray, _ y: StoredArray) throws {
        try NPZ.write(
          ["x": x, "y": y], to: URL(fileURLWithPath: folder + "/boston_housing.npz"))
        _ = try BostonHousing.load(from: folder)
      }
      let rows = StoredArray(shape: [2, 13], scalars: [Double](repeating: 1, count: 26))
      let two = StoredArray(shape: [2], scalars: [1, 2] as [Double])
      try load(rows, two)
      let shape = #expect(throws: Diagnostic.self) {
        try load(rows, StoredArray(shape: [1], scalars: [1] as [Double]))
      }
      #expect(shape?.got?.hasPrefix("[2, 13] and [1]") == true)
      #expect(throws: Diagnostic.self) { try load(two, two) }
      #expect(throws: Diagnostic.self) {
        try load(rows, StoredArray(shape: [2], scalars: [1, 2] as [Int64]))
      }
    }
  }
}
