import MartletTensors

/// A step of a model with weights of its own: hyperparameters, `build`, `call`.
///
/// A layer's own init takes the hyperparameters. When the shape of its input is first known,
/// `build` makes the weights; `call` computes the output. A user's layer overrides what it needs:
///
///     final class Scale: Layer {
///       private var factor: Variable!
///       override func build(_ input: PartialShape) throws {
///         factor = addWeight("factor", [try known(-1, of: input)], .ones)
///       }
///       override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x * factor.value }
///     }
///
/// Calling one layer twice shares its weights. A layer belongs to one task.
open class Layer: CustomStringConvertible {
  /// What the layer is called in summaries, files and messages; numbered when a model is built,
  /// unless it was given.
  public internal(set) final var name: String
  /// Whether the name was given, not numbered.
  public private(set) final var hasGivenName: Bool
  /// The names of the models and layers around it, and its own: `encoder/dense_1`.
  public internal(set) final var path: String
  /// Whether training changes the weights; sets the layers inside as well.
  public final var trainable = true {
    didSet {
      if trainable != oldValue { configurationChanged() }
      for (_, layer) in innerLayers { layer.trainable = trainable }
    }
  }
  /// A penalty on the layer's output, divided by the batch size and added to the loss.
  public final var activityRegularizer: Regularizer? { didSet { configurationChanged() } }
  /// Whether the weights have been made.
  public private(set) final var isBuilt = false
  /// The shapes of the inputs that the layer was built for.
  public private(set) final var builtShapes: [PartialShape] = []
  /// The element type of the weights: that of the first floating point input.
  public private(set) final var dtype = DType.float32
  private(set) final var inputDTypes: [DType] = []
  /// The element type of the first input: that of layers which only move elements.
  final var firstInputDType: DType { inputDTypes.first ?? dtype }

  final var ownWeights: [Weight] = []
  final var ownSources: [RandomSource] = []
  /// The first mistake made in `addWeight`, for `build(for:)` to throw.
  private var failedWeight: Diagnostic?
  final var calls: [WeakCall] = []
  private var checkedShapes: [Shape] = []
  /// The layers inside, remembered once the layer is built: reflection is slow.
  final var knownSublayers: [(name: String, layer: Layer)]?

  /// Creates a layer; without a name it takes that of its class, `conv2d`, and a number.
  public init(name: String? = nil) {
    self.name = name ?? ""
    hasGivenName = name != nil
    path = self.name
    if name == nil {
      self.name = snakeCase(kerasName)
      path = self.name
    }
  }

  // MARK: What a layer overrides

  /// The class' name in Keras and in summaries.
  open var kerasName: String { "\(type(of: self))" }

  /// Makes the weights, with `addWeight`, for an input of this shape; throws a `Diagnostic` if the
  /// layer cannot take it.
  open func build(_ input: PartialShape) throws {}

  /// The same for a layer of several inputs.
  open func build(inputs: [PartialShape]) throws { try build(single(inputs)) }

