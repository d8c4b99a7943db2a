import MartletTensors

/// A convolution over 1, 2 or 3 spatial axes: `Conv1D`, `Conv2D`, `Conv3D`.
///
///     y[n, o, f] = activation(Σ x[n, o · stride + t · dilation − before, c] · kernel[t, c, f] + bias[f])
///
/// Input (batch, sizes…, channels), output (batch, counts…, filters); kernel (window…,
/// channels / groups, filters), bias (filters). The filters are not flipped: a cross-correlation,
/// as in Keras. A count is ⌊(size − extent) / stride⌋ + 1 with padding `.valid`, ⌈size / stride⌉
/// otherwise.
public class Convolution: ConvolutionLayer, WindowedLayer, ConfigurableLayer {
  /// The size of the output's last axis.
  public let filters: Int
  /// Into how many groups channels and filters are cut; a filter sees its own group only.
  public let groups: Int
  private let kernelOptions: WeightOptions
  private var kernel: Variable!

  /// Creates the layer; traps on a size below 1, on strides together with dilation, and if the
  /// groups do not divide the filters.
  ///
  /// - Parameters:
  ///   - filters: How many filters, the size of the output's last axis.
  ///   - kernelSize: The size of a filter: one for all spatial axes, or one for each.
  ///   - strides: How far apart windows begin.
  ///   - padding: `.valid`, `.same`, or in one dimension `.causal`.
  ///   - dilationRate: How far apart the elements of a window are.
  ///   - groups: Into how many groups channels and filters are cut.
  public init(
    _ filters: Int, kernelSize: any AxisSizes, strides: any AxisSizes = 1,
    padding: Padding = .valid, dilationRate: any AxisSizes = 1, groups: Int = 1,
    activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let axes = Self.spatialAxes
    let window = trapping(file, line) { () throws(Diagnostic) in
      try Convolution.check(filters, groups, "\(Self.self)")
      return try Window(
        "\(Self.self)", axes: axes, size: kernelSize.axisSizes, strides: strides.axisSizes,
        dilation: dilationRate.axisSizes, padding: padding, causal: axes == 1
      ).withoutStridedDilation("\(Self.self)")
    }
    self.filters = filters
    self.groups = groups
    kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
    super.init(
      window, activation, useBias,
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      activityRegularizer: activityRegularizer, name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    let axes = Self.spatialAxes
    let window = try c.kernelWindow(axes: axes, causal: axes == 1)
      .withoutStridedDilation(c.className)
    let filters = try c.int("filters")
    let groups = try c.int("groups", default: 1)
    try Convolution.check(filters, groups, c.className)
    let kernel = try WeightOptions(c, "kernel", .glorotUniform)
    let bias = try WeightOptions(c, "bias", .zeros)
    self.init(
      filters, kernelSize: window.size, strides: window.strides, padding: window.padding,
      dilationRate: window.dilation, groups: groups, activation: try c.activation(),
      useBias: try c.bool("use_bias", default: true),
      kernelInitializer: kernel.initializer, biasInitializer: bias.initializer,
      kernelRegularizer: kernel.regularizer, biasRegularizer: bias.regularizer,
      kernelConstraint: kernel.constraint, biasConstraint: bias.constraint)
    try adopt(c)
  }

  private static func check(_ filters: Int, _ groups: Int, _ who: String) throws(Diagnostic) {
    try check(filters, "filters", who)
    try check(groups, "groups", who)
    if filters % groups == 0 { return }
    throw Diagnostic(
      who, "the filters cannot be cut into the groups",
      expected: "a number of groups that divides the filters",
      got: "\(filters) filters, \(groups) groups")
  }

  public override func build(_ input: PartialShape) throws {
    try require(rank: window.size.count + 2, input)
    let channels = try known(-1, of: input)
    if channels % groups != 0 {
      throw Diagnostic(
        path, "the channels cannot be cut into \(groups) groups",
        expected: "a multiple of \(groups) at the last axis", got: input.text)
    }
    kernel = addWeight("kernel", window.size + [channels / groups, filters], kernelOptions)
    addBias(filters)
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let shape = try shape(input, filters: filters)
    try require(axis: -1, of: input, is: kernel.shape[window.size.count] * groups)
    return shape
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    finished(
      x.convolved(
        with: kernel.value, strides: window.strides, padding: window.padding,
        dilations: window.dilation, groups: groups))
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["filters"] = .int(filters)
    c["groups"] = .int(groups)
    kernelOptions.write(to: &c, "kernel")
    return c
  }
}

/// A convolution over one spatial axis, such as time: (batch, steps, channels); see `Convolution`.
public final class Conv1D: Convolution {
  override class var spatialAxes: Int { 1 }
}

/// A convolution over the two axes of images: (batch, height, width, channels); see `Convolution`.
public final class Conv2D: Convolution {}

/// A convolution over three spatial axes: (batch, depth, height, width, channels); see
/// `Convolution`.
public final class Conv3D: Convolution {
  override class var spatialAxes: Int { 3 }
}

/// Keras' long name of `Conv1D`.
public typealias Convolution1D = Conv1D
/// Keras' long name of `Conv2D`.
public typealias Convolution2D = Conv2D
/// Keras' long name of `Conv3D`.
public typealias Convolution3D = Conv3D

extension Window {
  /// The window; throws if it has strides and dilation, which Keras refuses together.
  func withoutStridedDilation(_ who: String) throws(Diagnostic) -> Window {
    if strides.max()! > 1 && dilation.max()! > 1 {
      throw Diagnostic(
        who, "strides and dilation do not go together", expected: "one of them 1",
        got: "strides \(strides), dilation rate \(dilation)")
    }
    return self
  }
}
