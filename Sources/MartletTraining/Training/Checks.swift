import MartletTensors

// What fit, evaluate and predict look at before the first step, so that an error leaves model and
// optimizer as they were.
extension Model {
  /// The result of checks that may build the model; if one of them throws, it is not built after all.
  final func undoingBuild<Result>(_ checks: () throws -> Result) throws -> Result {
    if isBuilt { return try checks() }
    let undo = undoOfBuildThroughout()
    do {
      return try checks()
    } catch {
      undo()
      throw error
    }
  }

  /// The batch with its named tensors in the order of the model's inputs and outputs, and inputs in
  /// the model's element types; builds the model if this is the first data it sees.
  final func prepared(
    _ batch: Batch, _ who: String, for purpose: Purpose
  ) throws -> PreparedBatch {
    var batch = batch
    batch.inputs = try ordered(batch.inputs, batch.inputNames, inputNames, "input", who)
    if !batch.targets.isEmpty {
      batch.weights = try orderedWeights(batch, who)
      batch.targets = try ordered(batch.targets, batch.targetNames, outputNames, "output", who)
    }
    batch.inputNames = nil
    batch.targetNames = nil
    batch.weightNames = nil
    try checkRows(Batch(inputs: batch.inputs), who)
    let shapes = batch.inputs.map { $0.shape.map(Optional.some) }
    let predictions = try undoingBuild { () throws -> [Shape] in
      try build(
        for: shapes.map { [nil] + $0.dropFirst() }, dtypes: batch.inputs.map(\.dtype))
      // A step of the model's own may read inputs that its call would not take.
      if hasCustomStep(for: purpose), isBuiltThroughout { return [] }
      return try outputShapes(shapes).map { $0.map { $0 ?? 0 } }
    }
    var isConverted = false
    for (index, input) in batch.inputs.enumerated() {
      guard let wanted = neededType(ofInput: index, input.dtype) else { continue }
      // Computed at once: a step is replayed for tensors that have their values.
      batch.inputs[index] = input.cast(to: wanted).evaluated()
      isConverted = true
    }
    return PreparedBatch(
      batch: batch, predictionShapes: predictions, isConverted: isConverted, purpose: purpose)
  }

  /// Whether no layer is left to be built.
  private final var isBuiltThroughout: Bool {
    var isBuilt = true
    walk { if !$0.isBuilt { isBuilt = false } }
    return isBuilt
  }

  /// The weights in the order of the outputs, with ones for an output that is not named.
  ///
  /// Weights without names stand in the order of the targets.
  private final func orderedWeights(_ batch: Batch, _ who: String) throws(Diagnostic) -> [Tensor]? {
    guard let weights = batch.weights else { return nil }
    guard let names = batch.weightNames else {
      return try weights.count == batch.targets.count
        ? ordered(weights, batch.targetNames, outputNames, "output", who) : weights
    }
    let known = outputNames.isEmpty ? batch.targetNames ?? [] : outputNames
    for name in names where !known.contains(name) {
      throw Diagnostic(
        who, "sample weights have a name that no output has",
        expected: known.joined(separator: ", "), got: "\"\(name)\"")
    }
    return known.map { name in
      names.firstIndex(of: name).map { weights[$0] } ?? Tensor.ones([batch.sampleCount]).evaluated()
    }
  }

  private final func ordered(
    _ tensors: [Tensor], _ names: [String]?, _ wanted: [String], _ what: String, _ who: String
  ) throws(Diagnostic) -> [Tensor] {
    guard let names, !wanted.isEmpty else { return tensors }
    for name in names where !wanted.contains(name) {
      throw Diagnostic(
        who, "the model has no \(what) of this name",
        expected: wanted.joined(separator: ", "), got: "\"\(name)\"")
    }
    var result: [Tensor] = []
    for name in wanted {
      guard let index = names.firstIndex(of: name) else {
        throw Diagnostic(
          who, "the data lack an \(what)", expected: wanted.joined(separator: ", "),
          got: names.joined(separator: ", "))
      }
      result.append(tensors[index])
    }
    return result
  }

  /// Throws unless all tensors have as many samples as the first input.
  final func checkRows(_ batch: Batch, _ who: String) throws(Diagnostic) {
    let count = batch.sampleCount
    for (what, tensors) in [
      ("input", batch.inputs), ("target", batch.targets), ("weight", batch.weights ?? []),
    ] {
      for (index, tensor) in tensors.enumerated() {
        if tensor.rank == 0 {
          throw Diagnostic(
            who, "\(what) \(index) is a scalar", expected: "samples along the first axis",
            got: "()")
        }
        if tensor.shape[0] != count {
          throw Diagnostic(
            who, "inputs and \(what)s differ in the number of samples", expected: "\(count)",
            got: "\(tensor.shape[0]), shape \(tensor.shape)")
        }
      }
    }
  }

