import MartletTensors

/// A function that a layer applies to its result: `.relu`, `.softmax`, or any closure.
public struct ActivationFunction: Sendable {
  /// Keras' name and hyperparameters.
  ///
  /// A function with Keras' defaults has its plain name (`leaky_relu`); one with others has the name
  /// of Keras' layer of the same function where there is one (`LeakyReLU`), which is how Keras'
  /// files keep it.
  public let configuration: Configuration
  private let function: @Sendable (Tensor) -> Tensor

  /// An activation from a closure; files keep only its name.
  @_disfavoredOverload
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.function = {
      Replay.refuse()
      return function($0)
    }
  }

  /// One of the library's own, which does the same each time.
  init(
    _ name: String, _ values: [String: ConfigurationValue] = [:], isLibrary: Bool = true,
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.function = function
  }

  /// The function's value.
  public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }

  /// Whether it does nothing.
  public var isLinear: Bool { configuration == Configuration("linear") }
  /// Whether it is the softmax over the last axis.
  public var isSoftmax: Bool { configuration == Configuration("softmax") }
  /// Whether it is the logistic function.
  public var isSigmoid: Bool { configuration == Configuration("sigmoid") }
}

extension ActivationFunction {
  /// The activation of one of Keras' names, with its defaults; throws if there is none, listing
  /// those there are.
  public init(named name: String) throws(Diagnostic) {
    self = try ActivationFunction.table.make(Configuration(name))
  }

  /// The activation that a configuration describes: a function's name, or one of Keras' activation
  /// layers that have no weights; throws if it is unknown or a hyperparameter is of another kind.
  public init(configuration: Configuration) throws(Diagnostic) {
    self = try ActivationFunction.table.make(configuration)
  }

  /// How a configuration keeps it: its name, or an object if it has hyperparameters.
  public var configurationValue: ConfigurationValue {
    configuration.values.isEmpty
      ? .string(configuration.className) : .configuration(configuration)
  }

  private typealias Entry = NameTable<ActivationFunction>.Entry
  private static let table = NameTable<ActivationFunction>(
    "activation",
    plain.map { activation in Entry(activation.configuration.className) { _ in activation } } + [
      Entry("swish") { _ in .silu },
      Entry("hard_swish") { _ in .hardSilu },
      Entry("exp") { _ in .exponential },
      Entry("relu", "ReLU") { (given) throws(Diagnostic) in
        .relu(
          negativeSlope: try given.number("negative_slope", default: 0),
          maxValue: try given.optionalNumber("max_value"),
          threshold: try given.number("threshold", default: 0))
      },
      Entry("leaky_relu") { (given) throws(Diagnostic) in
        .leakyRelu(negativeSlope: try given.number("negative_slope", default: 0.2))
      },
      Entry("LeakyReLU") { (given) throws(Diagnostic) in
        // Keras 2 calls the slope alpha. The layer's default is not the function's.
        .leakyRelu(
          negativeSlope: try given.number("negative_slope", "alpha", default: 0.3))
      },
      Entry("elu", "ELU") { (given) throws(Diagnostic) in
        .elu(alpha: try given.number("alpha", default: 1))
      },
      Entry("celu") { (given) throws(Diagnostic) in
        .celu(alpha: try given.number("alpha", default: 1))
      },
      Entry("gelu") { (given) throws(Diagnostic) in
        .gelu(approximate: try given.bool("approximate", default: false))
      },
      Entry("softmax", "Softmax") { (given) throws(Diagnostic) in
        .softmax(axis: try given.ints("axis", default: [-1]))
      },
      Entry("log_softmax") { (given) throws(Diagnostic) in
        .logSoftmax(axis: try given.int("axis", default: -1))
      },
      Entry("sparsemax") { (given) throws(Diagnostic) in
        .sparsemax(axis: try given.int("axis", default: -1))
      },
      Entry("glu") { (given) throws(Diagnostic) in .glu(axis: try given.int("axis", default: -1)) },
      Entry("hard_shrink") { (given) throws(Diagnostic) in
        .hardShrink(threshold: try given.number("threshold", default: 0.5))
      },
      Entry("soft_shrink") { (given) throws(Diagnostic) in
        .softShrink(threshold: try given.number("threshold", default: 0.5))
      },
      Entry("squareplus") { (given) throws(Diagnostic) in
        .squareplus(b: try given.number("b", default: 4))
      },
      Entry("threshold") { (given) throws(Diagnostic) in
        .threshold(
          try given.number("threshold"), otherwise: try given.number("default_value"))
      },
    ])

  /// Those without hyperparameters.
  private static let plain: [ActivationFunction] = [
    .linear, .sigmoid, .tanh, .selu, .softplus, .softsign, .silu, .relu6, .hardSigmoid, .hardSilu,
    .hardTanh, .mish, .exponential, .logSigmoid, .tanhShrink, .sparsePlus, .sparseSigmoid,
  ]
}
