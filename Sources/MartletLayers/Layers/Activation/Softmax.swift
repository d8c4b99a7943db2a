import MartletTensors

/// eˣ / Σ eˣ along one axis or several: positive numbers whose sum is 1.
///
/// Elements that a mask leaves out get 0: the mask of the input, or a second input, either of a shape
/// that broadcasts against the first.
public final class Softmax: Layer, ConfigurableLayer {
  /// The axes that the sum is taken over.
  public let axis: [Int]

  /// Creates the layer.
  public init(axis: any AxisSizes = -1, name: String? = nil) {
    self.axis = axis.axisSizes
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(axis: try c.ints("axis", default: [-1]))
    try adopt(c)
  }

  public override func build(inputs: [PartialShape]) throws { _ = try outputShapes(inputs) }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    guard let input = inputs.first, inputs.count <= 2 else {
      throw Diagnostic(
        path, "the number of inputs is wrong", expected: "one tensor, and at most a mask",
        got: "\(inputs.count)")
    }
    for axis in axis where !(-input.count..<input.count).contains(axis) {
      throw Diagnostic(
        path, "the input has no axis \(axis)", expected: "more axes", got: input.text)
    }
    if let mask = inputs.dropFirst().first {
      let pairs = zip(mask.reversed(), input.reversed())
      let fits =
        mask.count <= input.count
        && pairs.allSatisfy { (size: Int?, other: Int?) -> Bool in
          size == 1 || size == nil || other == nil || size == other
        }
      if !fits {
        throw Diagnostic(
          path, "the mask does not fit the input",
          expected: "a shape that broadcasts to \(input.text)",
          got: mask.text)
      }
    }
    return [input]
  }

  public override var supportsMasking: Bool { true }
  public override var makesMasks: Bool { true }

  /// A mask that was given as an input is one of the output, as in Keras.
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    [inputs.count > 1 ? inputs[1] : masks.first ?? nil]
  }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let x = inputs[0]
    guard let mask = inputs.count > 1 ? inputs[1] : context.mask else { return [softmax(x)] }
    let counts = mask.dtype == .bool ? mask : mask .> 0.5
    return [.where(counts, softmax(.where(counts, x, .full(like: x, -1e9))), .zeros(like: x))]
  }

  private func softmax(_ x: Tensor) -> Tensor {
    axis.count == 1
      ? x.softmax(along: axis[0]) : (x - x.logSumExp(along: axis, keepingDimensions: true)).exp()
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = axis.count == 1 ? .int(axis[0]) : .ints(axis)
    return c
  }
}
