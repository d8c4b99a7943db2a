import MartletTensors

/// Brings features to mean 0 and standard deviation 1, by the figures of the training data.
///
///     y = (x − mean) / deviation
///
///     let scale = try Standardization(fitting: trainX)
///     try model.fit(scale(trainX), trainY)
///     let result = try model.evaluate(scale(testX), testY)      // by the same figures
///
/// The deviation is the population's (divided by n); a feature that never varies is only shifted.
public struct Standardization: Sendable {
  /// The mean of each feature, as it broadcasts to the data.
  public let mean: Tensor
  /// The standard deviation of each feature, 1 for those that never vary.
  public let deviation: Tensor

  /// Takes the figures of data.
  ///
  /// - Parameters:
  ///   - x: Floating point numbers `[samples, …]`; integers are taken as float32.
  ///   - axes: The axes over which figures are taken; without them, all but the last.
  /// - Throws: `Diagnostic` if there is no number to take them of.
  public init(fitting x: Tensor, along axes: [Int]? = nil) throws(Diagnostic) {
    guard x.rank >= 1, x.count > 0 else {
      throw Diagnostic(
        "Standardization", "there is no data to fit", expected: "[samples, …], none of size 0",
        got: "\(x.shape)")
    }
    let x = x.dtype.isFloating ? x : x.cast(to: .float32)
    let axes = axes ?? (x.rank == 1 ? [0] : Array(0..<(x.rank - 1)))
    // In float64, so that the figures do not depend on how many samples there are.
    let wide = x.cast(to: .float64)
    mean = wide.mean(along: axes, keepingDimensions: true).cast(to: x.dtype).evaluated()
    let spread = wide.standardDeviation(along: axes, keepingDimensions: true).cast(to: x.dtype)
    let isFlat = spread .== Tensor.zeros(like: spread)
    deviation = Tensor.where(isFlat, Tensor.ones(like: spread), spread).evaluated()
  }

  /// Uses figures that are known.
  public init(mean: Tensor, deviation: Tensor) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The data brought to the scale.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    ((x.dtype.isFloating ? x : x.cast(to: mean.dtype)) - mean) / deviation
  }

  /// The data brought back from the scale.
  public func inverted(_ y: Tensor) -> Tensor { y * deviation + mean }
}
