import Foundation
import Martlet

/// A table of how often each class was taken for each other one; rows are the truth.
public func confusionTable(truth: Tensor, answers: Tensor, classes: Int = 10) -> String {
  var counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
  for (row, column) in zip(truth.scalars(of: Int.self), answers.scalars(of: Int.self)) {
    counts[row][column] += 1
  }
  let header = "true\\got" + (0..<classes).map { String(format: "%6d", $0) }.joined()
  let rows = counts.enumerated().map { label, row in
    String(format: "%8d", label)
      + row.map { $0 == 0 ? "     ." : String(format: "%6d", $0) }.joined()
  }
  return ([header] + rows).joined(separator: "\n") + "\n"
}

/// The first pictures, drawn with characters, with what the model says of each.
public func pictures(of images: LabeledImages, answers: Tensor, count: Int) -> String {
  let said = answers.scalars(of: Int.self)
  let truth = images.labels.scalars(of: Int.self)
  let (height, width) = (images.bytes.shape[1], images.bytes.shape[2])
  var text = ""
  // Five beside each other; two rows of pixels to a character.
  for first in stride(from: 0, to: Swift.min(count, said.count), by: 5) {
    let group = Array(first..<Swift.min(first + 5, count, said.count))
    let pixels = group.map { images.bytes[$0].scalars(of: UInt8.self) }
    text +=
      group.map { index in
        let line =
          "\(truth[index]) is taken for \(said[index])\(truth[index] == said[index] ? "" : " ✗")"
        return line.padding(toLength: width, withPad: " ", startingAt: 0)
      }.joined(separator: " ") + "\n"
    for row in stride(from: 0, to: height, by: 2) {
      text +=
        pixels.map { picture in
          (0..<width).map { column -> String in
            let upper = picture[row * width + column] > 100
            let lower = row + 1 < height && picture[(row + 1) * width + column] > 100
            return upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ")
          }.joined()
        }.joined(separator: " ") + "\n"
    }
  }
  return text
}
