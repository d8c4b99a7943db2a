import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite final class ImageFolderTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("ImageFolderTests-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes an image whose pixels all are one colour.
  private func write(_ path: String, _ colour: [UInt8], width: Int = 4, height: Int = 2) throws {
    let url = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let samples = Array(repeatElement(colour, count: width * height).joined())
    let image = try RasterImage(samples, width: width, height: height, channels: colour.count)
    let bytes =
      switch url.pathExtension {
      case "png": PNG.encode(image)
      case "bmp": BMP.encode(image)
      default: PortableAnymap.encode(image)
      }
    try Data(bytes).write(to: url)
  }

  private func writeTwoClasses() throws {
    for number in 0..<6 { try write("dogs/\(number).png", [UInt8(10 * number), 0, 0]) }
    try write("cats/b.ppm", [0, 1, 2])
    try write("cats/a.pgm", [100])
    try write("cats/inner/c.bmp", [7, 8, 9])
    try write("cats/d.png", [1, 2, 3, 4])
    try Data("not an image".utf8).write(to: folder.appendingPathComponent("cats/notes.txt"))
  }

  @Test func `classes and files are sorted, inner folders come last`() throws {
    try writeTwoClasses()
    let images = try ImageFolder(folder.path, imageSize: [2, 4], shuffle: false)
    #expect(images.classNames == ["cats", "dogs"])
    #expect(
      images.files.map(\.lastPathComponent) == [
        "a.pgm", "b.ppm", "d.png", "c.bmp", "0.png", "1.png", "2.png", "3.png", "4.png", "5.png",
      ])
    #expect(images.labels == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    let colours = try (0..<10).map { index in
      try images.element(at: index, epoch: 0).inputs[0][0, 0].scalars
    }
    #expect(colours[0] == [100, 100, 100])
    #expect(colours[1] == [0, 1, 2])
    #expect(colours[2] == [1, 2, 3])
    #expect(colours[3] == [7, 8, 9])
    #expect(colours[9] == [50, 0, 0])
    let chosen = try ImageFolder(
      folder.path, imageSize: 2, classNames: ["dogs", "cats"], shuffle: false)
    #expect(chosen.labels.first == 0)
    #expect(chosen.files.first?.lastPathComponent == "0.png")
  }

  @Test func `batches have the size, the channels and the labels asked for`() throws {
    try writeTwoClasses()
    var labels: [Int] = []
    for mode in ImageFolder.LabelMode.allCases {
      let images = try ImageFolder(
        folder.path, imageSize: [3, 5], colorMode: .grayscale, labelMode: mode, shuffle: false)
      try images.batches(4).forEachBatch { batch in
        #expect(Array(batch.inputs[0].shape.dropFirst()) == [3, 5, 1])
        #expect(batch.inputs[0].dtype == .float32)
        switch mode {
        case .int:
          #expect(batch.targets[0].dtype == .int32)
          labels += batch.targets[0].scalars(of: Int.self)
        case .categorical: #expect(batch.targets[0].shape == [batch.sampleCount, 2])
        case .binary: #expect(batch.targets[0].shape == [batch.sampleCount, 1])
        case .none: #expect(batch.targets.isEmpty)
        }
      }
    }
    #expect(labels == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
  }

  @Test func `the parts of a split have no file in common`() throws {
    try writeTwoClasses()
    func part(_ subset: ImageFolder.Subset, seed: UInt64) throws -> [String] {
      try ImageFolder(
        folder.path, imageSize: 2, seed: seed, validationSplit: 0.3, subset: subset
      ).files.map(\.path)
    }
    let (training, validation) = (try part(.training, seed: 1), try part(.validation, seed: 1))
    #expect(training.count == 7)
    #expect(validation.count == 3)
    #expect(Set(training + validation).count == 10)
    #expect(try part(.training, seed: 1) == training)
    #expect(try part(.training, seed: 2) != training)
  }

  @Test func `batches are in another order in each epoch`() throws {
    try writeTwoClasses()
    let images = try ImageFolder(folder.path, imageSize: 2, labelMode: .none, seed: 3)
    let batches = images.batches(10)
    var epochs: [[Float]] = []
    for epoch in [0, 1, 0] {
      try batches.forEachBatch(epoch: epoch) { epochs.append($0.inputs[0].scalars) }
    }
    #expect(epochs[0] == epochs[2])
    #expect(epochs[0] != epochs[1])
    #expect(epochs[0].sorted() == epochs[1].sorted())
  }

  @Test func `a generator takes a folder`() throws {
    try writeTwoClasses()
    let images = try ImageFolder(folder.path, imageSize: [2, 4], shuffle: false)
    let flow = try ImageDataGenerator(rescale: 1.0 / 255).flow(images, batchSize: 4, seed: 1)
    var count = 0
    try flow.forEachBatch { x, y in
      #expect(x.max().item() <= 1)
      count += y.count
    }
    #expect(count == 10)
  }

  @Test func `bad files are named when they are read`() throws {
    try writeTwoClasses()
    try Data([1, 2, 3]).write(to: folder.appendingPathComponent("dogs/6.png"))
    let images = try ImageFolder(folder.path, imageSize: 2, shuffle: false)
    let error = #expect(throws: FormatError.self) { try images.element(at: 10, epoch: 0) }
    #expect(error?.source.hasSuffix("dogs/6.png") == true)
  }

  @Test func `settings that do not fit are refused`() throws {
    #expect(throws: Diagnostic.self) { try ImageFolder(self.folder.path) }
    try writeTwoClasses()
    let path = folder.path
    let seed = #expect(throws: Diagnostic.self) {
      try ImageFolder(path, validationSplit: 0.2, subset: .training)
    }
    #expect(seed?.fix == "give seed:, or shuffle: false")
    #expect(throws: Diagnostic.self) { try ImageFolder(path, subset: .training) }
    #expect(throws: Diagnostic.self) { try ImageFolder(path, classNames: ["birds"]) }
    #expect(throws: Diagnostic.self) { try ImageFolder(path, imageSize: 0) }
    #expect(throws: Diagnostic.self) {
      try ImageFolder(path, shuffle: false, validationSplit: 0.01, subset: .validation)
    }
    try write("mice/a.png", [1])
    #expect(throws: Diagnostic.self) { try ImageFolder(path, labelMode: .binary) }
    try Data([0xff, 0xd8]).write(to: folder.appendingPathComponent("mice/b.jpg"))
    let format = #expect(throws: Diagnostic.self) { try ImageFolder(path) }
    #expect(format?.got?.hasSuffix("mice/b.jpg") == true)
  }
}
