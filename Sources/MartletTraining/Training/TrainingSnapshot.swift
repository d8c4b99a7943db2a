import MartletTensors

/// Everything a run needs to go on with the same bits in another process: weights, optimizer,
/// random numbers, the position in the data, running means, history, and what callbacks remember.
public struct TrainingSnapshot: Sendable {
  /// The tensors, by names that say whose they are: `weight/3`, `optimizer/0`,
  /// `optimizer/1/0` of another optimizer than the compiled one, `tracker/1`, `state/0/1` of a
  /// stateful layer, `callback/2/0`.
  public var tensors: [(name: String, value: Tensor)]
  /// The rest.
  public var progress: Progress

  /// What of a snapshot is no tensor.
  public struct Progress: Sendable, Codable {
    /// The epoch that runs, from 0.
    public var epoch: Int
    /// The batches of it that are done.
    public var batch: Int
    /// Whether the epoch has not begun.
    public var isBetweenEpochs = false
    /// Where in the data the run stands.
    public var data: DatasetState
    /// Loss and metrics of the epochs that are done.
    public var history: History
    /// The samples behind the running means.
    public var samples: Double
    /// Seed and number of draws of each source of random numbers in the model, and of the program's.
    public var sources: [[UInt64]]
    /// What each callback remembers.
    public var callbacks: [[String: Double]]
    /// Names and shapes of the weights, to recognise the model by.
    public var weights: [String]
  }

  /// A snapshot read from a file.
  public init(tensors: [(name: String, value: Tensor)], progress: Progress) {
    self.tensors = tensors
    self.progress = progress
  }
}

extension TrainingRun {
  /// The state after the batch that was done last.
  ///
  /// Values are captured, not copied.
  public func snapshot() -> TrainingSnapshot {
    var tensors: [(name: String, value: Tensor)] = []
    func add(_ group: String, _ values: [Tensor]) {
      for (index, value) in values.enumerated() { tensors.append(("\(group)/\(index)", value)) }
    }
    add("weight", model.getWeights())
    for (optimizer, group) in zip(optimizers, optimizerGroups) {
      add(group, optimizer.variables.map(\.value))
    }
    add("tracker", trackers.saved.states)
    for (index, layer) in model.statefulLayers.enumerated() {
      add("state/\(index)", layer.keptStates ?? [])
    }
    for (index, callback) in callbacks.enumerated() { add("callback/\(index)", callback.tensors) }
    let progress = TrainingSnapshot.Progress(
      epoch: epoch, batch: batch, data: cursor.state, history: history,
      samples: trackers.saved.samples, sources: sources.map { [$0.seed, UInt64($0.draws)] },
      callbacks: callbacks.map { $0.state ?? [:] }, weights: weightTexts)
    return TrainingSnapshot(tensors: tensors, progress: progress)
  }

  /// The state after an epoch, from which the next one begins; to be called from `epochRecorded`.
  public func snapshotOfNextEpoch() -> TrainingSnapshot {
    var snapshot = snapshot()
    snapshot.progress.epoch = epoch + 1
    snapshot.progress.batch = 0
    snapshot.progress.isBetweenEpochs = true
    return snapshot
  }

  /// Puts a run back to a snapshot; to be called from `trainingBegan`.
  ///
  /// Throws a `Diagnostic`, with nothing changed, if the snapshot is of another model or of another
  /// list of callbacks.
  public func restore(_ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    var groups: [String: [Tensor]] = [:]
    for (name, value) in snapshot.tensors {
      let group = name.split(separator: "/").dropLast().joined(separator: "/")
      groups[group, default: []].append(value)
    }
    func refuse(_ what: String, _ expected: String, _ got: String) -> Diagnostic {
      Diagnostic(
        "restore", what, expected: expected, got: got,
        fix: "continue with the model, optimizer and callbacks of the run that was saved")
    }
    if progress.weights != weightTexts {
      throw refuse(
        "the snapshot is of another model", weightTexts.joined(separator: ", "),
        progress.weights.joined(separator: ", "))
    }
    if progress.callbacks.count != callbacks.count || progress.sources.count != sources.count {
      throw refuse(
        "the snapshot is of a run with other callbacks or layers",
        "\(callbacks.count) callbacks, \(sources.count) sources of random numbers",
        "\(progress.callbacks.count) and \(progress.sources.count)")
    }
    let pairs =
      zip(optimizers, optimizerGroups).map { ($0.variables, groups[$1] ?? []) }
      + [(trackers.states, groups["tracker"] ?? [])]
    for (variables, values) in pairs {
      if variables.map(\.shape) != values.map(\.shape) && !values.isEmpty {
        if variables.isEmpty || variables.count > values.count {
          throw refuse(
            "the snapshot is of another optimizer or other metrics",
            variables.map { "\($0.shape)" }.joined(separator: " "),
            values.map { "\($0.shape)" }.joined(separator: " "))
        }
      }
    }
    let resumed = try BatchCursor(source, resuming: progress.data)
    let before = restored?.before ?? self.snapshot()
    try model.setWeights(groups["weight"] ?? [])
    for (variables, values) in pairs {
      for (variable, value) in zip(variables, values) { variable.assign(value) }
    }
    for (index, layer) in model.statefulLayers.enumerated() {
      layer.keptStates = groups["state/\(index)"]
    }
    trackers.saved = (progress.samples, groups["tracker"] ?? [])
    for (source, state) in zip(sources, progress.sources) {
      source.restart(seed: state[0], draws: state[1])
    }
    restored = (snapshot, before)
    restoreCallbacks()
    cursor = resumed
    history = progress.history
    epoch = progress.epoch
    batch = progress.batch
    resumedBatch = progress.isBetweenEpochs ? nil : progress.batch
  }

  /// Gives the callbacks what they remembered; once more after the last of them began, since those
  /// behind the one that restored the run have forgotten it by then.
  func restoreCallbacks() {
    guard let snapshot = restored?.snapshot else { return }
    for (index, callback) in callbacks.enumerated() {
      callback.state = snapshot.progress.callbacks[index]
      // As many as follow each other: a file lists them in their order.
      callback.tensors = snapshot.tensors.filter { $0.name.hasPrefix("callback/\(index)/") }
        .map(\.value)
    }
  }

  /// What a snapshot calls the tensors of each optimizer.
  private var optimizerGroups: [String] {
    optimizers.indices.map { $0 == 0 ? "optimizer" : "optimizer/\($0)" }
  }

  private var sources: [RandomSource] { model.randomSources + [.implicit] }

  private var weightTexts: [String] {
    model.weights.map { "\($0.dtype) \($0.shape)" }
  }
}
