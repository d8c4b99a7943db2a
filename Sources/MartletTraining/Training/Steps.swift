import MartletTensors

extension Model {
  /// The loss of a batch, recorded: forward pass, losses times their weights, regularization, and
  /// what layers add.
  final func recordLoss(
    _ batch: Batch, _ compilation: Compilation, training: Bool
  ) -> StepResult {
    let context = CallContext(training: training)
    let (predictions, masks) = forward(batch.inputs, context)
    var total: Tensor?
    var outputLosses: [Tensor] = []
    func add(_ term: Tensor) { total = total.map { $0 + term } ?? term }
    for (output, loss) in compilation.losses.enumerated() {
      guard let loss else { continue }
      let value = loss(
        batch.targets[output], predictions[output], sampleWeight: batch.weight(of: output),
        mask: masks[output])
      outputLosses.append(value)
      let weight = compilation.lossWeights[output]
      add(weight == 1 ? value : value * weight)
    }
    for term in regularizationLosses + context.losses { add(term) }
    let loss = total ?? Tensor.zeros([], dtype: predictions[0].dtype)
    return StepResult(
      zip(lossNames(compilation), [loss] + outputLosses).map { ($0, $1) }, predictions, masks)
  }

  /// What the logs call the values of a standard step: the loss, and with several outputs the loss of
  /// each that has one, without its weight.
  final func lossNames(_ compilation: Compilation) -> [String] {
    let names = trainedOutputNames
    if names.count == 1 { return ["loss"] }
    return ["loss"] + zip(names, compilation.losses).compactMap { $1 == nil ? nil : $0 + "_loss" }
  }

  /// One step of training on a batch: loss, gradients, update of the weights.
  final func recordTrainingStep(_ batch: Batch, _ compilation: Compilation) -> StepResult {
    let variables = trainableVariables
    var result: StepResult?
    let (_, gradients) = valueAndGradient(of: variables) {
      let found = recordLoss(batch, compilation, training: true)
      result = found
      // The optimizer divides by the same factor; what is logged is the loss itself.
      return compilation.optimizer.scaled(found.values[0].value)
    }
    compilation.optimizer.apply(gradients, to: variables)
    return result!
  }

  /// Trains on one batch and returns loss and metrics since the last `resetMetrics`.
  ///
  /// - Throws: a `Diagnostic` if the model is not compiled or the batch does not fit.
  @discardableResult
  public final func trainOnBatch(
    _ x: Tensor, _ y: Tensor? = nil, sampleWeight: Tensor? = nil
  ) throws -> Logs {
    try trainOnBatch(Batch(x, y, weights: sampleWeight))
  }

  /// Trains on one batch of any inputs and targets.
  @discardableResult
  public final func trainOnBatch(_ batch: Batch) throws -> Logs {
    try runStep(batch, training: true, "trainOnBatch")
  }

  /// Evaluates one batch and returns loss and metrics since the last `resetMetrics`.
  @discardableResult
  public final func testOnBatch(
    _ x: Tensor, _ y: Tensor? = nil, sampleWeight: Tensor? = nil
  ) throws -> Logs {
    try testOnBatch(Batch(x, y, weights: sampleWeight))
  }

  /// Evaluates one batch of any inputs and targets.
  @discardableResult
  public final func testOnBatch(_ batch: Batch) throws -> Logs {
    try runStep(batch, training: false, "testOnBatch")
  }

  private final func runStep(_ batch: Batch, training: Bool, _ who: String) throws -> Logs {
    let compilation = try requireCompilation(who)
    if !hasKnownNumbers(batch, compilation)
      || !replayStep(batch, compilation, training: training)
    {
      let ready = try checked(batch, compilation, who, for: training ? .training : .evaluation)
      try step(ready.batch, compilation, training: training, who)
    }
    return runningTrackers(compilation, training: training).logs
  }

  /// Starts the running loss and metrics of `trainOnBatch` and `testOnBatch` anew.
  public final func resetMetrics() {
    compilation?.trackers?.reset()
    compilation?.testTrackers?.reset()
  }

  /// The means and metrics of training or of evaluation: the same where their values have the same
  /// names.
  final func runningTrackers(_ compilation: Compilation, training: Bool) -> Trackers {
    let (known, other) = (compilation.trackers, compilation.testTrackers)
    let names = valueNames(compilation, training: training)
    if let trackers = training ? known : other, trackers.valueNames == names { return trackers }
    var made = known ?? other
    if made?.valueNames != names { made = nil }
    let trackers = made ?? Trackers(names, compilation, outputNames: trainedOutputNames)
    if training { compilation.trackers = trackers } else { compilation.testTrackers = trackers }
    return trackers
  }

  /// The names of the outputs; a subclass' are numbered.
  final var trainedOutputNames: [String] {
    if !outputNames.isEmpty { return outputNames }
    let count = compilation?.losses.count ?? 1
    return (0..<count).map { count == 1 ? "output" : "output_\($0)" }
  }
}
