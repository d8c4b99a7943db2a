import MartletTensors

/// A depthwise convolution, and one of window 1 that mixes its channels: `SeparableConv1D`,
/// `SeparableConv2D`.
///
/// Input (batch, sizes…, channels), output (batch, counts…, filters); depthwise_kernel (window…,
/// channels, depthMultiplier), pointwise_kernel (1…, channels · depthMultiplier, filters), bias
/// (filters). Chollet, "Xception", 2017.
public class SeparableConvolution: ConvolutionLayer, WindowedLayer, ConfigurableLayer {
  /// The size of the output's last axis.
  public let filters: Int
  /// How many depthwise filters each channel has.
  public let depthMultiplier: Int
  private let depthwiseOptions: WeightOptions
  private let pointwiseOptions: WeightOptions
  private var depthwiseKernel: Variable!
  private var pointwiseKernel: Variable!

  /// Creates the layer; traps on a size below 1.
  ///
  /// - Parameters:
  ///   - filters: The size of the output's last axis.
  ///   - kernelSize: The size of the depthwise filters: one for all spatial axes, or one for each.
  ///   - strides: How far apart windows begin.
  ///   - padding: `.valid` or `.same`.
  ///   - dilationRate: How far apart the elements of a window are.
  ///   - depthMultiplier: How many depthwise filters each channel has.
  public init(
    _ filters: Int, kernelSize: any AxisSizes, strides: any AxisSizes = 1,
    padding: Padding = .valid, dilationRate: any AxisSizes = 1, depthMultiplier: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true,
    depthwiseInitializer: Initializer = .glorotUniform,
    pointwiseInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    depthwiseRegularizer: Regularizer? = nil, pointwiseRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    depthwiseConstraint: Constraint? = nil, pointwiseConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let window = trapping(file, line) { () throws(Diagnostic) in
      let who = "\(Self.self)"
      try SeparableConvolution.check(filters, "filters", who)
      try SeparableConvolution.check(depthMultiplier, "filters of a channel", who)
      return try Window(
        who, axes: Self.spatialAxes, size: kernelSize.axisSizes, strides: strides.axisSizes,
        dilation: dilationRate.axisSizes, padding: padding)
    }
    self.filters = filters
    self.depthMultiplier = depthMultiplier
    depthwiseOptions = WeightOptions(
      depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint)
    pointwiseOptions = WeightOptions(
      pointwiseInitializer, pointwiseRegularizer, pointwiseConstraint)
    super.init(
      window, activation, useBias,
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      activityRegularizer: activityRegularizer, name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    let window = try c.kernelWindow(axes: Self.spatialAxes)
    let filters = try c.int("filters")
    let multiplier = try c.int("depth_multiplier", default: 1)
    try SeparableConvolution.check(filters, "filters", c.className)
    try SeparableConvolution.check(multiplier, "filters of a channel", c.className)
    let depthwise = try WeightOptions(c, "depthwise", .glorotUniform)
    let pointwise = try WeightOptions(c, "pointwise", .glorotUniform)
    let bias = try WeightOptions(c, "bias", .zeros)
    self.init(
      filters, kernelSize: window.size, strides: window.strides, padding: window.padding,
      dilationRate: window.dilation, depthMultiplier: multiplier, activation: try c.activation(),
      useBias: try c.bool("use_bias", default: true),
      depthwiseInitializer: depthwise.initializer, pointwiseInitializer: pointwise.initializer,
      biasInitializer: bias.initializer, depthwiseRegularizer: depthwise.regularizer,
      pointwiseRegularizer: pointwise.regularizer, biasRegularizer: bias.regularizer,
      depthwiseConstraint: depthwise.constraint, pointwiseConstraint: pointwise.constraint,
      biasConstraint: bias.constraint)
    try adopt(c)
  }

  public override func build(_ input: PartialShape) throws {
    let axes = window.size.count
    try require(rank: axes + 2, input)
    let channels = try known(-1, of: input)
    depthwiseKernel = addWeight(
      "depthwise_kernel", window.size + [channels, depthMultiplier], depthwiseOptions)
    pointwiseKernel = addWeight(
      "pointwise_kernel",
      [Int](repeating: 1, count: axes) + [channels * depthMultiplier, filters], pointwiseOptions)
    addBias(filters)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let shape = try shape(input, filters: filters)
    try require(axis: -1, of: input, is: depthwiseKernel.shape[window.size.count])
    return shape
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let channels = x.depthwiseConvolved(
      with: depthwiseKernel.value, strides: window.strides, padding: window.padding,
      dilations: window.dilation)
    return finished(channels.convolved(with: pointwiseKernel.value))
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["filters"] = .int(filters)
    c["depth_multiplier"] = .int(depthMultiplier)
    depthwiseOptions.write(to: &c, "depthwise")
    pointwiseOptions.write(to: &c, "pointwise")
    return c
  }
}

/// A separable convolution over one spatial axis; see `SeparableConvolution`.
public final class SeparableConv1D: SeparableConvolution {
  override class var spatialAxes: Int { 1 }
}
/// A separable convolution over the two axes of images; see `SeparableConvolution`.
public final class SeparableConv2D: SeparableConvolution {}

/// Keras' long name of `SeparableConv1D`.
public typealias SeparableConvolution1D = SeparableConv1D
/// Keras' long name of `SeparableConv2D`.
public typealias SeparableConvolution2D = SeparableConv2D
