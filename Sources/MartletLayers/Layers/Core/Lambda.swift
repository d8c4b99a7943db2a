import MartletTensors

/// A closure as a layer without weights: `Lambda { $0 * 2 - 1 }`.
///
/// The output's shape is found by calling the closure on zeros. Files cannot keep a closure: write a
/// `Layer` of your own for what is to be saved.
public final class Lambda: Layer, ConfigurableLayer {
  private let function: ([Tensor], CallContext) -> Tensor
  private let maskFunction: ((Tensor, Tensor?) -> Tensor?)?

  /// A layer of one input.
  ///
  /// - Parameters:
  ///   - mask: The output's mask from the input and its mask; without it the output has none.
  ///   - function: The output.
  public init(
    mask: ((Tensor, Tensor?) -> Tensor?)? = nil, name: String? = nil,
    _ function: @escaping (Tensor) -> Tensor
  ) {
    self.function = { inputs, _ in function(inputs[0]) }
    maskFunction = mask
    super.init(name: name)
  }

  /// A layer of several inputs, or of one that must know of the call: training or inference, masks.
  public init(
    mask: ((Tensor, Tensor?) -> Tensor?)? = nil, name: String? = nil,
    _ function: @escaping ([Tensor], CallContext) -> Tensor
  ) {
    self.function = function
    maskFunction = mask
    super.init(name: name)
  }

  /// Throws: a configuration holds no Swift closure.
  public convenience init(configuration c: Configuration) throws {
    throw Diagnostic(
      "Lambda", "a closure cannot be made from a configuration",
      expected: "a layer that is described by its hyperparameters",
      got: "Lambda \"\(try c.optionalString("name") ?? "")\"",
      fix: "write it as a Layer of your own, and pass its class in custom")
  }

  public override var isReplayable: Bool { false }

  public override func build(inputs: [PartialShape]) {}

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    [function(inputs, context)]
  }

  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    [maskFunction.flatMap { $0(inputs[0], masks.first ?? nil) }]
  }
}
