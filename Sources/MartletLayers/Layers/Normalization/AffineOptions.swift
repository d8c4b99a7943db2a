import MartletTensors

/// The learnt factor gamma and offset beta behind a normalization; nil where there is none.
struct AffineOptions {
  let gamma: WeightOptions?
  let beta: WeightOptions?
  private let unused: (gamma: WeightOptions, beta: WeightOptions)

  init(center: Bool, scale: Bool, gamma: WeightOptions, beta: WeightOptions) {
    self.gamma = scale ? gamma : nil
    self.beta = center ? beta : nil
    unused = (gamma, beta)
  }

  /// Reads Keras' names.
  init(_ c: Configuration) throws(Diagnostic) {
    self.init(
      center: try c.bool("center", default: true), scale: try c.bool("scale", default: true),
      gamma: try WeightOptions(c, "gamma", .ones), beta: try WeightOptions(c, "beta", .zeros))
  }

  func write(to c: inout Configuration) {
    c["center"] = .bool(beta != nil)
    c["scale"] = .bool(gamma != nil)
    unused.beta.write(to: &c, "beta")
    unused.gamma.write(to: &c, "gamma")
  }
}

extension Layer {
  /// Axes counted from the front, in order; throws where the input has none of that number.
  final func normalized(
    axes: [Int], of input: PartialShape
  ) throws(Diagnostic) -> [Int] {
    var found: [Int] = []
    for axis in axes {
      let index = axis < 0 ? axis + input.count : axis
      if !input.indices.contains(index) || found.contains(index) {
        throw Diagnostic(
          path, "the input has no axis \(axis)", expected: "different axes of the input",
          got: input.text)
      }
      found.append(index)
    }
    return found.sorted()
  }
}

extension Tensor {
  /// A weight of certain axes of x, shaped so that it broadcasts against x.
  func aligned(to axes: [Int], of x: Tensor) -> Tensor {
    if axes == Array((x.rank - axes.count)..<x.rank) { return self }
    var shape = [Int](repeating: 1, count: x.rank)
    for (axis, size) in zip(axes, self.shape) { shape[axis] = size }
    return reshaped(to: shape)
  }
}
