import MartletTensors

// How `fit` and `evaluate` run steps of a model's own.
extension Model {
  /// Whether a step of the model's own takes data prepared for a purpose.
  final func hasCustomStep(for purpose: Purpose) -> Bool {
    switch purpose {
    case .training: self is any CustomTrainStep
    case .evaluation: self is any CustomTestStep
    case .prediction: false
    }
  }

  /// What the logs call the values of a step.
  final func valueNames(_ compilation: Compilation, training: Bool) -> [String] {
    let own =
      training
      ? (self as? any CustomTrainStep)?.trainStepNames
      : (self as? any CustomTestStep)?.testStepNames
    return own ?? lossNames(compilation)
  }

  /// The optimizers that a step of training applies, with what they change.
  final func optimized(
    _ compilation: Compilation
  ) -> [(optimizer: Optimizer, variables: [Variable])] {
    (self as? any CustomTrainStep)?.optimizedVariables
      ?? [(compilation.optimizer, trainableVariables)]
  }

  /// The optimizers that a step of training applies, each once.
  final func stepOptimizers(_ compilation: Compilation) -> [Optimizer] {
    guard let custom = self as? any CustomTrainStep else { return [compilation.optimizer] }
    return custom.optimizedVariables.map(\.optimizer).reduce(into: []) { found, next in
      if !found.contains(where: { $0 === next }) { found.append(next) }
    }
  }

  /// A step, recorded: the model's own, or the standard one.
  final func recordResult(
    _ batch: Batch, _ compilation: Compilation, _ trackers: Trackers, training: Bool
  ) throws -> StepResult {
    let custom =
      training
      ? (self as? any CustomTrainStep)?.trainStep : (self as? any CustomTestStep)?.testStep
    guard let custom else {
      return training
        ? recordTrainingStep(batch, compilation)
        : recordLoss(batch, compilation, training: false)
    }
    let optimizers = training ? stepOptimizers(compilation) : []
    // Gone before the step is evaluated: weights that nobody holds are updated in place.
    let undo = undoOfStep(optimizers + [compilation.optimizer], trackers)
    do {
      return try checked(
        custom(batch), batch, compilation, trackers, training ? "trainStep" : "testStep")
    } catch {
      undo()
      throw error
    }
  }

  /// Throws if the standard step of evaluation has nothing to measure on a model whose train step is
  /// its own.
  final func checkStandardTest(_ compilation: Compilation, _ who: String) throws(Diagnostic) {
    let measuresNothing =
      compilation.losses.allSatisfy { $0 == nil } && measuredOutputs(compilation) == 0
    if measuresNothing, self is any CustomTrainStep {
      throw Diagnostic(
        who, "there is nothing to evaluate",
        expected: "a test step, or a loss for the standard one",
        got: "\(type(of: self)), compiled without a loss",
        fix: "conform to CustomTestStep, or call compile(optimizer:loss:)")
    }
  }

  /// Throws if data do not fit what is known of a step of the model's own.
  final func checkCustomStep(
    _ batch: Batch, _ compilation: Compilation, _ who: String, training: Bool
  ) throws {
    try checkRows(batch, who)
    let names = runningTrackers(compilation, training: training).names
    let property = training ? "trainStepNames" : "testStepNames"
    if valueNames(compilation, training: training).isEmpty {
      throw Diagnostic(
        who, "\(property) is empty", expected: "a name at least", got: "none",
        fix: "let the step return its loss")
    }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw Diagnostic(
        who, "two entries of the logs have one name",
        expected: "other names in \(property) than those of the compiled metrics",
        got: "\"\(twice)\" twice")
    }
    let needed = measuredOutputs(compilation)
    if let weights = batch.weights, weights.count > 1, weights.count < needed {
      throw Diagnostic(
        who, "there are too few sample weights for the compiled metrics",
        expected: "1, for all outputs, or \(needed)", got: "\(weights.count)")
    }
    if batch.targets.count < needed {
      throw Diagnostic(
        who, "there are too few targets for the compiled metrics", expected: "\(needed)",
        got: "\(batch.targets.count)",
        fix: "compile without metrics, and let the step return what it measures")
    }
  }

  /// The result of a step of the model's own with its values in the order of the logs.
  private final func checked(
    _ result: StepResult, _ batch: Batch, _ compilation: Compilation, _ trackers: Trackers,
    _ step: String
  ) throws -> StepResult {
    let who = "\(name).\(step)"
    let (names, found) = (trackers.valueNames, result.values.map(\.name))
    if found.sorted() != names.sorted() {
      throw Diagnostic(
        who, "the step did not return the values that \(step)Names lists",
        expected: names.joined(separator: ", "), got: found.joined(separator: ", "))
    }
    for (name, value) in result.values where value.rank != 0 {
      throw Diagnostic(
        who, "the value \"\(name)\" is no scalar", expected: "()", got: "\(value.shape)",
        fix: "return its mean or its sum")
    }
    let needed = measuredOutputs(compilation)
    if result.predictions.count < needed {
      throw Diagnostic(
        who, "the step returned too few predictions for the compiled metrics",
        expected: "\(needed), one for each output", got: "\(result.predictions.count)",
        fix: "return StepResult([…], predictions: […])")
    }
    for metrics in [compilation.metrics, compilation.weightedMetrics] {
      for (output, group) in metrics.enumerated() {
        for metric in group {
          try metric.check(
            targetShape: batch.targets[output].shape,
            predictionShape: result.predictions[output].shape)
        }
      }
    }
    let values = names.map { name in result.values.first { $0.name == name }! }
    return StepResult(values, result.predictions, result.masks)
  }

  /// How many of the outputs the compiled metrics look at, counted up to the last of them.
  private final func measuredOutputs(_ compilation: Compilation) -> Int {
    [compilation.metrics, compilation.weightedMetrics]
      .map { $0.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0 }.max() ?? 0
  }

  /// What undoes a step that has been recorded, not evaluated.
  private final func undoOfStep(
    _ optimizers: [Optimizer], _ trackers: Trackers
  ) -> () -> Void {
    let builds = optimizers.map { $0.undoOfBuild() }
    let variables = weights + optimizers.flatMap(\.variables) + trackers.states
    // Not read by the step.
    let values = Replay.aside { variables.map(\.value) }
    let states = statefulLayers.map { ($0, $0.keptStates) }
    let sources = (randomSources + [.implicit]).map { ($0, $0.seed, $0.draws) }
    return {
      for undo in builds { undo() }
      for (variable, value) in zip(variables, values) { variable.assign(value) }
      for (layer, kept) in states { layer.keptStates = kept }
      for (source, seed, draws) in sources { source.restart(seed: seed, draws: draws) }
    }
  }
}
