#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Tensor {
  /// A batch of images, of 1, 2 or 3 spatial axes, brought to other sizes.
  ///
  /// Pixel i of n lies at (i + ½) / n of its axis, and the edges are held: Keras' numbers.
  ///
  /// - Parameters:
  ///   - size: The new spatial sizes; this tensor is `[batch, sizes…, channels]`.
  ///   - interpolation: What stands between pixels.
  ///   - antialiasing: Whether an axis that shrinks is smoothed: each pixel is the mean of all those
  ///     that fall on it, in the interpolation's weights. `.nearest` takes no notice.
  /// - Returns: `[batch, size…, channels]`.
  public func resized(
    to size: some AxisSizes, interpolation: Interpolation = .bilinear, antialiasing: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkImages("resize", file: file, line: line)
    let given = size.axisSizes
    check(
      (given.count == 1 || given.count == rank - 2) && given.allSatisfy { $0 >= 0 },
      Diagnostic(
        "resize", "the sizes do not fit the spatial axes",
        expected: "1 or \(rank - 2) sizes of 0 or more", got: "\(given), image \(shape.text)"),
      file: file, line: line)
    let image = spatialShape
    let sizes = given.count == 1 ? [Int](repeating: given[0], count: rank - 2) : given
    _ = TensorType([shape[0]] + sizes + [shape[rank - 1]], dtype, file: file, line: line)
    check(
      zip(image, sizes).allSatisfy { $0 > 0 || $1 == 0 },
      Diagnostic(
        "resize", "the image has no pixels to read", expected: "sizes of 1 or more",
        got: shape.text),
      file: file, line: line)
    if interpolation == .nearest,
      zip(image, sizes).allSatisfy({ $0 > 0 && $1 > 0 && $1 % $0 == 0 })
    {
      return repeatingPixels(zip(sizes, image).map { $0 / $1 })
    }
    var result = self
    // Axes that shrink come first: the others then have less to do.
    for axis in image.indices.sorted(by: { sizes[$0] * image[$1] < sizes[$1] * image[$0] }) {
      result = result.resampled(axis + 1, to: sizes[axis], interpolation, antialiasing)
    }
    return result
  }

  /// Every pixel repeated a whole number of times along each spatial axis: a view, and its gradient
  /// a sum.
  private func repeatingPixels(_ factors: [Int]) -> Tensor {
    if factors.allSatisfy({ $0 == 1 }) { return self }
    var result = self
    for (axis, factor) in factors.enumerated().reversed() where factor > 1 {
      let apart = result.shape[...(axis + 1)] + [1] + result.shape[(axis + 2)...]
      let repeated = Array(apart).replacing(axis: axis + 2, with: factor)
      result = result.reshaped(to: Array(apart)).broadcast(to: repeated).reshaped(
        to: result.shape.replacing(axis: axis + 1, with: result.shape[axis + 1] * factor))
    }
    return result
  }

  private func resampled(
    _ axis: Int, to size: Int, _ interpolation: Interpolation, _ antialiasing: Bool
  ) -> Tensor {
    let old = shape[axis]
    if size == old { return self }
    if interpolation.reach > 1 || antialiasing && interpolation == .bilinear && size < old {
      let weights = interpolation.weights(from: old, to: size, antialiasing: antialiasing)
      let matrix = Tensor(weights, shape: [size, old]).cast(to: dtype)
      let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
      return matrix.matmul(reshaped(to: [outer, old, inner])).reshaped(
        to: shape.replacing(axis: axis, with: size))
    }
    if interpolation == .nearest {
      let nearest = (0..<size).map { index in
        Int32(clamping: (2 * index + 1) * old / (2 * size))
      }
      return taking(Tensor(nearest, shape: [size]), along: axis)
    }
    var low: [Int32] = []
    var high: [Int32] = []
    var weights: [Double] = []
    for index in 0..<size {
      let center = (Double(index) + 0.5) * Double(old) / Double(size) - 0.5
      let position = Swift.min(Swift.max(center, 0), Double(old - 1))
      let below = position.rounded(.down)
      low.append(Int32(clamping: Int(below)))
      // A pixel of weight 0 is not read: it may be infinite.
      high.append(Int32(clamping: Int(position == below ? below : below + 1)))
      weights.append(position - below)
    }
    let column = [size] + [Int](repeating: 1, count: rank - axis - 1)
    let weight = Tensor(weights, shape: column).cast(to: dtype)
    let complement = Tensor(weights.map { 1 - $0 }, shape: column).cast(to: dtype)
    return taking(Tensor(low, shape: [size]), along: axis) * complement
      + taking(Tensor(high, shape: [size]), along: axis) * weight
  }
}

extension Interpolation {
  /// How far from its centre a pixel still counts, in pixels.
  fileprivate var reach: Double {
    switch self {
    case .nearest, .bilinear: 1
    case .bicubic: 2
    case .lanczos3: 3
    case .lanczos5: 5
    }
  }

  /// What a pixel counts at a distance.
  private func weight(at distance: Double) -> Double {
    let x = distance.magnitude
    if x >= reach { return 0 }
    switch self {
    case .nearest, .bilinear: return 1 - x
    case .bicubic:
      return x < 1 ? ((1.5 * x - 2.5) * x) * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2
    case .lanczos3, .lanczos5:
      if x <= 1e-3 { return 1 }
      let sines = sin(.pi * x) * sin(.pi * x / reach)
      return reach * sines / (.pi * .pi * x * x)
    }
  }

  /// What each pixel of an axis counts in each pixel of a new one, `[size, old]`; the weights of a
  /// new pixel sum to 1.
  fileprivate func weights(from old: Int, to size: Int, antialiasing: Bool) -> [Double] {
    let ratio = Double(old) / Double(size)
    let scale = antialiasing ? Swift.max(ratio, 1) : 1
    var result: [Double] = []
    result.reserveCapacity(size * old)
    for index in 0..<size {
      let center = (Double(index) + 0.5) * ratio - 0.5
      let row = (0..<old).map { weight(at: (center - Double($0)) / scale) }
      let total = row.reduce(0, +)
      result += row.map { $0 / total }
    }
    return result
  }
}
