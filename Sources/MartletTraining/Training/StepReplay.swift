import MartletTensors

// A step that came out alike twice is replayed: nothing of the model, the losses, the optimizer and
// the metrics is called, only their numbers are asked. Where code of the user's own takes part, each
// step is recorded anew.
extension Model {
  /// Runs a step on a batch: replays one like it, or records it.
  final func step(
    _ batch: Batch, _ compilation: Compilation, training: Bool, _ who: String
  ) throws {
    if !replayStep(batch, compilation, training: training) {
      try checkStates(batch.sampleCount, who)
      try recordStep(batch, compilation, training: training)
    }
  }

  /// Throws if a stateful layer goes on from states of another number of samples.
  private func checkStates(_ count: Int, _ who: String) throws(Diagnostic) {
    for layer in statefulLayers {
      if var mistake = layer.mistake(batch: count) {
        mistake.who = who + ": " + mistake.who
        throw mistake
      }
    }
  }

  /// Throws if the batches of data in memory will not all be of the size that stateful layers need.
  final func checkStates(_ samples: Int, inBatchesOf size: Int, _ who: String) throws(Diagnostic) {
    if samples == 0 || statefulLayers.isEmpty { return }
    let (size, rest) = (Swift.min(samples, size), samples % Swift.min(samples, size))
    if rest != 0 {
      throw Diagnostic(
        who, "stateful layers need batches of one size",
        expected: "a batch size that divides the number of samples",
        got: "\(samples) samples in batches of \(size): the last has \(rest)")
    }
    try checkStates(size, who)
  }

  /// Replays a step of training or of evaluation; says no, with nothing changed, where it has to be
  /// recorded.
  final func replayStep(_ batch: Batch, _ compilation: Compilation, training: Bool) -> Bool {
    guard batch.inputNames == nil, batch.targetNames == nil, batch.weightNames == nil,
      let trackers = training ? compilation.trackers : compilation.testTrackers
    else { return false }
    let kind = kind(of: batch, training: training)
    if compilation.held.replay(kind, batch.tensors) == nil { return false }
    trackers.count(batch)
    return true
  }

  /// Records a step on a batch that has been prepared and checked, and evaluates it.
  final func recordStep(_ batch: Batch, _ compilation: Compilation, training: Bool) throws {
    let optimizers = training ? stepOptimizers(compilation) : []
    let trackers = runningTrackers(compilation, training: training)
    let kind = kind(of: batch, training: training)
    _ = try compilation.held.record(kind, batch.tensors) {
      changesThroughout + optimizers.map(\.changes)
    } variables: {
      weights + optimizers.flatMap(\.stepVariables) + trackers.states
    } _: {
      if !isReplayableThroughout { Replay.refuse() }
      trackers.update(
        try recordResult(batch, compilation, trackers, training: training), batch)
      trackers.settle()
      return []
    }
  }

  /// The predictions for a batch, evaluated: replayed where one like it was predicted before.
  final func predictions(
    for batch: Batch, _ who: String, isChecked: Bool = false
  ) throws -> [Tensor] {
    func replayed(_ inputs: [Tensor]) -> [Tensor]? { heldPredictions.replay(inputs.count, inputs) }
    if batch.inputNames == nil, isChecked || hasKnownIndices(batch.inputs),
      let known = replayed(batch.inputs)
    {
      return known
    }
    let ready = try isChecked ? prepared(batch, who, for: .prediction) : preparedInputs(batch, who)
    let inputs = ready.batch.inputs
    // Inputs by name are known only in their order, others in the model's element types.
    if batch.inputNames != nil || ready.isConverted, let known = replayed(inputs) { return known }
    try checkStates(batch.sampleCount, who)
    return heldPredictions.record(inputs.count, inputs) {
      changesThroughout
    } variables: {
      weights
    } _: {
      forward(inputs, CallContext()).outputs.map { $0.evaluated() }
    }
  }

  /// What tells a step from others of the same model on tensors of the same shapes.
  private func kind(of batch: Batch, training: Bool) -> Int {
    (training ? 1 : 0) << 48 | batch.inputs.count << 32 | batch.targets.count << 16
      | (batch.weights?.count ?? 0xFFFF)
  }
}
