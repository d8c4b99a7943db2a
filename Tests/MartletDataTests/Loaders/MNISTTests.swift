import Foundation
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
    let mean = images.mean().item()
    #expect(abs(mean - 0.1307) < 5e-5)
    let deviation = images.cast(to: .float64).standardDeviation().item()
    #expect(abs(deviation - 0.3081) < 5e-5)
    // The first labels of the two files.
    #expect(train.labels[0..<10].scalars(of: Int.self) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(test.labels[0..<10].scalars(of: Int.self) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    for (x, y) in train.shuffled(seed: 1).batched(128).taking(2) {
      #expect(x.shape == [128, 28, 28, 1])
      #expect(y.shape == [128])
    }
  }
}
