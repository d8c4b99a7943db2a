import MartletTensors

/// A net of layers with inputs and outputs: itself a layer, and what is trained, evaluated and
/// saved.
///
/// There are three ways to make one: `Sequential`, a stack; `Model(inputs:outputs:)`, the
/// functional API; and a subclass with layers in its properties and its own `call`.
open class Model: Layer {
  /// The wiring of a functional model; nil for a subclass, and for a Sequential not built yet.
  final var graph: LayerGraph?
  /// The names of the inputs, where the model was made from a dictionary.
  public internal(set) final var inputNames: [String] = []
  /// The names of the outputs: those given, or the names of the layers that make them.
  public internal(set) final var outputNames: [String] = []
  /// Predictions that have been recorded, for inputs of several shapes.
  package final let heldPredictions = HeldSteps()
  /// What `compile` keeps with the model.
  package final var training: AnyObject?
  /// The number of elements of the optimizer's state and their bytes, for the summary.
  package final var optimizerSize: (() -> (parameters: Int, bytes: Int))?
  private let isPlain: Bool

  /// For subclasses, which override `call` and hold their layers in properties.
  public override init(name: String? = nil) {
    isPlain = false
    super.init(name: name)
  }

  /// A functional model from symbolic inputs to symbolic outputs.
  ///
  /// Throws the first mistake made while the layers were wired, naming the layer; and if an output
  /// depends on an input that is not listed.
  public init(
    inputs: [SymbolicTensor], outputs: [SymbolicTensor], name: String? = nil
  ) throws {
    isPlain = true
    super.init(name: name)
    try wire(inputs, outputs)
  }

  /// A functional model of one input and one output.
  public convenience init(
    inputs: SymbolicTensor, outputs: SymbolicTensor, name: String? = nil
  ) throws {
    try self.init(inputs: [inputs], outputs: [outputs], name: name)
  }

  /// A functional model of one input and several outputs.
  public convenience init(
    inputs: SymbolicTensor, outputs: [SymbolicTensor], name: String? = nil
  ) throws {
    try self.init(inputs: [inputs], outputs: outputs, name: name)
  }

  /// A functional model of several inputs and one output.
  public convenience init(
    inputs: [SymbolicTensor], outputs: SymbolicTensor, name: String? = nil
  ) throws {
    try self.init(inputs: inputs, outputs: [outputs], name: name)
  }

  /// A functional model whose inputs and outputs go by name.
  public convenience init(
    inputs: KeyValuePairs<String, SymbolicTensor>, outputs: KeyValuePairs<String, SymbolicTensor>,
    name: String? = nil
  ) throws {
    try self.init(inputs: inputs.map(\.value), outputs: outputs.map(\.value), name: name)
    inputNames = inputs.map(\.key)
    outputNames = outputs.map(\.key)
  }

  final func wire(_ inputs: [SymbolicTensor], _ outputs: [SymbolicTensor]) throws {
    let graph = try LayerGraph(inputs: inputs, outputs: outputs, owner: name)
    try nameLayers(graph.layers, in: name)
    self.graph = graph
    knownSublayers = nil
    configurationChanged()
    inputNames = inputs.map(\.layer.name)
    outputNames = outputs.map(\.layer.name)
    try build(for: inputs.map(\.shape), dtypes: inputs.map(\.dtype))
    place(in: nil)
  }

  open override var kerasName: String { isPlain ? "Functional" : "\(type(of: self))" }

  open override var configuration: Configuration { wiring }

  /// The symbolic inputs of a functional or built Sequential model.
  public final var inputs: [SymbolicTensor] { graph?.inputs ?? [] }
  /// The symbolic outputs of a functional or built Sequential model.
  public final var outputs: [SymbolicTensor] { graph?.outputs ?? [] }

  /// The layers, in Keras' order; the inputs of a functional model are layers too.
  open var layers: [Layer] { graph?.layers ?? reflectedSublayers().map(\.layer) }

  /// The layer of a name; throws where there is none, listing those there are.
  public final func layer(named name: String) throws -> Layer {
    if let found = layers.first(where: { $0.name == name }) { return found }
    throw Diagnostic(
      self.name, "it has no layer \"\(name)\"",
      expected: layers.map(\.name).joined(separator: ", "), got: "\"\(name)\"")
  }

  open override var sublayers: [(name: String, layer: Layer)] {
    graph == nil ? reflectedSublayers() : layers.map { ($0.name, $0) }
  }

  open override func build(inputs: [PartialShape]) throws {}

  open override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    guard let graph else { return try super.outputShapes(inputs) }
    try check(inputs, graph)
    return try graph.outputShapes(inputs)
  }

  open override var outputDType: DType { graph?.outputs.first?.dtype ?? dtype }

  open override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    guard let graph else { return super.call(inputs, context) }
    let (outputs, masks) = graph.run(inputs, context)
    lastMasks = masks
    return outputs
  }

  open override var makesMasks: Bool { true }
  open override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    defer { lastMasks = [] }
    return lastMasks
  }
  private var lastMasks: [Tensor?] = []

  /// The element type that an input is brought to before the model is called; nil if it stays as
  /// it is.
  ///
  /// As in Keras it is that of the model's input; whole numbers stay for layers that ask for them.
  package final func neededType(ofInput index: Int, _ given: DType) -> DType? {
    guard let graph else { return given.isFloating && given != dtype ? dtype : nil }
    guard index < graph.inputs.count else { return nil }
    let wanted = graph.inputs[index].dtype
    if wanted == given || given.isInteger && isReadAsWholeNumbers(index) { return nil }
    return wanted
  }

  private func isReadAsWholeNumbers(_ index: Int) -> Bool {
    guard let readers = graph?.readers[index] else { return false }
    return !readers.isEmpty && readers.allSatisfy { $0.layer.takesWholeNumbers }
  }

  override var takesWholeNumbers: Bool {
    inputs.indices.allSatisfy { isReadAsWholeNumbers($0) } && !inputs.isEmpty
  }

  override func undoOfBuild() -> () -> Void {
    let undo = super.undoOfBuild()
    let before = (graph, inputNames, outputNames)
    return { [self] in
      undo()
      (graph, inputNames, outputNames) = before
    }
  }

  private func check(_ shapes: [PartialShape], _ graph: LayerGraph) throws(Diagnostic) {
    let expected = graph.inputs.map(\.shape)
    if shapes.count != expected.count {
      throw Diagnostic(
        path, "the model was given the wrong number of inputs",
        expected: "\(expected.count): \(inputNames.joined(separator: ", "))",
        got: "\(shapes.count)")
    }
    for (index, (want, got)) in zip(expected, shapes).enumerated() where !want.admits(got) {
      throw Diagnostic(
        path, "input \"\(inputNames[index])\" does not fit the model", expected: want.text,
        got: got.text)
    }
  }

  /// The model's outputs and masks for values, with extra losses gathered in the context: what
  /// `fit` and custom steps run.
  public final func forward(
    _ inputs: [Tensor], _ context: CallContext
  ) -> (outputs: [Tensor], masks: [Tensor?]) {
    run(inputs, context)
  }
}
