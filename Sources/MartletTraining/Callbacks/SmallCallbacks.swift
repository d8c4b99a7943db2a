/// Ends training after a batch whose loss is NaN or infinite.
public final class TerminateOnNaN: Callback {
  /// Creates the callback.
  public init() {}

  public func batchEnded(_ batch: Int, _ run: TrainingRun) {
    if !run.logs.loss.isFinite {
      run.stop("Batch \(batch): Invalid loss, terminating training")
      run.announce("Batch \(batch): Invalid loss, terminating training")
    }
  }
}

/// Runs closures at the events of training.
public final class LambdaCallback: Callback {
  private let onEpochBegin: ((Int, TrainingRun) throws -> Void)?
  private let onEpochEnd: ((Int, TrainingRun) throws -> Void)?
  private let onBatchBegin: ((Int, TrainingRun) throws -> Void)?
  private let onBatchEnd: ((Int, TrainingRun) throws -> Void)?
  private let onTrainBegin: ((TrainingRun) throws -> Void)?
  private let onTrainEnd: ((TrainingRun) throws -> Void)?

  /// Creates the callback from Keras' six closures.
  public init(
    onEpochBegin: ((Int, TrainingRun) throws -> Void)? = nil,
    onEpochEnd: ((Int, TrainingRun) throws -> Void)? = nil,
    onBatchBegin: ((Int, TrainingRun) throws -> Void)? = nil,
    onBatchEnd: ((Int, TrainingRun) throws -> Void)? = nil,
    onTrainBegin: ((TrainingRun) throws -> Void)? = nil,
    onTrainEnd: ((TrainingRun) throws -> Void)? = nil
  ) {
    self.onEpochBegin = onEpochBegin
    self.onEpochEnd = onEpochEnd
    self.onBatchBegin = onBatchBegin
    self.onBatchEnd = onBatchEnd
    self.onTrainBegin = onTrainBegin
    self.onTrainEnd = onTrainEnd
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) throws { try onEpochBegin?(epoch, run) }
  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws { try onEpochEnd?(epoch, run) }
  public func batchBegan(_ batch: Int, _ run: TrainingRun) throws { try onBatchBegin?(batch, run) }
  public func batchEnded(_ batch: Int, _ run: TrainingRun) throws { try onBatchEnd?(batch, run) }
  public func trainingBegan(_ run: TrainingRun) throws { try onTrainBegin?(run) }
  public func trainingEnded(_ run: TrainingRun) throws { try onTrainEnd?(run) }
}
