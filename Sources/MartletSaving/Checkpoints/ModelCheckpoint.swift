import Foundation
import MartletFormats
import MartletTraining

/// Saves the model, or its weights, while it is trained.
///
/// The path may hold `{epoch}`, `{epoch:02d}` (from 1) and names of the logs, `{val_loss:.2f}`. A
/// path that ends in `.keras` saves the model, `.weights.h5` or `.safetensors` its weights.
public final class ModelCheckpoint: Callback {
  /// The file, with places for numbers.
  public let path: String
  /// Whether only an improvement is saved.
  public let saveBestOnly: Bool
  /// When the file is written.
  public let saveFrequency: SaveFrequency
  /// Whether each save is told.
  public let verbose: Bool
  private var monitored: MonitoredValue
  private var batches = 0

  /// Creates the callback.
  ///
  /// - Parameters:
  ///   - path: The file, as above.
  ///   - monitor: What must improve with `saveBestOnly`.
  ///   - saveBestOnly: Whether only an improvement is saved.
  ///   - mode: Which values are better.
  ///   - saveFrequency: When the file is written.
  ///   - initialValueThreshold: What must be bettered at first.
  public init(
    _ path: String, monitor: String = "val_loss", verbose: Bool = false,
    saveBestOnly: Bool = false, mode: MonitorMode = .auto,
    saveFrequency: SaveFrequency = .epoch, initialValueThreshold: Double? = nil
  ) {
    self.path = path
    self.verbose = verbose
    self.saveBestOnly = saveBestOnly
    self.saveFrequency = saveFrequency
    monitored = MonitoredValue(monitor, mode: mode, best: initialValueThreshold)
  }

  /// What must improve with `saveBestOnly`.
  public var monitor: String { monitored.name }
  /// Which values are better.
  public var mode: MonitorMode { monitored.mode }

  public func trainingBegan(_ run: TrainingRun) throws {
    let endings = [".keras", ".h5", ".safetensors"]
    if !endings.contains(where: { path.hasSuffix($0) }) {
      throw Diagnostic(
        "ModelCheckpoint", "the ending of the file is not known",
        expected: ".keras, .weights.h5 or .safetensors", got: path)
    }
    try saveFrequency.check("ModelCheckpoint")
    try PathTemplate(path).check(names: logNames(run))
    if saveBestOnly { try monitored.begin(run, "ModelCheckpoint") }
    // A place that is not there is refused before the first step.
    let text = PathTemplate(path).folder
    if !FileManager.default.fileExists(atPath: text) {
      throw Diagnostic(
        "ModelCheckpoint", "the folder does not exist", expected: "an existing folder", got: text)
    }
    batches = 0
  }

  /// The names that the logs will have when a file is written; nil where other callbacks may add some
  /// that nobody knows yet.
  private func logNames(_ run: TrainingRun) -> [String]? {
    var names = run.logNames
    if saveFrequency != .epoch { names.removeAll { $0.hasPrefix("val_") } }
    for callback in run.callbacks where callback !== self {
      switch callback {
      case is ReduceLROnPlateau, is LearningRateScheduler:
        if saveFrequency == .epoch { names.append("learning_rate") }
      case is EarlyStopping, is ProgressBar, is TerminateOnNaN, is SwapEMAWeights,
        is StopOnInterrupt, is CSVLogger, is TensorBoard, is ModelCheckpoint,
        is BackupAndRestore<DiskFileSystem>:
        break
      default: return nil
      }
    }
    return names
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) throws {
    guard case .batches(let count) = saveFrequency, count > 0 else { return }
    batches += 1
    if batches % count == 0 { try save(run) }
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws {
    if saveFrequency == .epoch { try save(run) }
  }

  private func save(_ run: TrainingRun) throws {
    let logs = run.logs
    let place = try PathTemplate(path).filled(epoch: run.epoch + 1, logs: logs)
    if saveBestOnly {
      guard let value = logs[monitor] else { return }
      let before = monitored.best.map { String(format: "%.5f", $0) } ?? "None"
      guard monitored.improves(with: value) else {
        if verbose {
          run.announce("\nEpoch \(run.epoch + 1): \(monitor) did not improve from \(before)")
        }
        return
      }
      if verbose {
        let now = String(format: "%.5f", value)
        run.announce(
          "\nEpoch \(run.epoch + 1): \(monitor) improved from \(before) to \(now), "
            + "saving model to \(place)")
      }
    } else if verbose {
      run.announce("\nEpoch \(run.epoch + 1): saving model to \(place)")
    }
    if place.hasSuffix(".keras") {
      try run.model.save(to: place)
    } else {
      try run.model.saveWeights(to: place)
    }
  }

  public var state: [String: Double]? {
    get {
      var state = ["batches": Double(batches)]
      state["best"] = monitored.best
      return state
    }
    set {
      monitored.best = newValue?["best"]
      batches = Int(newValue?["batches"] ?? 0)
    }
  }
}

/// A path with places for numbers: `{epoch:02d}-{val_loss:.2f}.keras`.
struct PathTemplate {
  let text: String

  init(_ text: String) { self.text = text }

  /// The folder of the path, which has no places.
  var folder: String {
    let folder = (text as NSString).deletingLastPathComponent
    return folder.isEmpty ? "." : folder
  }

  /// Throws if a place names what the logs will not have.
  func check(names: [String]?) throws(Diagnostic) {
    guard let names else { return }
    for name in places where name != "epoch" && !names.contains(name) {
      // A metric of several values has a name for each of them.
      let number = name.lastIndex(of: "_").map { name[name.index(after: $0)...] } ?? ""
      if Int(number) != nil, names.contains(String(name.dropLast(number.count + 1))) { continue }
      throw unknown(name, names)
    }
  }

  /// The names of the places.
  private var places: [String] {
    var names: [String] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      names.append(String(rest[rest.index(after: open)..<close].prefix { $0 != ":" }))
      rest = rest[rest.index(after: close)...]
    }
    return names
  }

  private func unknown(_ name: String, _ names: [String]) -> Diagnostic {
    Diagnostic(
      "ModelCheckpoint", "the path names what the logs do not have",
      expected: (["epoch"] + names).joined(separator: ", "), got: "{\(name)}")
  }

  /// The path with its numbers; throws for a name that the logs do not have.
  func filled(epoch: Int, logs: Logs) throws(Diagnostic) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      result += rest[..<open]
      let parts = rest[rest.index(after: open)..<close].split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      let format = parts.count > 1 ? String(parts[1]) : ""
      if name == "epoch" {
        let width = Int(format.filter(\.isNumber)) ?? 0
        let digits = String(epoch)
        result += String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
      } else if let value = logs[name] {
        let decimals = Int(format.drop { $0 != "." }.dropFirst().prefix { $0.isNumber })
        result += decimals.map { String(format: "%.\($0)f", value) } ?? "\(value)"
      } else {
        throw unknown(name, logs.names)
      }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }
}
