import MartletTensors

/// A convolutional LSTM, the base of `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`.
///
/// The products of an LSTM are convolutions here.
/// Kernel (window…, channels, 4·filters), recurrent kernel (window…, filters, 4·filters), which
/// keeps the size; gates i, f, c, o.
///
/// Shi et al., NIPS 2015, without peepholes, as in Keras.
public class ConvLSTM: RNN {
  class var spatialAxes: Int { 2 }

  /// Creates the layer; see `Conv2D` and `LSTM` for the parameters.
  public init(
    _ filters: Int, kernelSize: any AxisSizes, strides: any AxisSizes = 1,
    padding: Padding = .valid, dilationRate: any AxisSizes = 1,
    activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal, biasInitializer: Initializer = .zeros,
    unitForgetBias: Bool = true, kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    recurrentConstraint: Constraint? = nil, biasConstraint: Constraint? = nil,
    dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
    returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
    stateful: Bool = false, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let options = CellOptions(
      units: filters, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias,
      kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
      recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      dropout: dropout, recurrentDropout: recurrentDropout, seed: seed)
    let window = MartletLayers.trapping(file, line) { () throws(Diagnostic) in
      try Window(
        "\(Self.self)", axes: Self.spatialAxes, size: kernelSize.axisSizes,
        strides: strides.axisSizes, dilation: dilationRate.axisSizes, padding: padding)
    }
    super.init(
      cell: ConvLSTMCell(
        options.trapping("\(Self.self)", file, line), window, unitForgetBias: unitForgetBias),
      options: RNNOptions(
        returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
        stateful: stateful), name: name)
    self.activityRegularizer = activityRegularizer
  }

  public required init(configuration c: Configuration) throws {
    var cellConfiguration = c
    cellConfiguration["units"] = c["filters"]
    let window = try c.kernelWindow(axes: Self.spatialAxes)
    super.init(
      cell: ConvLSTMCell(
        try CellOptions(cellConfiguration, gated: true), window,
        unitForgetBias: try c.bool("unit_forget_bias", default: true)),
      options: try RNNOptions(c), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration { flatConfiguration }
}

/// A convolutional LSTM over series: (batch, steps, length, channels); see `ConvLSTM`.
public final class ConvLSTM1D: ConvLSTM {
  override class var spatialAxes: Int { 1 }
}
/// A convolutional LSTM over images: (batch, steps, height, width, channels); see `ConvLSTM`.
public final class ConvLSTM2D: ConvLSTM {}
/// A convolutional LSTM over volumes: (batch, steps, depth, height, width, channels); see
/// `ConvLSTM`.
public final class ConvLSTM3D: ConvLSTM {
  override class var spatialAxes: Int { 3 }
}

/// One step of a `ConvLSTM`.
final class ConvLSTMCell: RecurrentCell {
  private let options: CellOptions
  private let window: Window
  private let unitForgetBias: Bool
  private var kernel: Variable!
  private var recurrentKernel: Variable!
  private var bias: Variable?
  private var source: RandomSource?

  init(_ options: CellOptions, _ window: Window, unitForgetBias: Bool) {
    self.options = options
    self.window = window
    self.unitForgetBias = unitForgetBias
    super.init(name: nil)
  }

  override var kerasName: String { "ConvLSTMCell" }

  override var configuration: Configuration {
    var c = super.configuration
    options.write(to: &c)
    c["units"] = nil
    c["filters"] = .int(options.units)
    window.write(to: &c, size: "kernel_size")
    c["dilation_rate"] = .ints(window.dilation)
    c["unit_forget_bias"] = .bool(unitForgetBias)
    return c
  }

  override func stateShapes(_ input: PartialShape) throws -> [PartialShape] {
    let state = try window.outputSizes(of: input, in: self) + [options.units]
    return [state, state]
  }

  override func build(_ input: PartialShape) throws {
    let filters = options.units
    let channels = try known(-1, of: input)
    kernel = addWeight("kernel", window.size + [channels, 4 * filters], options.kernel)
    recurrentKernel = addWeight(
      "recurrent_kernel", window.size + [filters, 4 * filters], options.recurrent)
    if options.useBias {
      let lstm = LSTMCell(options: options, unitForgetBias: unitForgetBias)
      bias = addWeight("bias", [4 * filters], lstm.biasOptions)
    }
    if options.dropout > 0 || options.recurrentDropout > 0 {
      source = addRandomSource(seed: options.seed)
    }
  }

  override func step(
    _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
  ) -> (output: Tensor, states: [Tensor]) {
    let x = steps.dropped(x, rate: options.dropout, in: self, recurrent: false, source)
    let h = steps.dropped(
      states[0], rate: options.recurrentDropout, in: self, recurrent: true, source)
    var z = x.convolved(
      with: kernel.value, strides: window.strides, padding: window.padding,
      dilations: window.dilation)
    if let bias { z = z + bias.value }
    z = z + h.convolved(with: recurrentKernel.value, padding: .same)
    let gates = z.split(into: 4, along: -1)
    let gating = options.recurrentActivation ?? .sigmoid
    let carry = gating(gates[1]) * states[1] + gating(gates[0]) * options.activation(gates[2])
    let output = gating(gates[3]) * options.activation(carry)
    return (output, [output, carry])
  }
}
