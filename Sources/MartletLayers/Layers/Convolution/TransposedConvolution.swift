import MartletTensors

/// A transposed convolution, which makes images larger: `Conv1DTranspose` to `Conv3DTranspose`.
///
///     y[n, i · stride + t · dilation − before, f] = activation(Σ x[n, i, c] · kernel[t, f, c] + bias[f])
///
/// Input (batch, sizes…, channels), output (batch, sizes…, filters); kernel (window…, filters,
/// channels), bias (filters). With e = (window − 1) · dilation + 1 an axis of n elements becomes
/// (n − 1) · stride + max(e, stride) with padding `.valid`, n · stride with `.same`; where the output
/// padding is given, (n − 1) · stride + e, or + e mod 2, and the output padding.
public class TransposedConvolution: ConvolutionLayer, ConfigurableLayer {
  /// The size of the output's last axis.
  public let filters: Int
  /// By how much the output is made longer after its end; nil for Keras' choice.
  public let outputPadding: [Int]?
  private let kernelOptions: WeightOptions
  private var kernel: Variable!

  /// Creates the layer; traps on a size below 1, on strides together with dilation, and on an output
  /// padding that is not below the stride.
  ///
  /// - Parameters:
  ///   - filters: How many filters, the size of the output's last axis.
  ///   - kernelSize: The size of a filter: one for all spatial axes, or one for each.
  ///   - strides: How far apart the windows of neighbouring elements begin in the output.
  ///   - padding: `.valid` or `.same`.
  ///   - outputPadding: By how much the output is made longer.
  ///   - dilationRate: How far apart the elements of a window are.
  public init(
    _ filters: Int, kernelSize: any AxisSizes, strides: any AxisSizes = 1,
    padding: Padding = .valid, outputPadding: (any AxisSizes)? = nil,
    dilationRate: any AxisSizes = 1, activation: ActivationFunction = .linear,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let (window, outputPadding) = trapping(file, line) { () throws(Diagnostic) in
      let who = "\(Self.self)"
      try TransposedConvolution.check(filters, "filters", who)
      let window = try Window(
        who, axes: Self.spatialAxes, size: kernelSize.axisSizes, strides: strides.axisSizes,
        dilation: dilationRate.axisSizes, padding: padding
      ).withoutStridedDilation(who)
      return (
        window, try TransposedConvolution.outputPadding(outputPadding?.axisSizes, window, who)
      )
    }
    self.filters = filters
    self.outputPadding = outputPadding
    kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
    super.init(
      window, activation, useBias,
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      activityRegularizer: activityRegularizer, name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    let window = try c.kernelWindow(axes: Self.spatialAxes).withoutStridedDilation(c.className)
    let filters = try c.int("filters")
    try TransposedConvolution.check(filters, "filters", c.className)
    let extra = try TransposedConvolution.outputPadding(
      c.optionalInts("output_padding"), window, c.className)
    let kernel = try WeightOptions(c, "kernel", .glorotUniform)
    let bias = try WeightOptions(c, "bias", .zeros)
    self.init(
      filters, kernelSize: window.size, strides: window.strides, padding: window.padding,
      outputPadding: extra, dilationRate: window.dilation, activation: try c.activation(),
      useBias: try c.bool("use_bias", default: true),
      kernelInitializer: kernel.initializer, biasInitializer: bias.initializer,
      kernelRegularizer: kernel.regularizer, biasRegularizer: bias.regularizer,
      kernelConstraint: kernel.constraint, biasConstraint: bias.constraint)
    try adopt(c)
  }

  private static func outputPadding(
    _ sizes: [Int]?, _ window: Window, _ who: String
  ) throws(Diagnostic) -> [Int]? {
    guard let sizes else { return nil }
    let expanded = try Window.expand(
      sizes, "output padding", who, window.size.count, least: 0)
    if zip(expanded, window.strides).allSatisfy({ $0 < $1 }) { return expanded }
    throw Diagnostic(
      who, "the output padding is not below the stride", expected: "below \(window.strides)",
      got: "\(expanded)")
  }

  public override func build(_ input: PartialShape) throws {
    try require(rank: window.size.count + 2, input)
    let channels = try known(-1, of: input)
    kernel = addWeight("kernel", window.size + [filters, channels], kernelOptions)
    addBias(filters)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: window.size.count + 2, input)
    try require(axis: -1, of: input, is: kernel.shape[window.size.count + 1])
    var sizes: PartialShape = []
    for axis in window.size.indices {
      guard let length = input[axis + 1] else {
        sizes.append(nil)
        continue
      }
      let size = self.size(length, axis)
      if length == 0 || size <= 0 {
        throw Diagnostic(
          path, "nothing is left of the image", expected: "a larger image", got: input.text)
      }
      sizes.append(size)
    }
    return [input[0]] + sizes + [filters]
  }

  private func size(_ length: Int, _ axis: Int) -> Int {
    let (stride, extent) = (window.strides[axis], window.extent(axis))
    let start = (length - 1) * stride
    if window.padding == .valid {
      return start + extent + (outputPadding?[axis] ?? Swift.max(stride - extent, 0))
    }
    return outputPadding.map { start + extent % 2 + $0[axis] } ?? length * stride
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    finished(
      x.transposedConvolved(
        with: kernel.value, strides: window.strides, padding: window.padding,
        outputPadding: outputPadding, dilations: window.dilation))
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["filters"] = .int(filters)
    c["output_padding"] = outputPadding.map { .ints($0) } ?? .null
    kernelOptions.write(to: &c, "kernel")
    return c
  }
}

/// A transposed convolution over one spatial axis; see `TransposedConvolution`.
public final class Conv1DTranspose: TransposedConvolution {
  override class var spatialAxes: Int { 1 }
}
/// A transposed convolution over the two axes of images; see `TransposedConvolution`.
public final class Conv2DTranspose: TransposedConvolution {}
/// A transposed convolution over three spatial axes; see `TransposedConvolution`.
public final class Conv3DTranspose: TransposedConvolution {
  override class var spatialAxes: Int { 3 }
}

/// Keras' long name of `Conv1DTranspose`.
public typealias Convolution1DTranspose = Conv1DTranspose
/// Keras' long name of `Conv2DTranspose`.
public typealias Convolution2DTranspose = Conv2DTranspose
/// Keras' long name of `Conv3DTranspose`.
public typealias Convolution3DTranspose = Conv3DTranspose
