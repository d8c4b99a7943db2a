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
  var text = ""
  for first in stride(from: 0, to: Swift.min(count, said.count), by: 5) {
    let group = Array(first..<Swift.min(first + 5, count, said.count))
    let pictures = group.map { TextPicture(images.bytes[$0]) }
    let captions = group.map { index in
      let line =
        "\(truth[index]) is taken for \(said[index])\(truth[index] == said[index] ? "" : " ✗")"
      return line.padding(toLength: images.bytes.shape[2], withPad: " ", startingAt: 0)
    }
    text += captions.joined(separator: "  ") + "\n"
    text += TextPicture.sideBySide(pictures).description + "\n"
  }
  return text
}
