import MartletTensors

extension Model {
  /// Loss and metrics on data in memory: the loss first, then the metrics as compiled.
  ///
  /// - Throws: a `Diagnostic` for an uncompiled model or data that do not fit.
  @discardableResult
  public final func evaluate(
    _ x: Tensor, _ y: Tensor? = nil, batchSize: Int = 32, sampleWeight: Tensor? = nil,
    steps: Int? = nil, verbose: Verbosity = .silent, callbacks: [any Callback] = [],
    checkingValues: Bool = true
  ) throws -> Logs {
    try evaluate(
      Batch(x, y, weights: sampleWeight), batchSize: batchSize, steps: steps, verbose: verbose,
      callbacks: callbacks, checkingValues: checkingValues)
  }

  /// Loss and metrics on several inputs and outputs in memory.
  @discardableResult
  public final func evaluate(
    _ data: Batch, batchSize: Int = 32, steps: Int? = nil, verbose: Verbosity = .silent,
    callbacks: [any Callback] = [], checkingValues: Bool = true
  ) throws -> Logs {
    try checkBatchSize(batchSize, "evaluate")
    let compilation = try requireCompilation("evaluate")
    try requireSamples(data, "evaluate")
    let ready = try undoingBuild {
      let ready = try prepared(data, "evaluate", for: .evaluation)
      try checkBatch(ready, compilation, "evaluate")
      try checkValues(ready, compilation, "evaluate", checkingValues: checkingValues)
      return ready
    }
    return try evaluatePass(
      try TensorDataset(ready.batch).batched(batchSize), compilation, steps: steps,
      callbacks: callbacks + verbose.callback, isChecked: true)
  }

  /// Loss and metrics on a source of batches.
  @discardableResult
  public final func evaluate(
    _ data: some BatchSource, steps: Int? = nil, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> Logs {
    let compilation = try requireCompilation("evaluate")
    return try evaluatePass(
      data, compilation, steps: steps, callbacks: callbacks + verbose.callback)
  }

  final func evaluatePass(
    _ source: any BatchSource, _ compilation: Compilation, steps: Int?,
    callbacks: [any Callback], isChecked: Bool = false, isPartOfTraining: Bool = false
  ) throws -> Logs {
    let trackers = runningTrackers(compilation, training: false)
    // An evaluation in the middle of an epoch leaves the epoch's own means as they are.
    let before = trackers.saved
    defer { trackers.saved = before }
    trackers.reset()
    let pass = Pass(.evaluation, self, batchCount: steps ?? source.batchCount) { trackers.logs }
    pass.isPartOfTraining = isPartOfTraining
    let reader = try source.makeReader(epoch: 0, from: 0)
    for callback in callbacks { try callback.passBegan(pass) }
    while steps.map({ pass.batch < $0 }) ?? true, let batch = try reader.next() {
      if isChecked {
        try step(batch, compilation, training: false, "evaluate")
      } else if !hasKnownNumbers(batch, compilation)
        || !replayStep(batch, compilation, training: false)
      {
        let ready = try checked(batch, compilation, "evaluate", for: .evaluation)
        try step(ready.batch, compilation, training: false, "evaluate")
      }
      pass.batch += 1
      for callback in callbacks { try callback.passAdvanced(pass) }
    }
    if pass.batch == 0 {
      throw Diagnostic(
        "evaluate", "there are no data", expected: "one batch at least", got: "none")
    }
    for callback in callbacks { try callback.passEnded(pass) }
    return trackers.logs
  }

  final func requireSamples(_ data: Batch, _ who: String) throws(Diagnostic) {
    if data.sampleCount == 0 { throw noData(who) }
  }

  final func noData(_ who: String) -> Diagnostic {
    Diagnostic(who, "there are no data", expected: "one sample at least", got: "0 samples")
  }
}
