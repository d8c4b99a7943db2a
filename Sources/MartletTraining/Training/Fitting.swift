import MartletTensors

/// Everything `fit` is told besides the data.
struct FitOptions {
  var epochs: Int
  var initialEpoch: Int
  var stepsPerEpoch: Int?
  var validation: (any BatchSource)?
  var validationSteps: Int?
  var validationFrequency: any ValidationFrequency
  var classWeight: [Int: Double]?
  /// Class weights by the names of the outputs.
  var classWeights: [String: [Int: Double]]?
  var callbacks: [any Callback]
  var verbose: Verbosity
  var checkingValues: Bool
  /// Whether all data were checked before the first step.
  var isChecked = false

  var weighsClasses: Bool { classWeight != nil || classWeights != nil }
}

extension Model {
  /// The loop behind every `fit`; an error before the first step leaves all as it was.
  final func train(_ begin: () throws -> (TrainingRun, FitOptions)) throws -> History {
    let compilation = try requireCompilation("fit")
    let (run, options) = try undoingBuild(begin)
    while run.epoch < run.epochs && !run.isStopping {
      try runEpoch(run, compilation, options)
      run.epoch += 1
    }
    for optimizer in run.optimizers { optimizer.finalizeVariables() }
    run.history.stopped = run.stopReason
    for callback in run.callbacks { try callback.trainingEnded(run) }
    return run.history
  }

  /// What is done before the first step.
  ///
  /// `all` is all of the data, on which everything is checked; without it the first batch is checked
  /// now, and each batch as it comes.
  final func begin(
    on source: any BatchSource, checking all: PreparedBatch?, _ options: FitOptions
  ) throws -> (TrainingRun, FitOptions) {
    let who = "fit"
    let compilation = try requireCompilation(who)
    try checkCounts(options, who)
    var (source, options) = (source, options)
    options.isChecked = all != nil
    var sample = all
    if all == nil {
      guard let peeked = try PeekedBatches(source, epoch: options.initialEpoch) else {
        throw noData(who)
      }
      source = peeked
      try requireSamples(peeked.first, who)
      sample = try prepared(peeked.first, who, for: .training)
    }
    if let sample {
      try requireSamples(sample.batch, who)
      let ready = try weighted(sample, options, who)
      try checkBatch(ready, compilation, who)
      try checkValues(ready, compilation, who, checkingValues: options.checkingValues)
    }
    if all == nil, let validation = options.validation {
      // What does not fit is found before the first epoch, not after it.
      guard let peeked = try PeekedBatches(validation, epoch: 0) else { throw noData(who) }
      _ = try checked(peeked.first, compilation, who, for: .evaluation)
      options.validation = peeked
    }
    return (try began(on: source, compilation, options), options)
  }

  /// The run, with its callbacks and the optimizer's slots ready.
  private final func began(
    on source: any BatchSource, _ compilation: Compilation, _ options: FitOptions
  ) throws -> TrainingRun {
    try checkTrainable(trainableVariables, compilation, "fit")
    let optimized = optimized(compilation)
    let undoes = optimized.map { $0.optimizer.undoOfBuild() }
    for (optimizer, variables) in optimized { optimizer.build(for: variables) }
    let trackers = runningTrackers(compilation, training: true)
    let run = TrainingRun(
      model: self, optimizer: compilation.optimizer,
      otherOptimizers: stepOptimizers(compilation).filter { $0 !== compilation.optimizer },
      epochs: options.epochs, initialEpoch: options.initialEpoch,
      stepsPerEpoch: options.stepsPerEpoch ?? source.batchCount,
      hasValidation: options.validation != nil,
      validationNames: options.validation == nil
        ? [] : runningTrackers(compilation, training: false).names,
      callbacks: options.callbacks + options.verbose.callback, source: source, trackers: trackers)
    run.isSilent = options.verbose == .silent
    trackers.reset()
    do {
      for callback in run.callbacks { try callback.trainingBegan(run) }
    } catch {
      if let before = run.restored?.before { try? run.restore(before) }
      for undo in undoes { undo() }
      throw error
    }
    run.restoreCallbacks()
    run.restored = nil
    return run
  }