  /// Throws unless targets and weights of a batch fit the model and its losses.
  final func checkBatch(
    _ ready: PreparedBatch, _ compilation: Compilation, _ who: String
  ) throws {
    let (batch, predictions) = (ready.batch, ready.predictionShapes)
    if hasCustomStep(for: ready.purpose) {
      return try checkCustomStep(
        batch, compilation, who, training: ready.purpose == .training)
    }
    try checkStandardTest(compilation, who)
    if compilation.losses.count != predictions.count {
      throw Diagnostic(
        who, "the number of losses is not that of the outputs", expected: "\(predictions.count)",
        got: "\(compilation.losses.count)", fix: "compile with one loss for each output")
    }
    if batch.targets.count != predictions.count {
      let isFew = batch.targets.count < predictions.count
      throw Diagnostic(
        who, "there are too \(isFew ? "few" : "many") targets",
        expected: "\(predictions.count), one for each output",
        got: "\(batch.targets.count)")
    }
    if let weights = batch.weights, weights.count > 1, weights.count != predictions.count {
      throw Diagnostic(
        who, "the number of sample weights is not that of the outputs",
        expected: "1, for all outputs, or \(predictions.count)", got: "\(weights.count)",
        fix: "give the weights by the names of the outputs")
    }
    try checkRows(batch, who)
    for (index, loss) in compilation.losses.enumerated() {
      let target = batch.targets[index].shape
      try loss?.check(targetShape: target, predictionShape: predictions[index])
      if let weight = batch.weight(of: index) {
        try loss?.check(
          weightShape: weight.shape, targetShape: target,
          targetType: batch.targets[index].dtype, predictionShape: predictions[index])
      }
      for metrics in [compilation.metrics, compilation.weightedMetrics]
      where index < metrics.count {
        for metric in metrics[index] {
          try metric.check(targetShape: target, predictionShape: predictions[index])
        }
      }
    }
    compilation.classCounts = zip(compilation.losses, predictions).map {
      $0?.classCount(predictionShape: $1)
    }
  }

  /// A batch that nobody has seen, checked but for NaN and infinities.
  final func checked(
    _ batch: Batch, _ compilation: Compilation, _ who: String, for purpose: Purpose
  ) throws -> PreparedBatch {
    try undoingBuild {
      let ready = try prepared(batch, who, for: purpose)
      try checkBatch(ready, compilation, who)
      try checkLabels(ready, compilation)
      try checkIndices(ready, who)
      return ready
    }
  }

  /// Throws if a class number of a batch that fits otherwise is out of range.
  final func checkLabels(_ ready: PreparedBatch, _ compilation: Compilation) throws {
    if hasCustomStep(for: ready.purpose) { return }
    for (index, loss) in compilation.losses.enumerated() {
      try loss?.check(
        targets: ready.batch.targets[index], predictionShape: ready.predictionShapes[index])
    }
  }

  /// Whether the class numbers of a batch that nobody has checked are in the range found before, and
  /// the rows that it numbers are there: a look at labels and indices, that a step may be replayed
  /// without more ado.
  final func hasKnownNumbers(_ batch: Batch, _ compilation: Compilation) -> Bool {
    hasKnownLabels(batch, compilation) && batch.inputNames == nil && hasKnownIndices(batch.inputs)
  }

  private final func hasKnownLabels(_ batch: Batch, _ compilation: Compilation) -> Bool {
    guard batch.targetNames == nil, let counts = compilation.classCounts,
      counts.count == batch.targets.count
    else { return false }
    for (index, loss) in compilation.losses.enumerated() {
      guard let loss, let classes = counts[index] else { continue }
      if loss.firstWrongLabel(in: batch.targets[index], classes: classes) != nil { return false }
    }
    return true
  }

  /// Throws if an input or a floating point target holds NaN or an infinity, or if a class number
  /// or an index is out of range.
  final func checkValues(
    _ ready: PreparedBatch, _ compilation: Compilation, _ who: String, checkingValues: Bool
  ) throws {
    let batch = ready.batch
    if checkingValues {
      for (what, tensors) in [("input", batch.inputs), ("target", batch.targets)] {
        for (index, tensor) in tensors.enumerated() where tensor.dtype.isFloating {
          if tensor.isFinite().all().item() == 0 {
            let others = (.!tensor.isFinite()).cast(to: .int64).sum().item(of: Int64.self)
            throw Diagnostic(
              who, "\(what) \(index) holds NaN or an infinity", expected: "finite numbers",
              got: "\(others) of \(tensor.count) that are not",
              fix: "clean the data, or pass checkingValues: false")
          }
        }
      }
    }
    try checkLabels(ready, compilation)
    try checkIndices(ready, who)
  }
}

/// What data are for.
enum Purpose { case training, evaluation, prediction }

/// A batch whose tensors stand in the order of a model's inputs and outputs.
struct PreparedBatch {
  var batch: Batch
  /// The shapes of the predictions for it, one for each output; those of a step of the model's own
  /// are not always known.
  let predictionShapes: [Shape]
  /// Whether inputs were of another element type than the model's.
  let isConverted: Bool
  let purpose: Purpose
}
