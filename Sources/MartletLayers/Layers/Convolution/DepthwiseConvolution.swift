import MartletTensors

/// A convolution of each channel with filters of its own: `DepthwiseConv1D`, `DepthwiseConv2D`.
///
/// Input (batch, sizes…, channels), output (batch, counts…, channels · depthMultiplier); kernel
/// (window…, channels, depthMultiplier), bias (channels · depthMultiplier). Filter m of channel c
/// stands at c · depthMultiplier + m.
public class DepthwiseConvolution: ConvolutionLayer, WindowedLayer, ConfigurableLayer {
  /// How many filters each channel has.
  public let depthMultiplier: Int
  private let kernelOptions: WeightOptions
  private var kernel: Variable!

  /// Creates the layer; traps on a size below 1.
  ///
  /// - Parameters:
  ///   - kernelSize: The size of a filter: one for all spatial axes, or one for each.
  ///   - strides: How far apart windows begin.
  ///   - padding: `.valid` or `.same`.
  ///   - depthMultiplier: How many filters each channel has.
  ///   - dilationRate: How far apart the elements of a window are.
  public init(
    _ kernelSize: any AxisSizes, strides: any AxisSizes = 1, padding: Padding = .valid,
    depthMultiplier: Int = 1, dilationRate: any AxisSizes = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true,
    depthwiseInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    depthwiseRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, depthwiseConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let window = trapping(file, line) { () throws(Diagnostic) in
      let who = "\(Self.self)"
      try DepthwiseConvolution.check(depthMultiplier, "filters of a channel", who)
      return try Window(
        who, axes: Self.spatialAxes, size: kernelSize.axisSizes, strides: strides.axisSizes,
        dilation: dilationRate.axisSizes, padding: padding)
    }
    self.depthMultiplier = depthMultiplier
    kernelOptions = WeightOptions(depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint)
    super.init(
      window, activation, useBias,
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      activityRegularizer: activityRegularizer, name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    let window = try c.kernelWindow(axes: Self.spatialAxes)
    let multiplier = try c.int("depth_multiplier", default: 1)
    try DepthwiseConvolution.check(multiplier, "filters of a channel", c.className)
    let kernel = try WeightOptions(c, "depthwise", .glorotUniform)
    let bias = try WeightOptions(c, "bias", .zeros)
    self.init(
      window.size, strides: window.strides, padding: window.padding, depthMultiplier: multiplier,
      dilationRate: window.dilation, activation: try c.activation(),
      useBias: try c.bool("use_bias", default: true),
      depthwiseInitializer: kernel.initializer, biasInitializer: bias.initializer,
      depthwiseRegularizer: kernel.regularizer, biasRegularizer: bias.regularizer,
      depthwiseConstraint: kernel.constraint, biasConstraint: bias.constraint)
    try adopt(c)
  }

  public override func build(_ input: PartialShape) throws {
    try require(rank: window.size.count + 2, input)
    let channels = try known(-1, of: input)
    kernel = addWeight("kernel", window.size + [channels, depthMultiplier], kernelOptions)
    addBias(channels * depthMultiplier)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let channels = kernel.shape[window.size.count]
    let shape = try shape(input, filters: channels * depthMultiplier)
    try require(axis: -1, of: input, is: channels)
    return shape
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    finished(
      x.depthwiseConvolved(
        with: kernel.value, strides: window.strides, padding: window.padding,
        dilations: window.dilation))
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["depth_multiplier"] = .int(depthMultiplier)
    kernelOptions.write(to: &c, "depthwise")
    return c
  }
}

/// A depthwise convolution over one spatial axis; see `DepthwiseConvolution`.
public final class DepthwiseConv1D: DepthwiseConvolution {
  override class var spatialAxes: Int { 1 }
}
/// A depthwise convolution over the two axes of images; see `DepthwiseConvolution`.
public final class DepthwiseConv2D: DepthwiseConvolution {}
