import MartletTensors

/// One step of a recurrence: from the input of a time step and the states to an output and the next
/// states.
///
/// The base of `SimpleRNNCell`, `LSTMCell`, `GRUCell`, `StackedRNNCells` and of cells of one's own,
/// which override `stateShapes`, `build` and `step`. `RNN` runs a cell over time. Called by itself, a
/// cell takes the list [input, state, …] and gives [output, state, …].
open class RecurrentCell: Layer {
  /// The shapes of the states, without the batch, for an input of one time step, (batch, …).
  open func stateShapes(_ input: PartialShape) throws -> [PartialShape] {
    trap(
      Diagnostic(path, "the cell names no states", fix: "override stateShapes(_:)"),
      file: #fileID, line: #line)
  }

  /// The shape of the output, the batch included; by default that of the first state.
  open func stepShape(_ input: PartialShape) throws -> PartialShape {
    [input.first ?? nil] + (try stateShapes(input)[0])
  }

  /// One time step.
  ///
  /// - Parameters:
  ///   - x: The input, (batch, …).
  ///   - states: As many as `stateShapes` has, each (batch, …).
  ///   - steps: What the steps of one call share: the mode, and the dropout masks.
  open func step(
    _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
  ) -> (output: Tensor, states: [Tensor]) {
    trap(
      Diagnostic(path, "the cell computes nothing", fix: "override step(_:_:_:)"),
      file: #fileID, line: #line)
  }

  public final override func build(inputs: [PartialShape]) throws { try build(inputs[0]) }

  public final override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    let states = try stateShapes(inputs[0])
    if inputs.count != states.count + 1 {
      throw Diagnostic(
        path, "a cell needs an input and its states", expected: "\(states.count + 1) tensors",
        got: "\(inputs.count)")
    }
    return [try stepShape(inputs[0])] + states.map { [inputs[0].first ?? nil] + $0 }
  }

  public final override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let steps = RecurrentSteps(isTraining: context.isTraining)
    let (output, states) = step(inputs[0], Array(inputs.dropFirst()), steps)
    return [output] + states
  }
}

/// What the time steps of one call of a recurrent layer share.
public final class RecurrentSteps {
  /// Whether dropout drops.
  public let isTraining: Bool
  private var masks: [Key: Tensor] = [:]

  private struct Key: Hashable {
    let cell: ObjectIdentifier
    let isRecurrent: Bool
  }

  /// The steps of a new call.
  public init(isTraining: Bool) { self.isTraining = isTraining }

  /// x with dropout: one mask for all time steps of the call, as in Keras.
  func dropped(
    _ x: Tensor, rate: Double, in cell: RecurrentCell, recurrent: Bool, _ source: RandomSource?
  ) -> Tensor {
    mask(x.shape, x.dtype, rate: rate, in: cell, recurrent: recurrent, source).map { x * $0 } ?? x
  }

  /// The factors by which all time steps of the call drop; nil if nothing is dropped.
  func mask(
    _ shape: Shape, _ dtype: DType, rate: Double, in cell: RecurrentCell, recurrent: Bool,
    _ source: RandomSource?
  ) -> Tensor? {
    guard isTraining, rate > 0, let source else { return nil }
    let key = Key(cell: ObjectIdentifier(cell), isRecurrent: recurrent)
    if let known = masks[key] { return known }
    let mask = MartletLayers.dropped(
      Tensor.ones(shape, dtype: dtype), rate: rate, shape: shape, source)
    masks[key] = mask
    return mask
  }
}

/// The hyperparameters that the cells share.
struct CellOptions: Sendable {
  var units: Int
  var activation: ActivationFunction
  var recurrentActivation: ActivationFunction?
  var useBias: Bool
  var kernel: WeightOptions
  var recurrent: WeightOptions
  var bias: WeightOptions
  var dropout: Double
  var recurrentDropout: Double
  var seed: Int?

  func write(to c: inout Configuration) {
    c["units"] = .int(units)
    c["activation"] = activation.configurationValue
    if let recurrentActivation {
      c["recurrent_activation"] = recurrentActivation.configurationValue
    }
    c["use_bias"] = .bool(useBias)
    kernel.write(to: &c, "kernel")
    recurrent.write(to: &c, "recurrent")
    bias.write(to: &c, "bias")
    c["dropout"] = .number(dropout)
    c["recurrent_dropout"] = .number(recurrentDropout)
    c["seed"] = .optional(seed)
  }
}

extension CellOptions {
  init(_ c: Configuration, gated: Bool) throws(Diagnostic) {
    units = try c.int("units")
    activation = try c.activation(default: .tanh)
    recurrentActivation = gated ? try c.activation("recurrent_activation", default: .sigmoid) : nil
    useBias = try c.bool("use_bias", default: true)
    kernel = try WeightOptions(c, "kernel", .glorotUniform)
    recurrent = try WeightOptions(c, "recurrent", .orthogonal)
    bias = try WeightOptions(c, "bias", .zeros)
    dropout = try c.number("dropout", default: 0)
    recurrentDropout = try c.number("recurrent_dropout", default: 0)
    seed = try c.optionalInt("seed")
    if let mistake = mistake(c.className) { throw mistake }
  }

  func mistake(_ who: String) -> Diagnostic? {
    if units < 1 {
      return Diagnostic(
        who, "the number of units is not positive", expected: "1 or more", got: "\(units)")
    }
    for rate in [dropout, recurrentDropout] where !(0...1).contains(rate) {
      return Diagnostic(who, "a dropout rate is no part", expected: "0 to 1", got: "\(rate)")
    }
    return nil
  }

  func trapping(_ who: String, _ file: StaticString, _ line: UInt) -> CellOptions {
    if let mistake = mistake(who) { trap(mistake, file: file, line: line) }
    return self
  }
}
