/// What becomes of an image whose sides are not in the ratio of the size asked for.
public enum AspectFit: Sendable, Hashable {
  /// It is stretched.
  case stretch
  /// It loses what is too much, on both sides alike.
  case crop
  /// It gets margins of a value, on both sides alike.
  case pad(Double)
}

extension Tensor {
  /// A batch of images brought to a size, cut or framed first where their sides are in another ratio:
  /// Keras' `crop_to_aspect_ratio` and `pad_to_aspect_ratio`.
  ///
  /// - Parameters:
  ///   - size: Rows and columns of the result; this tensor is `[batch, height, width, channels]`.
  ///   - fit: What becomes of what is too much, or missing.
  ///   - interpolation: What stands between pixels.
  ///   - antialiasing: As for `resized(to:interpolation:antialiasing:)`.
  /// - Returns: `[batch, size…, channels]`.
  public func resized(
    to size: some AxisSizes, fit: AspectFit, interpolation: Interpolation = .bilinear,
    antialiasing: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let given = size.axisSizes
    let sizes = given.count == 1 ? [given[0], given[0]] : given
    check(
      fit == .stretch || rank == 4 && sizes.count == 2 && sizes.allSatisfy { $0 > 0 },
      Diagnostic(
        "resize", "an aspect ratio is that of rows and columns",
        expected: "images of shape [batch, height, width, channels], sizes of 1 or more",
        got: "shape \(shape.text) to \(given)"),
      file: file, line: line)
    var image = self
    if fit != .stretch {
      let (height, width) = (shape[1], shape[2])
      let tall = Int(Double(width * sizes[0]) / Double(sizes[1]))
      let wide = Int(Double(height * sizes[1]) / Double(sizes[0]))
      switch fit {
      case .stretch: break
      case .crop:
        let rows = Swift.max(Swift.min(height, tall), 1)
        let columns = Swift.max(Swift.min(width, wide), 1)
        let (top, left) = ((height - rows) / 2, (width - columns) / 2)
        image = image.slice(top..<(top + rows), along: 1)
          .slice(left..<(left + columns), along: 2)
      case .pad(let value):
        let rows = (Swift.max(height, tall) - height) / 2
        let columns = rows > 0 ? 0 : (Swift.max(width, wide) - width) / 2
        image = image.padded(
          [(0, 0), (rows, rows), (columns, columns), (0, 0)], mode: .constant(value), file: file,
          line: line)
      }
    }
    return image.resized(
      to: sizes, interpolation: interpolation, antialiasing: antialiasing, file: file, line: line)
  }
}