  private final func runEpoch(
    _ run: TrainingRun, _ compilation: Compilation, _ options: FitOptions
  ) throws {
    let epoch = run.epoch
    if let resumed = run.resumedBatch {
      run.batch = resumed
      run.resumedBatch = nil
    } else {
      run.batch = 0
      run.trackers.reset()
      // With a number of steps the data go on from epoch to epoch.
      if options.stepsPerEpoch == nil { run.cursor.start(epoch: epoch) }
    }
    run.beginEpoch()
    for callback in run.callbacks { try callback.epochBegan(epoch, run) }
    while options.stepsPerEpoch.map({ run.batch < $0 }) ?? true, !run.isStopping {
      guard var batch = try nextBatch(run, options) else { break }
      for callback in run.callbacks { try callback.batchBegan(run.batch, run) }
      if !options.isChecked || options.weighsClasses {
        let ready = try weighted(try prepared(batch, "fit", for: .training), options, "fit")
        if !options.isChecked {
          try checkBatch(ready, compilation, "fit")
          try checkValues(ready, compilation, "fit", checkingValues: options.checkingValues)
        }
        batch = ready.batch
      }
      try step(batch, compilation, training: true, "fit")
      run.batch += 1
      for callback in run.callbacks { try callback.batchEnded(run.batch - 1, run) }
      if Task.isCancelled { run.interrupt("the task was cancelled") }
    }
    if run.batch == 0 {
      // Nothing was measured that could be recorded.
      if !run.isStopping {
        run.stop("the data ran out")
        run.announce("\nEpoch \(epoch + 1): there are no data left, training ends")
      }
      return
    }
    var logs = run.trackers.logs
    if let validation = options.validation, !run.isStopping || isLastBatch(run),
      options.validationFrequency.validatedEpochs.contains(epoch + 1)
    {
      for callback in run.callbacks { try callback.validationBegan(epoch, run) }
      let found = try evaluatePass(
        validation, compilation, steps: options.validationSteps, callbacks: run.callbacks,
        isChecked: options.isChecked, isPartOfTraining: true)
      for entry in found.entries { logs["val_" + entry.name] = entry.value }
    }
    run.logs = logs
    for callback in run.callbacks { try callback.epochEnded(epoch, run) }
    run.history.epochs.append(epoch)
    run.history.logs.append(run.logs)
    for callback in run.callbacks { try callback.epochRecorded(epoch, run) }
  }

  private final func isLastBatch(_ run: TrainingRun) -> Bool {
    run.stepsPerEpoch.map { run.batch >= $0 } ?? false
  }

  /// The next batch; with a number of steps per epoch the data start over when they end.
  private final func nextBatch(_ run: TrainingRun, _ options: FitOptions) throws -> Batch? {
    if let batch = try run.cursor.next() { return batch }
    if options.stepsPerEpoch == nil { return nil }
    run.cursor.start(epoch: run.cursor.epoch + 1)
    return try run.cursor.next()
  }

  private final func checkCounts(_ options: FitOptions, _ who: String) throws(Diagnostic) {
    func require(_ holds: Bool, _ what: String, _ expected: String, _ got: String)
      throws(Diagnostic)
    {
      if !holds { throw Diagnostic(who, what, expected: expected, got: got) }
    }
    try require(
      options.epochs >= 0, "the number of epochs is negative", "0 or more", "\(options.epochs)")
    try require(
      options.initialEpoch >= 0, "the initial epoch is negative", "0 or more",
      "\(options.initialEpoch)")
    try require(
      options.stepsPerEpoch ?? 1 > 0, "the number of steps per epoch is not positive",
      "1 or more", "\(options.stepsPerEpoch ?? 0)")
    try require(
      options.validationSteps ?? 1 > 0, "the number of validation steps is not positive",
      "1 or more", "\(options.validationSteps ?? 0)")
    try require(
      options.validationFrequency.validatedEpochs.isPossible,
      "the validation frequency is not positive", "1 or more", "\(options.validationFrequency)")
  }

  private final func checkTrainable(
    _ variables: [Variable], _ compilation: Compilation, _ who: String
  ) throws(Diagnostic) {
    if variables.isEmpty {
      throw Diagnostic(
        who, "the model has no trainable weights", expected: "one at least",
        got: "\(weights.count) weights, all frozen", fix: "set trainable on a layer")
    }
    if !hasCustomStep(for: .training), compilation.losses.allSatisfy({ $0 == nil }) {
      throw Diagnostic(
        who, "the model was compiled without a loss", expected: "a loss for one output at least",
        got: "none", fix: "call compile(optimizer:loss:)")
    }
  }

  /// The batch with its class weights as sample weights.
  private final func weighted(
    _ ready: PreparedBatch, _ options: FitOptions, _ who: String
  ) throws -> PreparedBatch {
    if !options.weighsClasses { return ready }
    if hasCustomStep(for: ready.purpose) {
      throw Diagnostic(
        who, "class weights do not reach a train step of the model's own",
        expected: "none", got: "class weights",
        fix: "give sample weights, which the step finds in its batch")
    }
    var ready = ready
    let batch = ready.batch
    if batch.weights != nil || options.classWeight != nil && batch.targets.count != 1 {
      throw Diagnostic(
        who, "class weights need samples without weights, and one output or names",
        expected: "one target, or classWeights with the names of outputs; no sample weights",
        got: "\(batch.targets.count) targets, \(batch.weights?.count ?? 0) weights")
    }
    let names = trainedOutputNames
    for name in (options.classWeights ?? [:]).keys.sorted() where !names.contains(name) {
      throw Diagnostic(
        who, "class weights have a name that no output has",
        expected: names.joined(separator: ", "), got: "\"\(name)\"")
    }
    let counts = Swift.min(batch.targets.count, ready.predictionShapes.count)
    ready.batch.weights = try (0..<counts).map { output in
      let given =
        options.classWeight ?? (output < names.count ? options.classWeights?[names[output]] : nil)
      guard let given else { return Tensor.ones([batch.sampleCount]).evaluated() }
      return try sampleWeights(
        for: batch.targets[output], classWeight: given,
        predictionShape: ready.predictionShapes[output])
    }
    return ready
  }
}
