import MartletTensors

/// What all convolutions have in common: a window that moves over an image, and a bias and an
/// activation behind the sum.
public class ConvolutionLayer: Layer {
  class var spatialAxes: Int { 2 }
  /// The function of the result.
  public let activation: ActivationFunction
  /// Whether a bias is added.
  public let useBias: Bool
  let window: Window
  private let biasOptions: WeightOptions
  private var bias: Variable?

  init(
    _ window: Window, _ activation: ActivationFunction, _ useBias: Bool, bias: WeightOptions,
    activityRegularizer: Regularizer?, name: String?
  ) {
    self.window = window
    self.activation = activation
    self.useBias = useBias
    biasOptions = bias
    super.init(name: name)
    self.activityRegularizer = activityRegularizer
  }

  /// The size of the window along each spatial axis.
  public final var kernelSize: [Int] { window.size }
  /// How far apart windows begin.
  public final var strides: [Int] { window.strides }
  /// How far apart the elements of a window are.
  public final var dilationRate: [Int] { window.dilation }
  /// What stands around the image.
  public final var padding: Padding { window.padding }

  /// Throws if a count is not positive.
  static func check(_ count: Int, _ what: String, _ who: String) throws(Diagnostic) {
    if count >= 1 { return }
    throw Diagnostic(who, "the number of \(what) is none", expected: "1 or more", got: "\(count)")
  }

  final func addBias(_ size: Int) {
    bias = useBias ? addWeight("bias", [size], biasOptions) : nil
  }

  /// The sum with bias and activation: the end of the kernel that makes the sum.
  final func finished(_ sum: Tensor) -> Tensor {
    activation(bias.map { sum + $0.value } ?? sum)
  }

  /// The output's shape, with so many channels; throws if no window fits into the image.
  final func shape(_ input: PartialShape, filters: Int) throws(Diagnostic) -> PartialShape {
    try [input.first ?? nil] + window.outputSizes(of: input, in: self) + [filters]
  }

  public override var configuration: Configuration {
    var c = super.configuration
    window.write(to: &c, size: "kernel_size")
    c["dilation_rate"] = .ints(window.dilation)
    c["activation"] = activation.configurationValue
    c["use_bias"] = .bool(useBias)
    biasOptions.write(to: &c, "bias")
    return c
  }

  /// The size of the window, for receptive fields.
  public final var windowSize: [Int] { window.size }
  /// How far the window moves, for receptive fields.
  public final var windowStrides: [Int] { window.strides }
  /// How far apart its elements are, for receptive fields.
  public final var windowDilation: [Int] { window.dilation }
  /// The elements of border before the first of an axis of this size.
  public final func paddingBefore(_ size: Int, axis: Int) -> Int {
    window.paddingBefore(size, axis: axis)
  }
}

extension Configuration {
  /// The window of a convolution.
  func kernelWindow(axes: Int, causal: Bool = false) throws(Diagnostic) -> Window {
    try Window(
      self, axes: axes, size: "kernel_size", stridesDefault: [1], causal: causal)
  }
}
