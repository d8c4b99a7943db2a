import MartletTensors

/// An output of a layer that has a shape and no value: what the functional API wires models from.
///
///     let visible = Input(shape: [28, 28, 1])
///     let output = Dense(10)(Flatten()(visible))
///     let model = try Model(inputs: visible, outputs: output)
///
/// A mistake made on the way (a shape that a layer cannot take) is kept, and thrown by `Model`.
public final class SymbolicTensor {
  /// The sizes, the batch first; nil where unknown.
  public let shape: PartialShape
  /// The element type.
  public let dtype: DType
  /// The layer call that makes the tensor.
  let call: LayerCall
  /// Which of the call's outputs it is.
  let index: Int
  /// What went wrong on the way here.
  let failure: (any Error)?

  init(shape: PartialShape, dtype: DType, call: LayerCall, index: Int, failure: (any Error)?) {
    self.shape = shape
    self.dtype = dtype
    self.call = call
    self.index = index
    self.failure = failure
  }

  /// An input of a model.
  ///
  /// - Parameters:
  ///   - shape: The sizes of one sample, without the batch; nil for one that may vary.
  ///   - batchSize: The size of the batch, where it is fixed.
  ///   - dtype: The element type; layers make their weights of it.
  ///   - name: The input's name.
  public convenience init(
    shape: PartialShape, batchSize: Int? = nil, dtype: DType = .float32, name: String? = nil
  ) {
    let layer = InputLayer(shape: [batchSize] + shape, dtype: dtype, name: name)
    let call = LayerCall(layer, inputs: [])
    self.init(shape: [batchSize] + shape, dtype: dtype, call: call, index: 0, failure: nil)
    call.remember([self])
  }

  /// The layer whose output it is.
  public var layer: Layer { call.layer }
}

/// An input of a model: a layer of a `Sequential`, a tensor of the functional API.
public typealias Input = SymbolicTensor

/// One call of a layer on symbolic tensors: a node of a functional model.
final class LayerCall {
  let layer: Layer
  let inputs: [SymbolicTensor]
  private var weakOutputs: [Weak] = []
  /// Shapes and element types of all outputs, those that nobody kept too.
  private(set) var outputTypes: [(shape: PartialShape, dtype: DType)] = []

  init(_ layer: Layer, inputs: [SymbolicTensor]) {
    self.layer = layer
    self.inputs = inputs
    layer.calls.append(WeakCall(call: self))
  }

  func remember(_ outputs: [SymbolicTensor]) {
    weakOutputs = outputs.map(Weak.init)
    outputTypes = outputs.map { ($0.shape, $0.dtype) }
  }
  var outputs: [SymbolicTensor] { weakOutputs.compactMap(\.value) }

  private struct Weak {
    weak var value: SymbolicTensor?
    init(_ value: SymbolicTensor) { self.value = value }
  }
}

struct WeakCall { weak var call: LayerCall? }

/// The entry of a model; passes its tensor on.
public final class InputLayer: Layer {
  /// The shape with the batch.
  public let shape: PartialShape
  private let inputDType: DType

  init(shape: PartialShape, dtype: DType, name: String?) {
    self.shape = shape
    inputDType = dtype
    super.init(name: name)
  }

  public override var kerasName: String { "InputLayer" }
  public override var outputDType: DType { inputDType }
  public override func outputShape(_ input: PartialShape) -> PartialShape { input }
  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x }
  public override var configuration: Configuration {
    Configuration(
      "InputLayer",
      [
        "name": .string(name), "batch_shape": .list(shape.map { .optional($0) }),
        "dtype": .string("\(inputDType)"),
      ])
  }
}

extension Layer {
  /// The symbolic outputs of the layer for symbolic inputs.
  public final func outputs(of inputs: [SymbolicTensor]) -> [SymbolicTensor] {
    let call = LayerCall(self, inputs: inputs)
    var failure = inputs.lazy.compactMap(\.failure).first
    var shapes: [PartialShape] = [[]]
    if failure == nil {
      do {
        let given = inputs.map(\.shape)
        try build(for: given, dtypes: inputs.map(\.dtype))
        shapes = try outputShapes(given)
      } catch { failure = error }
    }
    let outputs = shapes.enumerated().map {
      SymbolicTensor(
        shape: $1, dtype: outputDType, call: call, index: $0, failure: failure)
    }
    call.remember(outputs)
    return outputs
  }

  /// The layer in a functional model: its symbolic output for a symbolic input.
  public final func callAsFunction(_ input: SymbolicTensor) -> SymbolicTensor {
    outputs(of: [input])[0]
  }

  /// The symbolic output for several symbolic inputs.
  public final func callAsFunction(_ inputs: [SymbolicTensor]) -> SymbolicTensor {
    outputs(of: inputs)[0]
  }

  /// The layer's value: builds it if needed; traps on a shape it cannot take.
  public final func callAsFunction(
    _ x: Tensor, training: Bool = false, mask: Tensor? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let context = CallContext(training: training, file: file, line: line).with(masks: [mask])
    return run([x], context).outputs[0]
  }

  /// The layer's value for several inputs.
  public final func callAsFunction(
    _ inputs: [Tensor], training: Bool = false, masks: [Tensor?]? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    outputs(of: inputs, training: training, masks: masks, file: file, line: line)[0]
  }

  /// All values of a layer of several inputs or outputs.
  public final func outputs(
    of inputs: [Tensor], training: Bool = false, masks: [Tensor?]? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    let context = CallContext(training: training, file: file, line: line)
    return run(inputs, context.with(masks: masks ?? inputs.map { _ in nil })).outputs
  }

  /// The layer's value as a part of another's call: mode, losses and caller's line are handed on;
  /// masks are those of the context.
  public final func callAsFunction(_ x: Tensor, _ context: CallContext) -> Tensor {
    run([x], context).outputs[0]
  }

  /// All values as a part of another layer's call.
  public final func outputs(of inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    run(inputs, context).outputs
  }

  /// The symbolic output of the layer's first call, from which a model of a part can be made.
  public final var output: SymbolicTensor? {
    calls.lazy.compactMap(\.call).first?.outputs.first
  }

  /// The symbolic input of the layer's first call.
  public final var input: SymbolicTensor? {
    calls.lazy.compactMap(\.call).first?.inputs.first
  }
}
