import Foundation
import MartletFormats
import MartletTraining

/// Writes loss, metrics and learning rate for TensorBoard: `tensorboard --logdir logs` draws them,
/// while training runs too.
///
/// In `train/` and `validation/` of the folder stands, with the number of the epoch from 0,
/// `epoch_<name>` for each of the logs and `epoch_learning_rate`; in `validation/` for each
/// evaluation `evaluation_<name>_vs_iterations`, with the number of updates done. With an
/// `updateFrequency` of batches, `batch_<name>` are the running means after every so many batches,
/// counted from 1 through all epochs. Names, steps and numbers are those of Keras' `TensorBoard`;
/// its histograms, images, embeddings and profiles are not written. Where batches are written, Keras
/// leaves out epochs and evaluations that end at a batch whose number is no multiple; here they
/// stand.
public final class TensorBoard: Callback {
  /// The folder; it is made where it is not there.
  public let logDir: String
  /// When the running means are written, besides the end of the epoch.
  public let updateFrequency: SaveFrequency
  /// Whether the model's configuration is written too, for the page of graphs.
  public let writeGraph: Bool
  /// Whether the number of steps per second is written too.
  public let writeStepsPerSecond: Bool
  private let files: any FileSystem
  private var training: SummaryFile?
  private var validation: SummaryFile?
  /// The batches of all epochs.
  private var batches = 0
  private var epochStart = (iterations: 0, time: 0.0)
  private var batchStart = 0.0

  /// Creates the callback.
  ///
  /// - Parameters:
  ///   - logDir: The folder; it is made where it is not there.
  ///   - updateFrequency: When the running means are written, besides the end of the epoch.
  ///   - writeGraph: Whether the model's configuration is written too.
  ///   - writeStepsPerSecond: Whether the number of steps per second is written too.
  public convenience init(
    logDir: String = "logs", updateFrequency: SaveFrequency = .epoch, writeGraph: Bool = true,
    writeStepsPerSecond: Bool = false
  ) {
    self.init(
      logDir: logDir, updateFrequency: updateFrequency, writeGraph: writeGraph,
      writeStepsPerSecond: writeStepsPerSecond, in: .disk)
  }

  init(
    logDir: String, updateFrequency: SaveFrequency = .epoch, writeGraph: Bool = true,
    writeStepsPerSecond: Bool = false, in files: any FileSystem
  ) {
    self.logDir = logDir
    self.updateFrequency = updateFrequency
    self.writeGraph = writeGraph
    self.writeStepsPerSecond = writeStepsPerSecond
    self.files = files
  }

  private var now: Double { Date().timeIntervalSince1970 }

  private func file(_ folder: String) throws -> SummaryFile {
    try SummaryFile(
      inFolder: URL(filePath: logDir).appending(path: folder), wallTime: now, in: files)
  }

  /// Writes scalars to one of the two files, which is made with the first of them.
  private func write(
    _ scalars: [(tag: String, value: Double)], step: Int, to file: SummaryFile
  ) throws {
    let time = now
    try file.append(
      scalars.map {
        SummaryEvent(wallTime: time, step: step, .scalar(tag: $0.tag, Float($0.value)))
      })
  }

  private func trainingFile() throws -> SummaryFile {
    if let training { return training }
    let made = try file("train")
    training = made
    return made
  }

  private func validationFile() throws -> SummaryFile {
    if let validation { return validation }
    let made = try file("validation")
    validation = made
    return made
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    try updateFrequency.check("TensorBoard")
    (training, validation, batches) = (nil, nil, 0)
    // A place that cannot be written is found out before the first step.
    let file = try trainingFile()
    if writeGraph, !run.model.inputs.isEmpty, let json = try? run.model.toJSON() {
      try file.append(
        [SummaryEvent(wallTime: now, step: 0, .kerasModel(tag: "keras", json: json))])
    }
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) {
    if writeStepsPerSecond { epochStart = (run.optimizer.iterations, now) }
  }

  public func batchBegan(_ batch: Int, _ run: TrainingRun) {
    batches += 1
    if writeStepsPerSecond { batchStart = now }
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) throws {
    guard case .batches(let count) = updateFrequency, count > 0, batches % count == 0 else {
      return
    }
    var scalars: [(tag: String, value: Double)] = []
    if writeStepsPerSecond {
      scalars.append(("batch_steps_per_second", 1 / Swift.max(now - batchStart, 1e-9)))
    }
    scalars += run.logs.entries.map { ("batch_" + $0.name, $0.value) }
    try write(scalars, step: batches, to: try trainingFile())
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws {
    // A callback may have logged the rate, and lowered it then.
    var logs = run.logs.entries.filter {
      !$0.name.hasPrefix("val_") && $0.name != "learning_rate"
    }.map { ($0.name, $0.value) }
    logs.append(("learning_rate", run.optimizer.learningRate))
    if writeStepsPerSecond {
      let steps = Double(run.optimizer.iterations - epochStart.iterations)
      logs.append(("steps_per_second", steps / Swift.max(now - epochStart.time, 1e-9)))
    }
    try write(logs.map { ("epoch_" + $0.0, $0.1) }, step: epoch, to: try trainingFile())
    let found = run.logs.entries.filter { $0.name.hasPrefix("val_") }
    if found.isEmpty { return }
    try write(
      found.map { ("epoch_" + $0.name.dropFirst(4), $0.value) }, step: epoch,
      to: try validationFile())
  }

  public func passBegan(_ pass: Pass) {
    if pass.kind == .evaluation, !pass.isPartOfTraining { validation = nil }
  }

  public func passEnded(_ pass: Pass) throws {
    guard pass.kind == .evaluation, let optimizer = pass.model.optimizer else { return }
    try write(
      pass.logs.entries.map { ("evaluation_\($0.name)_vs_iterations", $0.value) },
      step: optimizer.iterations, to: try validationFile())
  }

  public var state: [String: Double]? {
    get { ["batches": Double(batches)] }
    set { batches = Int(newValue?["batches"] ?? 0) }
  }
}
