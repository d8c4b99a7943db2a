import MartletTensors

extension BuiltInLayers {
  static let recurrent: [String: any ConfigurableLayer.Type] = [
    "SimpleRNN": SimpleRNN.self, "LSTM": LSTM.self, "GRU": GRU.self, "RNN": RNN.self,
    "SimpleRNNCell": SimpleRNNCell.self, "LSTMCell": LSTMCell.self, "GRUCell": GRUCell.self,
    "StackedRNNCells": StackedRNNCells.self, "Bidirectional": Bidirectional.self,
    "ConvLSTM1D": ConvLSTM1D.self, "ConvLSTM2D": ConvLSTM2D.self, "ConvLSTM3D": ConvLSTM3D.self,
  ]
}

/// A fully connected recurrent layer: h' = activation(x·W + h·U + b) over the steps of
/// (batch, steps, features).
public final class SimpleRNN: RNN {
  /// Creates the layer; see `SimpleRNNCell` and `RNN` for the parameters.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, recurrentRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    let cell = SimpleRNNCell(
      units, activation: activation, useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: biasInitializer,
      kernelRegularizer: kernelRegularizer, recurrentRegularizer: recurrentRegularizer,
      biasRegularizer: biasRegularizer, kernelConstraint: kernelConstraint,
      recurrentConstraint: recurrentConstraint, biasConstraint: biasConstraint,
      dropout: dropout, recurrentDropout: recurrentDropout, seed: seed, file: file, line: line)
    super.init(
      cell: cell,
      options: RNNOptions(
        returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
        stateful: stateful), name: name)
    self.activityRegularizer = activityRegularizer
  }

  public required init(configuration c: Configuration) throws {
    super.init(
      cell: SimpleRNNCell(options: try CellOptions(c, gated: false)),
      options: try RNNOptions(c), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration { flatConfiguration }
}

/// A long short-term memory layer over the steps of (batch, steps, features); see `LSTMCell`.
public final class LSTM: RNN {
  /// Creates the layer; see `LSTMCell` and `RNN` for the parameters.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
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
    let cell = LSTMCell(
      units, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: biasInitializer,
      unitForgetBias: unitForgetBias, kernelRegularizer: kernelRegularizer,
      recurrentRegularizer: recurrentRegularizer, biasRegularizer: biasRegularizer,
      kernelConstraint: kernelConstraint, recurrentConstraint: recurrentConstraint,
      biasConstraint: biasConstraint, dropout: dropout, recurrentDropout: recurrentDropout,
      seed: seed, file: file, line: line)
    super.init(
      cell: cell,
      options: RNNOptions(
        returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
        stateful: stateful), name: name)
    self.activityRegularizer = activityRegularizer
  }

  public required init(configuration c: Configuration) throws {
    let forget = try c.bool("unit_forget_bias", default: true)
    super.init(
      cell: LSTMCell(options: try CellOptions(c, gated: true), unitForgetBias: forget),
      options: try RNNOptions(c), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration { flatConfiguration }
}

/// A gated recurrent unit layer over the steps of (batch, steps, features); see `GRUCell`.
public final class GRU: RNN {
  /// Creates the layer; see `GRUCell` and `RNN` for the parameters.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh,
    recurrentActivation: ActivationFunction = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, recurrentRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, resetAfter: Bool = true,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    let cell = GRUCell(
      units, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias, kernelInitializer: kernelInitializer,
      recurrentInitializer: recurrentInitializer, biasInitializer: biasInitializer,
      kernelRegularizer: kernelRegularizer, recurrentRegularizer: recurrentRegularizer,
      biasRegularizer: biasRegularizer, kernelConstraint: kernelConstraint,
      recurrentConstraint: recurrentConstraint, biasConstraint: biasConstraint,
      dropout: dropout, recurrentDropout: recurrentDropout, resetAfter: resetAfter, seed: seed,
      file: file, line: line)
    super.init(
      cell: cell,
      options: RNNOptions(
        returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
        stateful: stateful), name: name)
    self.activityRegularizer = activityRegularizer
  }

  public required init(configuration c: Configuration) throws {
    let after = try c.bool("reset_after", default: true)
    super.init(
      cell: GRUCell(options: try CellOptions(c, gated: true), resetAfter: after),
      options: try RNNOptions(c), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration { flatConfiguration }
}

extension RNN {
  /// The cell's hyperparameters beside the layer's own, as Keras keeps those of LSTM and its kin.
  final var flatConfiguration: Configuration {
    var c = Configuration(kerasName, cell.configuration.values)
    c["name"] = .string(name)
    c["trainable"] = .bool(trainable)
    options.write(to: &c)
    if let activityRegularizer {
      c["activity_regularizer"] = .configuration(activityRegularizer.configuration)
    }
    return c
  }
}
