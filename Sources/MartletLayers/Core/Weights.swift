import MartletTensors

extension Layer {
  /// The layer's own weights and those of the layers inside, each once, trainable before frozen
  /// in each layer: Keras' order, and that of files.
  public final var weights: [Variable] {
    var seen = Set<ObjectIdentifier>()
    var found: [Variable] = []
    collectWeights(&found, &seen)
    return found
  }

  /// The weights that training changes; traps if the layer is not built, since an empty list would
  /// train nothing in silence.
  public final var trainableVariables: [Variable] {
    requireBuilt("its trainable variables were asked for")
    return weightsByTraining().trainable
  }

  /// The weights that training does not change by gradients: moving averages, frozen layers.
  public final var nonTrainableVariables: [Variable] {
    requireBuilt("its variables were asked for")
    return weightsByTraining().frozen
  }

  /// The number of elements of all weights.
  public final var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// Keras' name for the number of elements of all weights.
  public final func countParameters() -> Int {
    requireBuilt("its parameters were counted")
    return parameterCount
  }

  /// The values of all weights, in Keras' order.
  public final func getWeights() -> [Tensor] { weights.map(\.value) }

  /// Gives all weights a value; throws, with nothing changed, if number, shape or element type of
  /// one does not fit.
  public final func setWeights(_ values: [Tensor]) throws {
    let variables = weights
    if values.count != variables.count {
      throw Diagnostic(
        path, "the number of weights differs", expected: "\(variables.count) tensors",
        got: "\(values.count)",
        fix: isBuilt ? nil : "build it first, with Input(shape:) or by calling it")
    }
    for (variable, value) in zip(variables, values)
    where variable.shape != value.shape || variable.dtype != value.dtype {
      throw Diagnostic(
        variable.name, "the value does not fit the weight",
        expected: "\(variable.dtype) \(variable.shape)", got: "\(value.dtype) \(value.shape)")
    }
    for (variable, value) in zip(variables, values) { variable.assign(value) }
  }

  /// The penalties on the trainable weights, one scalar for each weight that has a regularizer.
  public final var regularizationLosses: [Tensor] {
    Replay.note(changesThroughout)
    var found: [Tensor] = []
    var seen = Set<ObjectIdentifier>()
    walk { layer in
      guard layer.trainable else { return }
      for weight in layer.ownWeights where weight.variable.isTrainable {
        if let regularizer = weight.regularizer,
          seen.insert(ObjectIdentifier(weight.variable)).inserted
        {
          found.append(regularizer(weight.variable.value))
        }
      }
    }
    return found
  }

  /// The sources of random numbers inside, in a fixed order: part of a checkpoint.
  public final var randomSources: [RandomSource] {
    var found: [RandomSource] = []
    walk { found += $0.ownSources }
    return found
  }

  /// Visits the layer and all layers inside, each once.
  public final func walk(_ visit: (Layer) -> Void) {
    var seen = Set<ObjectIdentifier>()
    func go(_ layer: Layer) {
      guard seen.insert(ObjectIdentifier(layer)).inserted else { return }
      visit(layer)
      for (_, inner) in layer.innerLayers { go(inner) }
    }
    go(self)
  }

  /// The layer's own weights with their names, trainable before frozen.
  public final var namedWeights: [(name: String, variable: Variable)] {
    let weights = ownWeights.map { (name: $0.name, variable: $0.variable) }
    return weights.filter(\.variable.isTrainable) + weights.filter { !$0.variable.isTrainable }
  }

  private func collectWeights(_ found: inout [Variable], _ seen: inout Set<ObjectIdentifier>) {
    walk { layer in
      for (_, variable) in layer.namedWeights
      where seen.insert(ObjectIdentifier(variable)).inserted {
        found.append(variable)
      }
    }
  }

  private func weightsByTraining() -> (trainable: [Variable], frozen: [Variable]) {
    Replay.note(changesThroughout)
    var trainable: [Variable] = []
    var frozen: [Variable] = []
    var seen = Set<ObjectIdentifier>()
    walk { layer in
      for (_, variable) in layer.namedWeights
      where seen.insert(ObjectIdentifier(variable)).inserted {
        if layer.trainable && variable.isTrainable {
          trainable.append(variable)
        } else {
          frozen.append(variable)
        }
      }
    }
    return (trainable, frozen)
  }

  private func requireBuilt(_ what: String) {
    if isBuilt { return }
    trap(
      Diagnostic(
        path, "\(what) before it was built", expected: "a built layer or model",
        got: "one that knows no input shape yet",
        fix: "start the model with Input(shape:), call it once, or build(for:)"),
      file: #fileID, line: #line)
  }
}
