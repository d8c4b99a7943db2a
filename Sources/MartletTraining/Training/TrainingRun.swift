import MartletTensors

/// A `fit` that is running: what callbacks see and may change.
public final class TrainingRun {
  /// The model that is trained.
  public let model: Model
  /// What changes its weights: the one that `compile` was given.
  public let optimizer: Optimizer
  /// The number of the last epoch + 1.
  public let epochs: Int
  /// How many batches an epoch has, where that is known.
  public let stepsPerEpoch: Int?
  /// Whether each epoch ends with a validation.
  public let hasValidation: Bool
  /// The callbacks, in their order.
  public let callbacks: [any Callback]
  /// The epoch that runs, from 0.
  public internal(set) var epoch: Int
  /// The batches of the epoch that are done.
  public internal(set) var batch = 0
  /// What was recorded so far.
  public internal(set) var history = History()
  /// Why training is to end after this batch; nil while it goes on.
  public private(set) var stopReason: String?
  /// Whether training ends because of something outside, not because it is done.
  public private(set) var isInterrupted = false
  /// The position in the data, for a checkpoint.
  var cursor: BatchCursor
  let source: any BatchSource
  let trackers: Trackers
  let validationNames: [String]
  /// The compiled optimizer, then others that a train step of the model's own applies.
  let optimizers: [Optimizer]
  private var epochLogs: Logs?
  /// Set while a run is restored in the middle of an epoch.
  var resumedBatch: Int?
  /// The snapshot that was restored as training began, and one of what was there before.
  var restored: (snapshot: TrainingSnapshot, before: TrainingSnapshot)?

  init(
    model: Model, optimizer: Optimizer, otherOptimizers: [Optimizer], epochs: Int,
    initialEpoch: Int, stepsPerEpoch: Int?,
    hasValidation: Bool, validationNames: [String], callbacks: [any Callback],
    source: any BatchSource, trackers: Trackers
  ) {
    self.model = model
    self.optimizer = optimizer
    optimizers = [optimizer] + otherOptimizers
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
    self.hasValidation = hasValidation
    self.validationNames = validationNames
    self.callbacks = callbacks
    self.source = source
    cursor = BatchCursor(source, epoch: initialEpoch)
    self.trackers = trackers
    epoch = initialEpoch
  }

  /// Ends training after the batch that runs; `fit` returns the history so far.
  public func stop(_ reason: String = "stopped by a callback") {
    stopReason = stopReason ?? reason
  }

  /// Ends training after the batch that runs for a reason outside of it, as Ctrl-C is one: a
  /// checkpoint of the run is kept, and continued by the next.
  public func interrupt(_ reason: String = "interrupted") {
    if stopReason == nil { isInterrupted = true }
    stop(reason)
  }

  /// Whether training ends after this batch.
  public var isStopping: Bool { stopReason != nil }

  /// Loss and metrics: within an epoch the running means, computed when read; at its end those of
  /// the epoch with the validation's under `val_…`, to which a callback may add.
  public var logs: Logs {
    get { epochLogs ?? trackers.logs }
    set { epochLogs = newValue }
  }

  /// Prints a line, unless the run is silent.
  public func announce(_ text: String) { if !isSilent { print(text) } }
  var isSilent = false

  func beginEpoch() { epochLogs = nil }

  /// The names that the logs of an epoch will have.
  public var logNames: [String] { trackers.names + validationNames.map { "val_" + $0 } }

  /// The metric behind a name of the logs; nil for losses.
  public func metric(named name: String) -> Metric? {
    trackers.metric(named: name.hasPrefix("val_") ? String(name.dropFirst(4)) : name)
  }

  /// Throws a `Diagnostic` that lists the known names unless the logs will have one.
  public func require(monitor name: String, _ who: String) throws(Diagnostic) {
    if logNames.contains(name) { return }
    var fix: String?
    if name.hasPrefix("val_"), !hasValidation {
      fix = "give fit validationSplit or validationData"
    }
    throw Diagnostic(
      who, "the logs have no such name to monitor",
      expected: logNames.joined(separator: ", "), got: "\"\(name)\"", fix: fix)
  }
}
