import MartletTensors

// Normalizations with gradients written out. What follows from differentiating mean and variance
// step by step is the same number in twice as many passes over the batch.
//
// The rules speak of mean and deviation as tensors that depend on x themselves, so that they can be
// differentiated again.

extension Tensor {
  /// The mean along axes, which stay with size 1, and the biased variance.
  private func moments(along axes: [Int]) -> (mean: Tensor, variance: Tensor) {
    let mean = mean(along: axes, keepingDimensions: true)
    return (mean, (self - mean).square().mean(along: axes, keepingDimensions: true))
  }

  /// The tensor brought to mean 0 and variance 1 along axes.
  ///
  ///     y = (x − mean) · r, r = 1 / √(variance + epsilon)
  ///     dx = r · (dy − mean(dy) − (x − mean) · r² · mean(dy · (x − mean)))
  func standardized(along axes: [Int], epsilon: Double) -> Tensor {
    let (mean, variance) = moments(along: axes)
    let inverse = (variance + epsilon).rsqrt()
    return withCustomGradient([self]) { x in
      (x[0] - mean) * inverse
    } backward: { dy, x, _ in
      let distances = x[0] - mean
      let slope = (dy * distances).mean(along: axes, keepingDimensions: true) * inverse.square()
      return [
        (dy - dy.mean(along: axes, keepingDimensions: true) - distances * slope) * inverse
      ]
    }
  }

  /// The tensor brought to mean 0 and variance 1 along all axes but that of the channels, and then
  /// to the mean beta and the deviation gamma of each channel; with the mean and variance it had.
  ///
  ///     y = (x − mean) · r · gamma + beta, r = 1 / √(variance + epsilon)
  ///     dbeta = Σ dy, dgamma = r · Σ dy · (x − mean), over n elements
  ///     dx = r · gamma · (dy − dbeta / n − (x − mean) · r · dgamma / n)
  func normalized(
    channels axis: Int, epsilon: Double, gamma: Tensor?, beta: Tensor?
  ) -> (y: Tensor, mean: Tensor, variance: Tensor) {
    let axes = shape.indices.filter { $0 != axis }
    let size = [shape[axis]]
    let wide = shape.indices.map { $0 == axis ? shape[axis] : 1 }
    let n = Double(count / Swift.max(shape[axis], 1))
    let (hasGamma, hasBeta) = (gamma != nil, beta != nil)
    let (mean, variance) = moments(along: axes)
    let inverse = (variance + epsilon).rsqrt()
    let inputs = [self] + [gamma, beta].compactMap { $0 }
    let y = withCustomGradient(inputs) { given in
      let factor = hasGamma ? inverse * given[1].reshaped(to: wide) : inverse
      let y = (given[0] - mean) * factor
      return hasBeta ? y + given[given.count - 1].reshaped(to: wide) : y
    } backward: { dy, given, _ in
      let distances = given[0] - mean
      let sum = dy.sum(along: axes, keepingDimensions: true)
      let slope = (dy * distances).sum(along: axes, keepingDimensions: true) * inverse
      let factor = hasGamma ? inverse * given[1].reshaped(to: wide) : inverse
      let dx = (dy - sum / n - distances * (inverse * slope / n)) * factor
      return [dx] + (hasGamma ? [slope.reshaped(to: size)] : [])
        + (hasBeta ? [sum.reshaped(to: size)] : [])
    }
    return (y, mean.reshaped(to: size), variance.reshaped(to: size))
  }
}
