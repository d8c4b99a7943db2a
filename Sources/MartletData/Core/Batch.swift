import MartletTensors

/// One element of a data set: what goes into a model, what should come out, and how much it counts.
///
/// It stands for one sample before `batched(_:)`, for several after it: then the first axis of every
/// tensor is that of the samples.
public struct Batch: Sendable {
  /// What goes into the model, in the order of its inputs.
  public var inputs: [Tensor]
  /// What should come out of the model, in the order of its outputs; empty where nothing is known.
  public var targets: [Tensor]
  /// How much each sample counts: a tensor for each target, or one for all of them; nil where all
  /// count alike.
  public var weights: [Tensor]?
  /// The names of the inputs, where they have some.
  public var inputNames: [String]?
  /// The names of the targets, where they have some.
  public var targetNames: [String]?
  /// The names of the targets whose samples the weights are of, where they have some; samples of
  /// targets that are not named count 1.
  public var weightNames: [String]?

  /// Creates an element from lists of tensors.
  public init(
    inputs: [Tensor], targets: [Tensor] = [], weights: [Tensor]? = nil,
    inputNames: [String]? = nil, targetNames: [String]? = nil, weightNames: [String]? = nil
  ) {
    self.inputs = inputs
    self.targets = targets
    self.weights = weights
    self.inputNames = inputNames
    self.targetNames = targetNames
    self.weightNames = weightNames
  }

  /// Creates an element of one input, and one target and its weights where there are some.
  public init(_ x: Tensor, _ y: Tensor? = nil, weights: Tensor? = nil) {
    self.init(inputs: [x], targets: y.map { [$0] } ?? [], weights: weights.map { [$0] })
  }

  /// Creates an element of named tensors; they stand in the order of their names.
  ///
  /// Weights go by the names of the targets whose samples they are of.
  public init(
    inputs: [String: Tensor], targets: [String: Tensor] = [:], weights: [String: Tensor]? = nil
  ) {
    let inputs = inputs.sorted { $0.key < $1.key }
    let targets = targets.sorted { $0.key < $1.key }
    let weights = weights.map { $0.sorted { $0.key < $1.key } }
    self.init(
      inputs: inputs.map(\.value), targets: targets.map(\.value), weights: weights?.map(\.value),
      inputNames: inputs.map(\.key), targetNames: targets.isEmpty ? nil : targets.map(\.key),
      weightNames: weights?.map(\.key))
  }

  /// All tensors: inputs, targets, weights.
  package var tensors: [Tensor] { inputs + targets + (weights ?? []) }

  /// The size of the first axis: the number of samples in a batch; 0 if there is no tensor or the
  /// first one is a scalar.
  public var sampleCount: Int { tensors.first?.shape.first ?? 0 }

  /// The element with its tensors replaced one by one.
  func mapTensors<Failure: Error>(
    _ transform: (Int, Tensor) throws(Failure) -> Tensor
  ) throws(Failure) -> Batch {
    var result = self
    var index = 0
    func next(_ tensor: Tensor) throws(Failure) -> Tensor {
      defer { index += 1 }
      return try transform(index, tensor)
    }
    for place in inputs.indices { result.inputs[place] = try next(inputs[place]) }
    for place in targets.indices { result.targets[place] = try next(targets[place]) }
    if let weights {
      for place in weights.indices { result.weights?[place] = try next(weights[place]) }
    }
    return result
  }

  /// The element with the values of its tensors computed.
  @discardableResult
  func evaluated() -> Batch {
    // The first evaluation computes all that this thread has recorded and holds.
    for tensor in tensors { tensor.evaluated() }
    return self
  }
}

extension Batch: CustomStringConvertible {
  /// The shapes and element types: `([128, 28, 28, 1] float32) → ([128] int32)`.
  public var description: String {
    func list(_ tensors: [Tensor], _ names: [String]?) -> String {
      let parts = tensors.enumerated().map { index, tensor in
        (names.map { "\($0[index]): " } ?? "") + "\(tensor.shape) \(tensor.dtype)"
      }
      return "(" + parts.joined(separator: ", ") + ")"
    }
    var text = list(inputs, inputNames)
    if !targets.isEmpty { text += " → " + list(targets, targetNames) }
    if let weights { text += " · " + list(weights, weightNames) }
    return text
  }
}
