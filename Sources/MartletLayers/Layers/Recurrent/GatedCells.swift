import MartletTensors

/// The base of the three cells of Keras: kernel (in, gates·units), recurrent kernel
/// (units, gates·units) and bias.
public class KernelCell: RecurrentCell {
  class var gates: Int { 1 }
  final let options: CellOptions
  final var kernel: Variable!
  final var recurrentKernel: Variable!
  final var bias: Variable?
  final var source: RandomSource?
  /// The size of state and output.
  public final var units: Int { options.units }

  init(_ options: CellOptions, name: String?) {
    self.options = options
    super.init(name: name)
  }

  public override func stateShapes(_ input: PartialShape) throws -> [PartialShape] { [[units]] }

  public override func build(_ input: PartialShape) throws {
    try require(rank: 2, input)
    let width = Self.gates * units
    kernel = addWeight("kernel", [try known(-1, of: input), width], options.kernel)
    recurrentKernel = addWeight("recurrent_kernel", [units, width], options.recurrent)
    bias = options.useBias ? addWeight("bias", biasShape, biasOptions) : nil
    if options.dropout > 0 || options.recurrentDropout > 0 {
      source = addRandomSource(seed: options.seed)
    }
  }

  public override func stepShape(_ input: PartialShape) throws -> PartialShape {
    try require(axis: -1, of: input, is: kernel.shape[0])
    return [input[0], units]
  }

  var biasShape: Shape { [Self.gates * units] }
  var biasOptions: WeightOptions { options.bias }

  final func droppedInput(_ x: Tensor, _ steps: RecurrentSteps) -> Tensor {
    steps.dropped(x, rate: options.dropout, in: self, recurrent: false, source)
  }
  final func droppedState(_ h: Tensor, _ steps: RecurrentSteps) -> Tensor {
    steps.dropped(h, rate: options.recurrentDropout, in: self, recurrent: true, source)
  }

  /// The cell's equations as one operation over a whole sequence knows them; nil if it does not.
  var scanned: ScannedCell? { nil }
  /// The biases of such an operation.
  var scannedBiases: (input: Tensor?, state: Tensor?) { (bias?.value, nil) }

  final func scannedCell(_ kind: ScannedCell.Kind) -> ScannedCell? {
    guard let activation = options.activation.scanned,
      let gate = (options.recurrentActivation ?? .sigmoid).scanned
    else { return nil }
    return ScannedCell(kind, activation: activation, gate: gate)
  }

  /// The columns of gate `index` of gates·units.
  final func gate(_ z: Tensor, _ index: Int) -> Tensor {
    z[0..., (index * units)..<((index + 1) * units)]
  }

  public override var configuration: Configuration {
    var c = super.configuration
    options.write(to: &c)
    return c
  }
}

/// h' = activation(x·kernel + h·recurrentKernel + bias).
public final class SimpleRNNCell: KernelCell, ConfigurableLayer {
  /// Creates the cell.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, recurrentRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    recurrentConstraint: Constraint? = nil, biasConstraint: Constraint? = nil,
    dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let options = CellOptions(
      units: units, activation: activation, recurrentActivation: nil, useBias: useBias,
      kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
      recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      dropout: dropout, recurrentDropout: recurrentDropout, seed: seed)
    super.init(options.trapping("SimpleRNNCell", file, line), name: name)
  }

  init(options: CellOptions) { super.init(options, name: nil) }

  public convenience init(configuration c: Configuration) throws {
    self.init(options: try CellOptions(c, gated: false))
    try adopt(c)
  }

  public override func step(
    _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
  ) -> (output: Tensor, states: [Tensor]) {
    var z = droppedInput(x, steps).matmul(kernel.value)
    if let bias { z = z + bias.value }
    z = z + droppedState(states[0], steps).matmul(recurrentKernel.value)
    let h = options.activation(z)
    return (h, [h])
  }

  override var scanned: ScannedCell? { scannedCell(.simple) }
}

/// A long short-term memory cell: gates i, f, c, o in this order.
///
///     i, f, o = recurrentActivation(x·W + h·U + b)
///     c' = f·c + i·activation(x·W + h·U + b)
///     h' = o·activation(c')
///
/// Hochreiter and Schmidhuber, Neural Computation 9(8), 1997.
public final class LSTMCell: KernelCell, ConfigurableLayer {
  override class var gates: Int { 4 }
  /// Whether the bias of the forget gate starts at 1.
  public let unitForgetBias: Bool

