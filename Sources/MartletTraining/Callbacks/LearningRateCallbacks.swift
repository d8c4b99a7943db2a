import MartletTensors

/// Lowers the learning rate when a monitored number has stopped to improve.
public final class ReduceLROnPlateau: Callback {
  /// What the rate is multiplied by.
  public let factor: Double
  /// After how many epochs without an improvement the rate is lowered.
  public let patience: Int
  /// For how many epochs nothing is compared after the rate was lowered.
  public let cooldown: Int
  /// The rate is never lower.
  public let minLearningRate: Double
  private var monitored: MonitoredValue
  private var wait = 0
  private var coolingLeft = 0

  /// Creates the callback.
  ///
  /// - Parameters:
  ///   - monitor: The name in the logs.
  ///   - factor: What the rate is multiplied by, below 1.
  ///   - patience: After how many epochs without an improvement.
  ///   - mode: Which values are better.
  ///   - minDelta: How much better a value must be to be an improvement.
  ///   - cooldown: For how many epochs nothing is compared after the rate was lowered.
  ///   - minLearningRate: The rate is never lower.
  public init(
    monitor: String = "val_loss", factor: Double = 0.1, patience: Int = 10,
    mode: MonitorMode = .auto, minDelta: Double = 1e-4, cooldown: Int = 0,
    minLearningRate: Double = 0, file: StaticString = #fileID, line: UInt = #line
  ) {
    if factor >= 1 {
      trap(
        Diagnostic(
          "ReduceLROnPlateau", "the factor does not lower the rate", expected: "below 1",
          got: "\(factor)"),
        file: file, line: line)
    }
    monitored = MonitoredValue(monitor, mode: mode, minDelta: minDelta)
    self.factor = factor
    self.patience = patience
    self.cooldown = cooldown
    self.minLearningRate = minLearningRate
  }

  /// The name in the logs.
  public var monitor: String { monitored.name }
  /// Which values are better.
  public var mode: MonitorMode { monitored.mode }
  /// How much better a value must be to be an improvement.
  public var minDelta: Double { monitored.minDelta }

  public func trainingBegan(_ run: TrainingRun) throws {
    try monitored.begin(run, "ReduceLROnPlateau")
    try run.optimizer.requireOwnRate("ReduceLROnPlateau")
    monitored.best = nil
    (wait, coolingLeft) = (0, 0)
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) {
    run.logs["learning_rate"] = run.optimizer.learningRate
    guard let value = run.logs[monitor] else { return }
    if coolingLeft > 0 {
      coolingLeft -= 1
      wait = 0
    }
    if monitored.improves(with: value) {
      wait = 0
    } else if coolingLeft == 0 {
      wait += 1
      let rate = run.optimizer.learningRate
      if wait >= patience, rate > Double(Float(minLearningRate)) {
        let lower = Swift.max(rate * factor, minLearningRate)
        run.optimizer.learningRate = lower
        run.announce(
          "\nEpoch \(epoch + 1): ReduceLROnPlateau reducing learning rate to \(lower).")
        coolingLeft = cooldown
        wait = 0
      }
    }
  }

  public var state: [String: Double]? {
    get {
      var state = ["wait": Double(wait), "cooling": Double(coolingLeft)]
      state["best"] = monitored.best
      return state
    }
    set {
      guard let newValue else { return }
      wait = Int(newValue["wait"] ?? 0)
      coolingLeft = Int(newValue["cooling"] ?? 0)
      monitored.best = newValue["best"]
    }
  }
}

/// Sets the learning rate at the start of each epoch by a closure of the epoch, from 0, and the rate
/// so far.
public final class LearningRateScheduler: Callback {
  private let schedule: (Int, Double) -> Double
  private let announces: Bool
  /// The epoch whose rate was set last: one that is continued in its middle has it already.
  private var lastEpoch: Int?

  /// Creates the callback; with `verbose` it tells each rate.
  public init(verbose: Bool = false, _ schedule: @escaping (Int, Double) -> Double) {
    self.schedule = schedule
    announces = verbose
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    try run.optimizer.requireOwnRate("LearningRateScheduler")
    lastEpoch = nil
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) throws {
    if epoch == lastEpoch { return }
    lastEpoch = epoch
    let rate = schedule(epoch, run.optimizer.learningRate)
    guard rate.isFinite else {
      throw Diagnostic(
        "LearningRateScheduler", "the closure returned no rate", expected: "a finite number",
        got: "\(rate) for epoch \(epoch)")
    }
    run.optimizer.learningRate = rate
    if announces {
      run.announce(
        "\nEpoch \(epoch + 1): LearningRateScheduler setting learning rate to \(rate).")
    }
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) {
    run.logs["learning_rate"] = run.optimizer.learningRate
  }

  public var state: [String: Double]? {
    get { lastEpoch.map { ["epoch": Double($0)] } }
    set { lastEpoch = newValue?["epoch"].flatMap { Int(exactly: $0) } }
  }
}

extension Optimizer {
  /// Throws if a schedule gives the learning rate, so that nobody else can set it.
  fileprivate func requireOwnRate(_ who: String) throws(Diagnostic) {
    guard let schedule else { return }
    throw Diagnostic(
      who, "the learning rate cannot be set: a schedule gives it",
      expected: "an optimizer with a number as learning rate",
      got: "\(kerasName) with \(schedule.configuration.className)",
      fix: "leave out the schedule or the callback")
  }
}
