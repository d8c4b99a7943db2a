import MartletTensors

/// A picture as lines of text, two rows of pixels in each, for a terminal.
///
///     print(TextPicture(test.images[0]))
///     print(TextPicture.sideBySide((0..<5).map { TextPicture(test.images[$0]) }))
public struct TextPicture: CustomStringConvertible, Sendable {
  /// The lines, from the top; all of the picture's width.
  public let lines: [String]

  /// Draws a picture.
  ///
  /// Traps unless it is `[height, width]`, `[height, width, 1]` or `[height, width, 3]`.
  ///
  /// - Parameters:
  ///   - image: Its values, 0 for an empty place to 1 for a full one; bytes, 0 to 255.
  public init(_ image: Tensor, file: StaticString = #fileID, line: UInt = #line) {
    guard image.rank == 2 || image.rank == 3 && [1, 3].contains(image.shape[2]) else {
      trap(
        Diagnostic(
          "TextPicture", "this is no picture",
          expected: "[height, width], [height, width, 1] or [height, width, 3]",
          got: "\(image.shape)", fix: "take one picture of a batch, images[0]"),
        file: file, line: line)
    }
    let values = image.cast(to: .float32) / (image.dtype == .uint8 ? 255.0 : 1.0)
    let grey = image.rank == 3 ? values.mean(along: 2) : values
    let (height, width, pixels) = (image.shape[0], image.shape[1], grey.scalars)
    let shades = Array(" ░▒▓█")
    lines = stride(from: 0, to: height, by: 2).map { row in
      String(
        (0..<width).map { column in
          let upper = pixels[row * width + column]
          let lower = row + 1 < height ? pixels[(row + 1) * width + column] : upper
          let mean = (upper + lower) / 2
          return shades[mean.isFinite ? Swift.min(Swift.max(Int(mean * 5), 0), 4) : 0]
        })
    }
  }

  private init(lines: [String]) { self.lines = lines }

  /// Pictures of one height beside each other, with a gap.
  public static func sideBySide(_ pictures: [TextPicture], gap: Int = 2) -> TextPicture {
    let height = pictures.map(\.lines.count).max() ?? 0
    let space = String(repeating: " ", count: gap)
    return TextPicture(
      lines: (0..<height).map { row in
        pictures.map { picture in
          row < picture.lines.count
            ? picture.lines[row]
            : String(repeating: " ", count: picture.lines.first?.count ?? 0)
        }.joined(separator: space)
      })
  }

  /// The lines, each ended.
  public var description: String { lines.joined(separator: "\n") }
}
