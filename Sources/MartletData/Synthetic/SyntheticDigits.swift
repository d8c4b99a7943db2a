import Foundation
import MartletTensors

/// Handwritten digits that the library draws itself, in the form of MNIST's: for machines without a
/// network, and for tests.
///
/// Each is one of three or four ways of writing the digit, with strokes that stray, in another size,
/// slant, angle, place and thickness, on paper bent by slow waves, with noise. A picture is a
/// function of the seed and of its number alone.
public enum SyntheticDigits {
  /// Draws digits, as many of each as chance gives.
  ///
  /// - Parameters:
  ///   - count: How many; traps if negative.
  ///   - seed: What they follow from; the first pictures are the same, however many follow.
  public static func draw(
    _ count: Int, seed: UInt64 = 1, file: StaticString = #fileID, line: UInt = #line
  ) -> LabeledImages {
    requireCount(count, "SyntheticDigits.draw", file, line)
    let side = DigitPen.side
    let labels = (0..<count).map { label(of: $0, seed: seed) }
    let bytes = Tensor(shape: [count, side, side, 1], of: UInt8.self) { buffer in
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let pictures = base
      let pieces = max(1, min(count / 32, 64))
      DispatchQueue.concurrentPerform(iterations: pieces) { piece in
        var pen = DigitPen()
        for index in (piece * count / pieces)..<((piece + 1) * count / pieces) {
          var random = KeyedRandom(seed: seed, index, 1)
          pen.draw(Int(labels[index]), using: &random, into: pictures + index * side * side)
        }
      }
    }
    return LabeledImages(
      checkedBytes: bytes, labels: Tensor(labels), classNames: (0..<10).map(String.init),
      origin: .synthetic)
  }

  /// Draws a set to train with and another to test with.
  ///
  /// - Parameters:
  ///   - trainCount: The number of pictures to train with.
  ///   - testCount: The number of pictures to test with; none is among the others.
  ///   - seed: What they follow from.
  public static func load(
    trainCount: Int = 60_000, testCount: Int = 10_000, seed: UInt64 = 1
  ) -> (train: LabeledImages, test: LabeledImages) {
    (draw(trainCount, seed: seed), draw(testCount, seed: ~seed))
  }

  private static func label(of index: Int, seed: UInt64) -> Int32 {
    var random = KeyedRandom(seed: seed, index, 0)
    return Int32(random.below(10))
  }
}