  /// Creates the cell.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal, biasInitializer: Initializer = .zeros,
    unitForgetBias: Bool = true,
    kernelRegularizer: Regularizer? = nil, recurrentRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    recurrentConstraint: Constraint? = nil, biasConstraint: Constraint? = nil,
    dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let options = CellOptions(
      units: units, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias,
      kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
      recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      dropout: dropout, recurrentDropout: recurrentDropout, seed: seed)
    self.unitForgetBias = unitForgetBias
    super.init(options.trapping("LSTMCell", file, line), name: name)
  }

  init(options: CellOptions, unitForgetBias: Bool) {
    self.unitForgetBias = unitForgetBias
    super.init(options, name: nil)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(
      options: try CellOptions(c, gated: true),
      unitForgetBias: try c.bool("unit_forget_bias", default: true))
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["unit_forget_bias"] = .bool(unitForgetBias)
    return c
  }

  override var biasOptions: WeightOptions {
    guard unitForgetBias else { return options.bias }
    let (plain, units) = (options.bias.initializer, units)
    var forgetful = options.bias
    forgetful.initializer = Initializer(plain.configuration.className) { _, dtype, source in
      Tensor.concatenate(
        [
          plain([units], dtype: dtype, using: source), Tensor.ones([units], dtype: dtype),
          plain([2 * units], dtype: dtype, using: source),
        ], along: 0)
    }
    return forgetful
  }

  public override func stateShapes(_ input: PartialShape) throws -> [PartialShape] {
    [[units], [units]]
  }

  public override func step(
    _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
  ) -> (output: Tensor, states: [Tensor]) {
    let (h, c) = (droppedState(states[0], steps), states[1])
    var z = droppedInput(x, steps).matmul(kernel.value) + h.matmul(recurrentKernel.value)
    if let bias { z = z + bias.value }
    let gating = options.recurrentActivation ?? .sigmoid
    let carry =
      gating(gate(z, 1)) * c + gating(gate(z, 0)) * options.activation(gate(z, 2))
    let output = gating(gate(z, 3)) * options.activation(carry)
    return (output, [output, carry])
  }

  override var scanned: ScannedCell? { scannedCell(.lstm) }
}

/// A gated recurrent unit: gates z, r, h in this order.
///
///     z, r = recurrentActivation(x·W + h·U + b)
///     ĥ = activation(x·W + r·(h·U + b'))      resetAfter
///     ĥ = activation(x·W + (r·h)·U + b)       otherwise
///     h' = z·h + (1 − z)·ĥ
///
/// Cho et al., EMNLP 2014. With `resetAfter` the bias is (2, 3·units): a row for the input, one for
/// the state.
public final class GRUCell: KernelCell, ConfigurableLayer {
  override class var gates: Int { 3 }
  /// Whether the reset gate acts after the product with the recurrent kernel.
  public let resetAfter: Bool

  /// Creates the cell.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, recurrentRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    recurrentConstraint: Constraint? = nil, biasConstraint: Constraint? = nil,
    dropout: Double = 0, recurrentDropout: Double = 0, resetAfter: Bool = true,
    seed: Int? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    let options = CellOptions(
      units: units, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias,
      kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
      recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
      bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
      dropout: dropout, recurrentDropout: recurrentDropout, seed: seed)
    self.resetAfter = resetAfter
    super.init(options.trapping("GRUCell", file, line), name: name)
  }

  init(options: CellOptions, resetAfter: Bool) {
    self.resetAfter = resetAfter
    super.init(options, name: nil)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(
      options: try CellOptions(c, gated: true),
      resetAfter: try c.bool("reset_after", default: true))
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["reset_after"] = .bool(resetAfter)
    return c
  }

  override var biasShape: Shape { resetAfter ? [2, 3 * units] : [3 * units] }

  public override func step(
    _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
  ) -> (output: Tensor, states: [Tensor]) {
    let h = droppedState(states[0], steps)
    let gating = options.recurrentActivation ?? .sigmoid
    let recurrent = recurrentKernel.value
    var zx = droppedInput(x, steps).matmul(kernel.value)
    if let bias { zx = zx + (resetAfter ? bias.value[0] : bias.value) }
    let candidate: Tensor
    let update: Tensor
    if resetAfter {
      var zh = h.matmul(recurrent)
      if let bias { zh = zh + bias.value[1] }
      update = gating(gate(zx, 0) + gate(zh, 0))
      let reset = gating(gate(zx, 1) + gate(zh, 1))
      candidate = options.activation(gate(zx, 2) + reset * gate(zh, 2))
    } else {
      let zh = h.matmul(recurrent[0..., 0..<(2 * units)])
      update = gating(gate(zx, 0) + gate(zh, 0))
      let reset = gating(gate(zx, 1) + gate(zh, 1))
      candidate = options.activation(
        gate(zx, 2) + (reset * h).matmul(gate(recurrent, 2)))
    }
    let output = update * states[0] + (1 - update) * candidate
    return (output, [output])
  }

  override var scanned: ScannedCell? { resetAfter ? scannedCell(.gru) : nil }
  override var scannedBiases: (input: Tensor?, state: Tensor?) {
    (bias?.value[0], bias?.value[1])
  }
}
