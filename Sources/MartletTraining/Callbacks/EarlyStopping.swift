import MartletTensors

/// Which values of a monitored number are better.
public enum MonitorMode: String, Sendable {
  /// What the metric says of itself; losses are better when lower.
  case auto
  case min
  case max

  /// Whether higher is better; throws where `.auto` cannot tell.
  public func isHigherBetter(_ monitor: String, _ run: TrainingRun, _ who: String)
    throws(Diagnostic)
    -> Bool
  {
    switch self {
    case .min: return false
    case .max: return true
    case .auto:
      if monitor == "loss" || monitor.hasSuffix("_loss") { return false }
      if let direction = run.metric(named: monitor)?.direction { return direction == .maximize }
      throw Diagnostic(
        who, "which values of \"\(monitor)\" are better is not known",
        expected: "mode .min or .max", got: ".auto")
    }
  }
}

/// Ends training when a monitored number has stopped to improve.
///
/// Pass it to `fit` in `callbacks`. With `patience` 0, as it is by default, one epoch without an
/// improvement ends the training.
public final class EarlyStopping: Callback {
  public let monitor: String
  public let minDelta: Double
  public let patience: Int
  public let mode: MonitorMode
  public let baseline: Double?
  public let restoreBestWeights: Bool
  public let startFromEpoch: Int
  private var higherIsBetter = false
  private var wait = 0
  private var best: Double?
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
    self.monitor = monitor
    self.minDelta = abs(minDelta)
    self.patience = patience
    self.mode = mode
    self.baseline = baseline
    self.restoreBestWeights = restoreBestWeights
    self.startFromEpoch = startFromEpoch
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    try run.require(monitor: monitor, "EarlyStopping")
    higherIsBetter = try mode.isHigherBetter(monitor, run, "EarlyStopping")
    (wait, best, bestEpoch, bestWeights) = (0, nil, 0, nil)
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) {
    guard let value = run.logs[monitor], epoch >= startFromEpoch else { return }
    if restoreBestWeights && bestWeights == nil {
      bestWeights = run.model.getWeights()
      bestEpoch = epoch
    }
    wait += 1
    if isBetter(value, than: best) {
      best = value
      bestEpoch = epoch
      if restoreBestWeights { bestWeights = run.model.getWeights() }
      if baseline == nil || isBetter(value, than: baseline) { wait = 0 }
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

  private func isBetter(_ value: Double, than other: Double?) -> Bool {
    guard let other else { return !value.isNaN }
    return higherIsBetter ? value - minDelta > other : value + minDelta < other
  }

  public var state: [String: Double]? {
    get {
      var state = ["wait": Double(wait), "bestEpoch": Double(bestEpoch)]
      state["best"] = best
      return state
    }
    set {
      guard let newValue else { return }
      wait = Int(newValue["wait"] ?? 0)
      bestEpoch = Int(newValue["bestEpoch"] ?? 0)
      best = newValue["best"]
    }
  }

  /// The weights of the best epoch, for a checkpoint.
  public var tensors: [Tensor] {
    get { bestWeights ?? [] }
    set { bestWeights = newValue.isEmpty ? nil : newValue }
  }
}
