import MartletTensors

/// A stack of layers, each fed by the one before.
///
///     let model = Sequential {
///       Input(shape: [28, 28, 1])
///       Flatten()
///       Dense(10, activation: .softmax)
///     }
///
/// Without an `Input` it is built at the first fit, build or call. A mistake in its shapes is thrown
/// by `compile`, `fit` and the other throwing calls.
public final class Sequential: Model {
  private var entry: SymbolicTensor?
  private var stack: [Layer] = []
  /// The mistake found while the stack was wired.
  public private(set) var failure: (any Error)?

  /// A stack of the layers in a closure, which may use `if`, `for` and optionals.
  public init(name: String? = nil, @SequentialBuilder _ content: () -> [SequentialElement]) {
    super.init(name: name)
    adopt(content())
  }

  /// A stack of the layers of a list.
  public init(_ layers: [Layer] = [], name: String? = nil) {
    super.init(name: name)
    adopt(layers.map { .layer($0) })
  }

  private func adopt(_ elements: [SequentialElement]) {
    for element in elements {
      switch element {
      case .layer(let layer): stack.append(layer)
      case .input(let tensor):
        if entry == nil && stack.isEmpty {
          entry = tensor
        } else {
          failure = Diagnostic(
            name, "Input is not the first layer", expected: "one Input, in front",
            got: "an Input after \(stack.count) layers")
        }
      }
    }
    try? rewire()
  }

  public override var kerasName: String { "Sequential" }
  public override var layers: [Layer] { stack }
  public override var sublayers: [(name: String, layer: Layer)] { stack.map { ($0.name, $0) } }

  /// Puts a layer on top.
  public func add(_ layer: Layer) {
    stack.append(layer)
    try? rewire()
  }

  /// Gives an empty stack its input.
  public func add(_ input: SymbolicTensor) { adopt([.input(input)]) }

  /// Takes the top layer off and returns it; nil if there is none.
  @discardableResult
  public func pop() -> Layer? {
    let layer = stack.popLast()
    if !hasGivenInput && stack.isEmpty { entry = nil }
    try? rewire()
    return layer
  }

  /// Whether the input was given, not learnt from the first batch.
  private var hasGivenInput: Bool { entry != nil && !learntInput }
  private var learntInput = false

  /// Throws the mistake found in the shapes of the stack, if there is one.
  public func validate() throws { if let failure { throw failure } }

  private func rewire() throws {
    graph = nil
    knownSublayers = nil
    configurationChanged()
    if let failure = failure as? Diagnostic, failure.what.hasPrefix("Input is") { throw failure }
    failure = nil
    do {
      try nameLayers(stack, in: name)
      place(in: nil)
      guard let entry, !stack.isEmpty else { return }
      var output = entry
      for layer in stack { output = layer(output) }
      try wire([entry], [output])
    } catch {
      failure = error
      throw error
    }
  }

  override func undoOfBuild() -> () -> Void {
    let undo = super.undoOfBuild()
    let before = (entry, learntInput, failure)
    return { [self] in
      undo()
      (entry, learntInput, failure) = before
    }
  }

  public override func build(inputs: [PartialShape]) throws {
    if graph != nil { return }
    if let failure { throw failure }
    if stack.isEmpty {
      throw Diagnostic(name, "the model has no layers", fix: "add some")
    }
    guard inputs.count == 1 else {
      throw Diagnostic(
        name, "a Sequential has one input", expected: "one tensor", got: "\(inputs.count)")
    }
    entry = SymbolicTensor(shape: Array(inputs[0].dropFirst()), batchSize: inputs[0].first ?? nil)
    learntInput = true
    do {
      try rewire()
    } catch {
      entry = nil
      learntInput = false
      throw error
    }
  }
}

/// A layer, or an `Input`, of a `Sequential`.
public enum SequentialElement {
  /// A layer of the stack.
  case layer(Layer)
  /// What the first layer is fed.
  case input(SymbolicTensor)
}

/// Reads the closure of a `Sequential`.
@resultBuilder
public enum SequentialBuilder {
  /// A layer.
  public static func buildExpression(_ layer: Layer) -> [SequentialElement] { [.layer(layer)] }
  /// A layer, or none.
  public static func buildExpression(_ layer: Layer?) -> [SequentialElement] {
    layer.map { [.layer($0)] } ?? []
  }
  /// Several layers, in their order.
  public static func buildExpression(_ layers: [Layer]) -> [SequentialElement] {
    layers.map { .layer($0) }
  }
  /// An input: the first of a stack.
  public static func buildExpression(_ input: SymbolicTensor) -> [SequentialElement] {
    [.input(input)]
  }
  /// One after the other.
  public static func buildBlock(_ parts: [SequentialElement]...) -> [SequentialElement] {
    parts.flatMap { $0 }
  }
  /// What stands behind an `if`.
  public static func buildOptional(_ part: [SequentialElement]?) -> [SequentialElement] {
    part ?? []
  }
  /// What stands behind an `if` with an `else`.
  public static func buildEither(first part: [SequentialElement]) -> [SequentialElement] { part }
  /// What stands behind an `else`.
  public static func buildEither(second part: [SequentialElement]) -> [SequentialElement] { part }
  /// What a `for` repeats.
  public static func buildArray(_ parts: [[SequentialElement]]) -> [SequentialElement] {
    parts.flatMap { $0 }
  }
  /// What stands behind an `if #available`.
  public static func buildLimitedAvailability(
    _ part: [SequentialElement]
  ) -> [SequentialElement] { part }
}