  /// The output.
  open func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    trap(
      Diagnostic(
        path, "the layer computes nothing", expected: "an override of call(_:_:)",
        got: "the class \(kerasName) without one"),
      file: context.file, line: context.line)
  }

  /// The outputs of a layer of several inputs or outputs.
  open func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    [call(inputs[0], context)]
  }

  /// The output's shape, found without a value; throws a `Diagnostic` if the layer cannot take the
  /// input.
  ///
  /// Without an override the layer is called on recorded, never computed, zeros.
  open func outputShape(_ input: PartialShape) throws -> PartialShape {
    try probedShapes([input])[0]
  }

  /// The same for a layer of several inputs or outputs.
  open func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    inputs.count == 1 ? [try outputShape(inputs[0])] : try probedShapes(inputs)
  }

  /// Whether a mask of the input is one of the output too.
  open var supportsMasking: Bool { false }

  /// The masks of the outputs; by default that of the first input where the layer supports masks.
  open func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    supportsMasking ? [masks.first ?? nil] : [nil]
  }

  /// The element type of the outputs.
  open var outputDType: DType { dtype }

  /// Whether the layer asks for whole numbers, of which a conversion might lose digits.
  var takesWholeNumbers: Bool { false }

  /// How many rows the table has of which the layer takes those that its input numbers; nil for a
  /// layer without one.
  var tableSize: Int? { nil }

  /// Whether every call with inputs of the same shapes does the same: steps of training are then
  /// replayed without calling the layer.
  ///
  /// The library's own layers say yes where it is so, and classes of one's own no. A layer that
  /// overrides it may read and assign its weights and draw from its `addRandomSource`; what it
  /// computes may depend on nothing else that changes, unless it calls `configurationChanged()` then.
  open var isReplayable: Bool { Replay.isLibrary(self, module: "MartletLayers") }

  /// Says that something was set on which calls depend: steps are recorded anew.
  public final func configurationChanged() { changes.add() }
  private final let changes = Changes()

  /// What was set on the layer and on all layers inside.
  package final var changesThroughout: [Changes] {
    var found: [Changes] = []
    walk { found.append($0.changes) }
    return found
  }

  /// Whether the layer and all layers inside are replayable.
  package final var isReplayableThroughout: Bool {
    var found = true
    walk { if !$0.isReplayable { found = false } }
    return found
  }

  /// The layers inside, under the names of the properties that hold them; found by reflection.
  open var sublayers: [(name: String, layer: Layer)] { reflectedSublayers() }

  /// Class and hyperparameters under Keras' names; enough to make the layer again for those that
  /// are `ConfigurableLayer`s.
  open var configuration: Configuration {
    var configuration = Configuration(
      kerasName, ["name": .string(name), "trainable": .bool(trainable)])
    if let activityRegularizer {
      configuration["activity_regularizer"] = .configuration(activityRegularizer.configuration)
    }
    return configuration
  }

  /// Takes name, `trainable` and activity regularizer from a configuration; the last line of every
  /// `init(configuration:)`.
  public final func adopt(_ configuration: Configuration) throws(Diagnostic) {
    if let name = try configuration.optionalString("name") {
      self.name = name
      path = name
      hasGivenName = true
    }
    if try !configuration.bool("trainable", default: true) { trainable = false }
    activityRegularizer = try configuration.regularizer("activity_regularizer")
  }

  // MARK: Weights

  /// Makes a weight; to be called from `build`.
  ///
  /// - Parameters:
  ///   - name: Its name, unique in the layer: `kernel`.
  ///   - shape: Its shape.
  ///   - initializer: Its first value.
  ///   - regularizer: A penalty on it, added to the loss.
  ///   - constraint: What keeps it in bounds after each update.
  ///   - trainable: Whether gradients change it.
  @discardableResult
  public final func addWeight(
    _ name: String, _ shape: Shape, _ initializer: Initializer, regularizer: Regularizer? = nil,
    constraint: Constraint? = nil, trainable: Bool = true, dtype: DType? = nil
  ) -> Variable {
    var mistake = initializer.mistake(shape)
    if let who = mistake?.who { mistake?.who = "\(path)/\(name): \(who)" }
    failedWeight = failedWeight ?? mistake
    let dtype = dtype ?? self.dtype
    let variable = Variable(
      mistake == nil ? initializer(shape, dtype: dtype) : .zeros(shape, dtype: dtype),
      name: path + "/" + name, isTrainable: trainable)
    if let constraint {
      variable.constraint = { constraint($0) }
      variable.isConstraintReplayable = true
    }
    ownWeights.append(Weight(name: name, variable: variable, regularizer: regularizer))
    return variable
  }

  /// Makes a source of random numbers that is saved with checkpoints; its seed is given, or drawn
  /// from the source that `withRandomSeed` set.
  public final func addRandomSource(seed: Int? = nil) -> RandomSource {
    let source =
      seed.map { RandomSource(seed: UInt64(bitPattern: Int64($0))) }
      ?? RandomSource.implicit.makeSource()
    ownSources.append(source)
    return source
  }

  // MARK: Building and running

  final var innerLayers: [(name: String, layer: Layer)] { knownSublayers ?? sublayers }

  /// Makes the weights if there are none yet.
  ///
  /// On an error the layer is as it was.
  public final func build(for inputs: [PartialShape], dtypes: [DType] = []) throws {
    if isBuilt { return }
    inputDTypes = inputs.indices.map { $0 < dtypes.count ? dtypes[$0] : .float32 }
    dtype = inputDTypes.first { $0.isFloating } ?? .float32
    do {
      failedWeight = nil
      try build(inputs: inputs)
      if let failedWeight { throw failedWeight }
    } catch {
      ownWeights = []
      ownSources = []
      throw error
    }
    builtShapes = inputs
    isBuilt = true
    configurationChanged()
    knownSublayers = sublayers
    for (_, layer) in innerLayers where layer.trainable && !trainable { layer.trainable = false }
    nameWeights()
  }

  /// What undoes a build that has not come yet.
  func undoOfBuild() -> () -> Void {
    let before = (isBuilt, builtShapes, dtype, inputDTypes, ownWeights, ownSources, knownSublayers)
    let (shapes, names) = (checkedShapes, (name, path))
    return { [self] in
      (isBuilt, builtShapes, dtype, inputDTypes, ownWeights, ownSources, knownSublayers) = before
      checkedShapes = shapes
      (name, path) = names
      configurationChanged()
    }
  }

  /// What undoes a build, that of the layers inside too: for those who build before they know that
  /// all is well.
  package final func undoOfBuildThroughout() -> () -> Void {
    var steps: [() -> Void] = []
    walk { steps.append($0.undoOfBuild()) }
    return { for step in steps { step() } }
  }

  /// Runs the layer on values: builds it if needed, checks the shapes, calls it, adds its activity
  /// regularization.
  ///
  /// Traps with a diagnostic, at the caller's line, on a shape that does not fit.
  final func run(
    _ inputs: [Tensor], _ context: CallContext
  ) -> (outputs: [Tensor], masks: [Tensor?]) {
    let shapes = inputs.map(\.shape)
    if !isBuilt || shapes != checkedShapes {
      do {
        let partial = shapes.map { $0.map(Optional.some) }
        if !isBuilt {
          try build(
            for: partial.map { [nil] + $0.dropFirst() }, dtypes: inputs.map(\.dtype))
        }
        if !isProbing { _ = try outputShapes(partial) }
      } catch let error as Diagnostic {
        trap(error, file: context.file, line: context.line)
      } catch {
        trap(Diagnostic(path, "\(error)"), file: context.file, line: context.line)
      }
      checkedShapes = shapes
    }
    if Replay.isRecording {
      Replay.note(changesThroughout)
      if !isReplayableThroughout { Replay.refuse() }
    }
    let outputs = call(inputs, context)
    if let activityRegularizer {
      for output in outputs {
        context.add(loss: activityRegularizer(output) / Double(Swift.max(output.shape[0], 1)))
      }
    }
    var masks = [Tensor?](repeating: nil, count: outputs.count)
    if context.masks.contains(where: { $0 != nil }) || makesMasks {
      let found = outputMasks(inputs, context.masks)
      for index in masks.indices where index < found.count { masks[index] = found[index] }
    }
    return (outputs, masks)
  }

  /// Whether the layer gives masks to inputs that have none.
  open var makesMasks: Bool { false }

  /// Set while the layer is called only to learn the shape of its output.
  private var isProbing = false

  /// The output shapes as calls on recorded zeros show them: each unknown size is tried as two
  /// numbers, and is unknown in the output where that differs.
  private func probedShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    if isProbing { return inputs }
    isProbing = true
    defer { isProbing = false }
    func outputs(_ size: Int) -> [Shape] {
      let zeros = zip(inputs, inputDTypes).map { shape, dtype in
        Tensor.zeros(shape.map { $0 ?? size }, dtype: dtype)
      }
      let context = CallContext().with(masks: inputs.map { _ in nil })
      context.isProbing = true
      return call(zeros, context).map(\.shape)
    }
    if inputs.allSatisfy({ $0.allSatisfy { $0 != nil } }) {
      return outputs(0).map { $0.map(Optional.some) }
    }
    return zip(outputs(64), outputs(96)).map { a, b in
      zip(a, b).map { $0 == $1 ? $0 : nil }
    }
  }

  private func single(_ inputs: [PartialShape]) throws(Diagnostic) -> PartialShape {
    if inputs.count == 1 { return inputs[0] }
    throw Diagnostic(
      path, "the layer was given several inputs", expected: "one input", got: "\(inputs.count)")
  }

  public var description: String {
    let values = configuration.values.filter { $0.key != "name" && $0.key != "trainable" }
    let text = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }
    return "\(kerasName) \"\(name)\" (" + text.joined(separator: ", ") + ")"
  }
}

/// Calls and training change what a layer holds; two tasks that did so at once would race. So the
/// compiler is told that a layer, or a model, may be handed over to a task, and never shared: `clone`
/// makes another one.
@available(*, unavailable)
extension Layer: Sendable {}

/// A layer that a configuration makes again: what `clone` and files need.
public protocol ConfigurableLayer: Layer {
  /// Makes the layer from Keras' names; throws a `Diagnostic` that names what is missing or wrong.
  init(configuration: Configuration) throws
}

/// A weight, with what only its layer knows.
struct Weight {
  let name: String
  let variable: Variable
  let regularizer: Regularizer?
}
