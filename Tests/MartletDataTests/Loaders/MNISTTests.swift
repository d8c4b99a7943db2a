import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite struct MNISTTests {
  /// The real files beside the package, where they are.
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/data/mnist").standardizedFileURL.path
  static let isThere = FileManager.default.fileExists(atPath: folder)

  @Test("The real digits have the known mean and deviation", .enabled(if: isThere))
  func realFiles() throws {
    let (train, test) = try MNIST.load(from: Self.folder)
    #expect(train.images.shape == [60000, 28, 28, 1])
    #expect(train.images.dtype == .float32)
    #expect(train.labels.shape == [60000])
    #expect(train.labels.dtype == .int32)
    #expect(test.count == 10000)
    #expect(train.origin == .files(folder: Self.folder))
    // 0.1307 and 0.3081: the figures everybody normalises by.
    let images = train.images
    #expect(abs(images.mean().item() - 0.1307) < 5e-5)
    #expect(abs(images.cast(to: .float64).standardDeviation().item() - 0.3081) < 5e-5)
    // The first labels of the two files.
    #expect(train.labels[0..<10].scalars(of: Int.self) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(test.labels[0..<10].scalars(of: Int.self) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    for (x, y) in train.shuffled(seed: 1).batched(128).taking(2) {
      #expect(x.shape == [128, 28, 28, 1])
      #expect(y.shape == [128])
    }
  }

  /// Four small IDX files: `count` pictures of 2 × 3, the byte of each its number, labels from the
  /// end.
  private func writeFiles(
    into folder: String, count: Int = 3, labels: [UInt8]? = nil, dotted: Bool = false
  ) throws {
    for part in ["train", "t10k"] {
      let names = ["-images-idx3-ubyte", "-labels-idx1-ubyte"].map {
        part + (dotted ? $0.replacingOccurrences(of: "-idx", with: ".idx") : $0)
      }
      let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 2, 0, 0, 0, 3]
      let images = header + (0..<count).flatMap { [UInt8](repeating: UInt8($0), count: 6) }
      let labels = labels ?? (0..<count).map { UInt8(9 - $0) }
      try Data(images).write(to: URL(fileURLWithPath: folder + "/" + names[0]))
      try Data([0, 0, 8, 1, 0, 0, 0, UInt8(labels.count)] + labels)
        .write(to: URL(fileURLWithPath: folder + "/" + names[1]))
    }
  }

  @Test(arguments: [false, true])
  func `files may be uncompressed, under both spellings of their names`(dotted: Bool) throws {
    try withTemporaryFolder { folder in
      try writeFiles(into: folder, dotted: dotted)
      let (train, _) = try MNIST.load(from: folder)
      #expect(train.bytes.shape == [3, 2, 3, 1])
      #expect(train.labels.scalars(of: Int.self) == [9, 8, 7])
      #expect(train.images[2].scalars == [Float](repeating: 2 / 255, count: 6))
      let (_, test) = try MNIST.load(from: folder, limit: 2)
      #expect(test.labels.scalars(of: Int.self) == [9, 8])
      #expect(test.images.shape == [2, 2, 3, 1])
    }
  }

  @Test func `reading batch by batch gives the bits of the division`() throws {
    let bytes = Tensor((0...255).map { UInt8($0) }, shape: [256, 1, 1, 1])
    let set = try LabeledImages(
      bytes: bytes, labels: .zeros([256], dtype: .int32), classNames: ["all"], origin: .synthetic)
    let expected = (0...255).map { Float($0) / 255 }
    #expect(set.images.scalars == expected)
    #expect(Array(set.batched(256)).first?.0.scalars == expected)
  }

  @Test func `a folder without the files is an error that names it`() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: Diagnostic.self) { try MNIST.load(from: folder) }
      #expect(error?.got?.contains(folder) == true)
      #expect(throws: Diagnostic.self) { try FashionMNIST.load(from: folder) }
    }
  }

  @Test func `files that do not belong together are refused`() throws {
    try withTemporaryFolder { folder in
      try writeFiles(into: folder, labels: [1, 2])
      let error = #expect(throws: Diagnostic.self) { try MNIST.load(from: folder) }
      #expect(error?.got?.contains("[2]") == true)
      try writeFiles(into: folder, labels: [1, 10, 2])
      let range = #expect(throws: Diagnostic.self) { try MNIST.load(from: folder) }
      #expect(range?.got?.contains("10 for picture 1") == true)
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/train-labels-idx1-ubyte"))
      #expect(throws: FormatError.self) { try MNIST.load(from: folder) }
    }
  }

  @Test func `without a network there are synthetic digits`() throws {
    try withTemporaryFolder { home in
      let folders = DataFolders(
        nil, name: "mnist", standsInRoot: true, environment: ["HOME": home])
      let (train, test) = try MNIST.load(
        folders, isNamed: false, limit: 20,
        fetch: { _, _, _ in throw Diagnostic("test", "no network") })
      #expect(train.origin == .synthetic)
      #expect(train.count == 20 && test.count == 20)
      #expect(train.images.shape == [20, 28, 28, 1])
    }
  }

  @Test func `why there was no download is said`() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      let home = NSTemporaryDirectory() + "martlet-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: home) }
      let folders = DataFolders(
        nil, name: "mnist", standsInRoot: true, environment: ["HOME": home])
      _ = try MNIST.load(
        folders, isNamed: false, limit: 1,
        fetch: { _, path, _ in
          try Data("not the file".utf8).write(to: URL(fileURLWithPath: path))
        })
      _ = try MNIST.load(folders, isNamed: false, limit: 1, fetch: nil)
    }
    let notes = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      .split(separator: "\n").filter { $0.hasPrefix("MNIST:") }
    #expect(notes.count == 2, "\(notes)")
    #expect(notes.first?.contains("the bytes are not those of train-images") == true, "\(notes)")
    #expect(notes.last?.contains("downloads are switched off") == true, "\(notes)")
  }

  @Test func `what was downloaded is found again`() throws {
    try withTemporaryFolder { home in
      let cache = home + "/.cache/martlet/mnist"
      try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
      try writeFiles(into: cache)
      let folders = DataFolders(
        nil, name: "mnist", standsInRoot: true, environment: ["HOME": home])
      let (train, _) = try MNIST.load(folders, isNamed: false, limit: nil, fetch: nil)
      #expect(train.origin == .files(folder: cache))
    }
  }
}
