import MartletTensors

/// Ends training when a monitored number has stopped to improve.
///
/// Pass it to `fit` in `callbacks`. With `patience` 0, as it is by default, one epoch without an
/// improvement ends the training.
public final class EarlyStopping: Callback {
  /// After how many epochs without an improvement training ends.
  public let patience: Int
  /// A value that must be bettered.
  public let baseline: Double?
  /// Whether the weights of the best epoch are put back at the end.
  public let restoreBestWeights: Bool
  /// Before this epoch nothing is compared.
  public let startFromEpoch: Int
  private var monitored: MonitoredValue
  private var wait = 0
  private var bestEpoch = 0
  private var bestWeights: [Tensor]?

  /// Creates the callback.
  ///
  /// - Parameters:
  ///   - monitor: The name in the logs.
  ///   - minDelta: How much better a value must be to be an improvement.
  ///   - patience: After how many epochs without one training ends.
  ///   - mode: Which values are better.
  ///   - baseline: A value that must be bettered.
  ///   - restoreBestWeights: Whether the weights of the best epoch are put back at the end.
  ///   - startFromEpoch: Before this epoch nothing is compared.
  public init(
    monitor: String = "val_loss", minDelta: Double = 0, patience: Int = 0,
    mode: MonitorMode = .auto, baseline: Double? = nil, restoreBestWeights: Bool = false,
    startFromEpoch: Int = 0
  ) {
    monitored = MonitoredValue(monitor, mode: mode, minDelta: minDelta)
    self.patience = patience
    self.baseline = baseline
    self.restoreBestWeights = restoreBestWeights
    self.startFromEpoch = startFromEpoch
  }

  /// The name in the logs.
  public var monitor: String { monitored.name }
  /// Which values are better.
  public var mode: MonitorMode { monitored.mode }
  /// How much better a value must be to be an improvement.
  public var minDelta: Double { monitored.minDelta }

  public func trainingBegan(_ run: TrainingRun) throws {
    try monitored.begin(run, "EarlyStopping")
    monitored.best = nil
    (wait, bestEpoch, bestWeights) = (0, 0, nil)
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) {
    guard let value = run.logs[monitor], epoch >= startFromEpoch else { return }
    if restoreBestWeights && bestWeights == nil {
      bestWeights = run.model.getWeights()
      bestEpoch = epoch
    }
    wait += 1
    if monitored.improves(with: value) {
      bestEpoch = epoch
      if restoreBestWeights { bestWeights = run.model.getWeights() }
      if monitored.isBetter(value, than: baseline) { wait = 0 }
      return
    }
    if wait >= patience && epoch > 0 {
      run.stop("Epoch \(epoch + 1): early stopping")
      run.announce("Epoch \(epoch + 1): early stopping")
    }
  }

  public func trainingEnded(_ run: TrainingRun) throws {
    guard let bestWeights else { return }
    run.announce(
      "Restoring model weights from the end of the best epoch: \(bestEpoch + 1).")
    try run.model.setWeights(bestWeights)
  }

  public var state: [String: Double]? {
    get {
      var state = ["wait": Double(wait), "bestEpoch": Double(bestEpoch)]
      state["best"] = monitored.best
      return state
    }
    set {
      guard let newValue else { return }
      wait = Int(newValue["wait"] ?? 0)
      bestEpoch = Int(newValue["bestEpoch"] ?? 0)
      monitored.best = newValue["best"]
    }
  }

  /// The weights of the best epoch, for a checkpoint.
  public var tensors: [Tensor] {
    get { bestWeights ?? [] }
    set { bestWeights = newValue.isEmpty ? nil : newValue }
  }
}
