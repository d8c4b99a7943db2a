import Foundation
import Martlet

/// Pictures of handwritten digits with their labels.
public struct Digits {
  /// uint8, `[count, 784]`, 0 for paper to 255 for ink.
  public let images: Tensor
  /// uint8, `[count]`, 0 to 9.
  public let labels: Tensor

  /// The training and the test part of MNIST from a folder, or digits drawn here if none is named;
  /// `source` says which.
  public static func load(from folder: String?) throws -> (
    train: Digits, test: Digits, source: String
  ) {
    guard let folder else {
      print("no MNIST folder was named (--data, MARTLET_DATA): training on digits drawn here")
      return (drawn(6000, seed: 1), drawn(1000, seed: 2), "drawn")
    }
    let url = URL(filePath: folder)
    return (
      try Digits(folder: url, prefix: "train"), try Digits(folder: url, prefix: "t10k"), "mnist"
    )
  }

  private init(folder: URL, prefix: String) throws {
    let images = try IDX(contentsOf: Digits.file("\(prefix)-images-idx3-ubyte", in: folder))
    let labels = try IDX(contentsOf: Digits.file("\(prefix)-labels-idx1-ubyte", in: folder))
    self.images = Tensor(
      images.bytes, shape: [images.shape[0], images.shape.dropFirst().reduce(1, *)])
    self.labels = Tensor(labels.bytes, shape: labels.shape)
  }

  /// The file of that name, compressed if it is there so.
  private static func file(_ name: String, in folder: URL) -> URL {
    let compressed = folder.appending(path: name + ".gz")
    return FileManager.default.fileExists(atPath: compressed.path)
      ? compressed : folder.appending(path: name)
  }

  private init(images: [UInt8], labels: [UInt8]) {
    self.images = Tensor(images, shape: [labels.count, 784])
    self.labels = Tensor(labels, shape: [labels.count])
  }

  /// Digits as pocket calculators show them, moved about and speckled.
  private static func drawn(_ count: Int, seed: UInt64) -> Digits {
    // For each digit, which of the seven strokes are drawn: top, upper left, upper right, middle,
    // lower left, lower right, bottom.
    let strokes: [[Int]] = [
      [0, 1, 2, 4, 5, 6], [2, 5], [0, 2, 3, 4, 6], [0, 2, 3, 5, 6], [1, 2, 3, 5],
      [0, 1, 3, 5, 6], [0, 1, 3, 4, 5, 6], [0, 2, 5], [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 5, 6],
    ]
    let boxes = [
      (0, 1, 2, 9), (1, 0, 8, 2), (1, 8, 8, 2), (8, 1, 2, 8), (9, 0, 8, 2), (9, 8, 8, 2),
      (16, 1, 2, 8),
    ]
    var random = Draws(state: seed)
    var images = [UInt8](repeating: 0, count: count * 784)
    var labels: [UInt8] = []
    for index in 0..<count {
      let digit = random.below(10)
      let (top, left) = (2 + random.below(7), 4 + random.below(11))
      for (y, x, height, width) in strokes[digit].map({ boxes[$0] }) {
        for row in 0..<height {
          for column in 0..<width {
            images[index * 784 + (top + y + row) * 28 + left + x + column] = UInt8(
              150 + random.below(106))
          }
        }
      }
      for _ in 0..<60 { images[index * 784 + random.below(784)] = UInt8(random.below(256)) }
      labels.append(UInt8(digit))
    }
    return Digits(images: images, labels: labels)
  }
}

/// A small generator for drawing (Marsaglia's xorshift, 2003).
private struct Draws {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &*= 0x9e37_79b9_7f4a_7c15
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return Int(state >> 33) % bound
  }
}
