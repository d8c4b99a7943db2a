import MartletTensors

/// Weights that a pixel and its neighbours are summed with: 3 × 3 of them.
///
///     ImageDataGenerator(preprocessing: { $0.filtered(by: .sharpen) })
public struct ImageFilter: Sendable, Hashable {
  /// The weights, row by row, as many rows as columns, an odd number of each.
  public let weights: [[Double]]

  /// A filter of given weights; traps unless they are a square of an odd number of rows.
  public init(_ weights: [[Double]], file: StaticString = #fileID, line: UInt = #line) {
    guard weights.count % 2 == 1, weights.allSatisfy({ $0.count == weights.count }) else {
      trap(
        Diagnostic(
          "ImageFilter", "the weights are no square of an odd number of rows",
          expected: "1 × 1, 3 × 3, 5 × 5 …", got: "rows of \(weights.map(\.count))"),
        file: file, line: line)
    }
    self.weights = weights
  }

  /// The mean of nine pixels.
  public static let blur = ImageFilter(
    [[Double]](repeating: [Double](repeating: 1.0 / 9, count: 3), count: 3))
  /// The mean of nine pixels with weights of a bell: 1 2 1, 2 4 2, 1 2 1 sixteenths.
  public static let gaussianBlur = ImageFilter([
    [0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625],
  ])
  /// Five times the pixel without its four neighbours.
  public static let sharpen = ImageFilter([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
  /// Eight times the pixel without its eight neighbours: edges of all directions.
  public static let edges = ImageFilter([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
}

extension Tensor {
  /// A batch of images, each channel summed with the weights of a filter; beyond its edges an image
  /// goes on with their pixels.
  ///
  ///     result[n, y, x, c] = Σ weights[i, j] · image[n, y + i − 1, x + j − 1, c]
  ///
  /// - Parameter filter: The weights; this tensor is `[batch, height, width, channels]`.
  public func filtered(
    by filter: ImageFilter, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    guard rank == 4, dtype == .float32 || dtype == .float64 else {
      trap(
        Diagnostic(
          "filtered", "this is no batch of images",
          expected: "float32 or float64 of shape [batch, height, width, channels]",
          got: "\(dtype) of shape \(shape)"),
        file: file, line: line)
    }
    let side = filter.weights.count
    let reach = side / 2
    let kernel = Tensor(filter.weights.flatMap { $0 }, shape: [side, side, 1, 1]).cast(to: dtype)
      .broadcast(to: [side, side, shape[3], 1])
    return padded([(0, 0), (reach, reach), (reach, reach), (0, 0)], mode: .edge)
      .depthwiseConvolved(with: kernel)
  }
}
