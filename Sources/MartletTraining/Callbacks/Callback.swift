import MartletTensors

/// What takes part in training, evaluation or prediction between the steps.
///
/// Every event has an empty default. Callbacks run in the order of the list. What they throw ends
/// `fit`, with the weights as they are.
///
///     final class StopAtLoss: Callback {
///       func epochEnded(_ epoch: Int, _ run: TrainingRun) {
///         if run.logs.loss < 0.1 { run.stop("the loss is below 0.1") }
///       }
///     }
public protocol Callback: AnyObject {
  /// Before the first epoch; the place to refuse names that the logs will not have.
  func trainingBegan(_ run: TrainingRun) throws
  /// Before the first batch of an epoch, from 0.
  func epochBegan(_ epoch: Int, _ run: TrainingRun) throws
  /// Before a batch, from 0 in each epoch.
  func batchBegan(_ batch: Int, _ run: TrainingRun) throws
  /// After a batch: weights are updated, `run.logs` are the running means, computed when read.
  func batchEnded(_ batch: Int, _ run: TrainingRun) throws
  /// Before the validation of an epoch.
  func validationBegan(_ epoch: Int, _ run: TrainingRun) throws
  /// After an epoch and its validation; `run.logs` are the epoch's, and may be added to.
  func epochEnded(_ epoch: Int, _ run: TrainingRun) throws
  /// After all callbacks have seen the end of an epoch and the history has it: the place to save.
  func epochRecorded(_ epoch: Int, _ run: TrainingRun) throws
  /// After the last epoch, also where training was stopped.
  func trainingEnded(_ run: TrainingRun) throws

  /// Before an evaluation, that of an epoch's end too, or a prediction.
  func passBegan(_ pass: Pass) throws
  /// After each of its batches.
  func passAdvanced(_ pass: Pass) throws
  /// After it.
  func passEnded(_ pass: Pass) throws

  /// What the callback must remember for training to be continued by another process; nil if
  /// nothing.
  var state: [String: Double]? { get set }
  /// The tensors among what it must remember.
  var tensors: [Tensor] { get set }
}

extension Callback {
  public func trainingBegan(_ run: TrainingRun) throws {}
  public func epochBegan(_ epoch: Int, _ run: TrainingRun) throws {}
  public func batchBegan(_ batch: Int, _ run: TrainingRun) throws {}
  public func batchEnded(_ batch: Int, _ run: TrainingRun) throws {}
  public func validationBegan(_ epoch: Int, _ run: TrainingRun) throws {}
  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws {}
  public func epochRecorded(_ epoch: Int, _ run: TrainingRun) throws {}
  public func trainingEnded(_ run: TrainingRun) throws {}
  public func passBegan(_ pass: Pass) throws {}
  public func passAdvanced(_ pass: Pass) throws {}
  public func passEnded(_ pass: Pass) throws {}
  public var state: [String: Double]? {
    get { nil }
    set {}
  }
  public var tensors: [Tensor] {
    get { [] }
    set {}
  }
}

/// An evaluation or a prediction that is running.
public final class Pass {
  /// Which of the two.
  public enum Kind: Sendable {
    /// That of `evaluate`, or a validation of `fit`.
    case evaluation
    /// That of `predict`.
    case prediction
  }
  /// Which of the two it is.
  public let kind: Kind
  /// The model that is evaluated, or predicts.
  public let model: Model
  /// How many batches there are, where that is known.
  public let batchCount: Int?
  /// How many batches are done.
  public internal(set) var batch = 0
  /// Whether it is the validation of an epoch.
  public internal(set) var isPartOfTraining = false
  private let readLogs: () -> Logs

  init(_ kind: Kind, _ model: Model, batchCount: Int?, logs: @escaping () -> Logs) {
    self.kind = kind
    self.model = model
    self.batchCount = batchCount
    readLogs = logs
  }

  /// Loss and metrics so far, computed when read; empty for a prediction.
  public var logs: Logs { readLogs() }
}
