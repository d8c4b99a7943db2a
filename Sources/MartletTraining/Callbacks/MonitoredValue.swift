import MartletTensors

/// Which values of a monitored number are better.
public enum MonitorMode: String, Sendable {
  /// What the metric says of itself; losses are better when lower.
  case auto
  /// Lower ones.
  case min
  /// Higher ones.
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

/// A number of the logs that a callback watches: which values are better, and the best so far.
///
///     var loss = MonitoredValue("val_loss")
///     try loss.begin(run, "MyCallback")                       // as training begins
///     if let value = run.logs["val_loss"], loss.improves(with: value) { … }
public struct MonitoredValue: Sendable {
  /// The name in the logs.
  public let name: String
  /// Which values are better.
  public let mode: MonitorMode
  /// How much better a value must be to be an improvement.
  public let minDelta: Double
  /// The best value so far; nil before the first.
  public var best: Double?
  private var higherIsBetter = false

  /// Describes what is watched; `best` is a value that must be bettered at first.
  public init(
    _ name: String, mode: MonitorMode = .auto, minDelta: Double = 0, best: Double? = nil
  ) {
    self.name = name
    self.mode = mode
    self.minDelta = abs(minDelta)
    self.best = best
  }

  /// To be called as training begins; throws where the logs will not have the name, or where
  /// `.auto` cannot tell which values are better.
  public mutating func begin(_ run: TrainingRun, _ who: String) throws {
    try run.require(monitor: name, who)
    higherIsBetter = try mode.isHigherBetter(name, run, who)
  }

  /// Whether a value is an improvement on another; every number is one on nil, NaN never is.
  public func isBetter(_ value: Double, than other: Double?) -> Bool {
    guard let other else { return !value.isNaN }
    return higherIsBetter ? value - minDelta > other : value + minDelta < other
  }

  /// Whether a value is an improvement on the best so far, whose place it then takes.
  public mutating func improves(with value: Double) -> Bool {
    guard isBetter(value, than: best) else { return false }
    best = value
    return true
  }
}
