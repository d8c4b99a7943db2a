import Foundation
import MartletTraining
import Testing

@testable import MartletSaving

/// Ends a run as a killed process would: nobody is told.
private struct Killed: Error {}

/// A training that is killed and continued, with one thing in it that has a state of its own.
@Suite("Resumed runs")
struct ResumedRunTests {
  /// What the run has.
  enum Part: String, CaseIterable {
    case earlyStoppingBefore, earlyStoppingBehind, plateauBehind, relativeRate, averages
    case accumulation, schedule, validation, stepsPerEpoch, statefulLayer, csvBefore, csvBehind
  }

  static let x = sample([32, 6])
  static let y = Tensor((0..<32).map { Int32($0 % 3) })

  private static func model(_ part: Part) throws -> Model {
    let model = Sequential {
      Input(shape: [6])
      if part == .statefulLayer {
        Reshape([3, 2])
        LSTM(5, stateful: true)
      }
      Dense(8, activation: .relu)
      Dropout(0.3)
      Dense(3, activation: .softmax)
    }
    let optimizer: Optimizer =
      switch part {
      case .averages: Adam(learningRate: 0.02, useEMA: true, emaOverwriteFrequency: 3)
      case .accumulation: SGD(learningRate: 0.1, momentum: 0.9, gradientAccumulationSteps: 3)
      case .schedule:
        Adam(
          learningRate: ExponentialDecay(initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.5))
      default: Adam(learningRate: 0.02)
      }
    try model.compile(
      optimizer: optimizer, loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
    return model
  }

  /// What a run left behind.
  struct Trace: Equatable {
    let weights: [[Float]]
    let history: History
    let text: String?
  }

  /// 6 epochs of 4 batches; killed after so many batches, if asked for.
  static func run(_ part: Part, _ folder: String, dyingAfter deadline: Int? = nil) throws -> Trace {
    try withRandomSeed(3) {
      let model = try Self.model(part)
      let backup = BackupAndRestore(folder + "/run.safetensors", saveFrequency: .batches(1))
      // An epoch that is the best, and later ones that are not.
      let pretend = LambdaCallback(onEpochEnd: { epoch, run in
        run.logs["loss"] = [3.0, 1, 2, 2, 2, 2][epoch]
      })
      let stopping = EarlyStopping(monitor: "loss", patience: 3, restoreBestWeights: true)
      var done = 0
      let killer = LambdaCallback(onBatchEnd: { _, _ in
        done += 1
        if done == deadline { throw Killed() }
      })
      let log = CSVLogger(folder + "/log.csv")
      let callbacks: [any Callback] =
        switch part {
        case .earlyStoppingBefore: [pretend, stopping, backup]
        case .earlyStoppingBehind: [pretend, backup, stopping]
        case .plateauBehind: [pretend, backup, ReduceLROnPlateau(monitor: "loss", patience: 2)]
        case .relativeRate: [backup, LearningRateScheduler { $1 / 2 }]
        case .csvBefore: [log, backup]
        case .csvBehind: [backup, log]
        default: [backup]
        }
      let history = try model.fit(
        x, y, batchSize: 8, epochs: 6, verbose: .silent, callbacks: callbacks + [killer],
        validationData: part == .validation || part == .csvBehind ? (x[0..<16], y[0..<16]) : nil,
        shuffle: part != .statefulLayer, stepsPerEpoch: part == .stepsPerEpoch ? 3 : nil,
        validationFrequency: 2)
      return Trace(
        weights: model.getWeights().map(\.scalars), history: history,
        text: try? String(contentsOfFile: folder + "/log.csv", encoding: .utf8))
    }
  }

  @Test(
    "A killed run ends with the bits of one that was not", arguments: Part.allCases,
    [2, 4, 9, 11, 15])
  func resume(part: Part, deadline: Int) throws {
    let whole = try withTemporaryFolder { try Self.run(part, $0) }
    let resumed = try withTemporaryFolder { folder in
      #expect(throws: Killed.self) { try Self.run(part, folder, dyingAfter: deadline) }
      return try Self.run(part, folder)
    }
    #expect(resumed == whole)
    if part == .earlyStoppingBehind { #expect(whole.history.stopped == "Epoch 5: early stopping") }
    if part == .csvBehind {
      #expect(whole.text?.hasPrefix("epoch,accuracy,loss,val_accuracy,val_loss\n0,") == true)
      #expect(whole.text?.split(separator: "\n").count == 7)
      #expect(whole.text?.split(separator: "\n")[1].hasSuffix("NA,NA") == true)
    }
  }

  @Test("A refused callback behind a restored one leaves model and optimizer as they were")
  func refusedBehind() throws {
    try withTemporaryFolder { folder in
      #expect(throws: Killed.self) { try Self.run(.schedule, folder, dyingAfter: 6) }
      let model = try Self.model(.schedule)
      let before = model.getWeights().map(\.scalars)
      #expect(throws: Diagnostic.self) {
        try model.fit(
          Self.x, Self.y, verbose: .silent,
          callbacks: [
            BackupAndRestore(folder + "/run.safetensors"), EarlyStopping(monitor: "val_loss"),
          ])
      }
      #expect(model.getWeights().map(\.scalars) == before)
      #expect(model.optimizer?.iterations == 0 && model.optimizer?.isBuilt == false)
    }
  }

  @Test(
    "The checkpoint of a run that a callback stopped is removed, that of an interrupted is kept")
  func checkpointOfAStoppedRun() throws {
    for (isInterrupted, isKept) in [(false, false), (true, true)] {
      try withTemporaryFolder { folder in
        let path = folder + "/run.safetensors"
        let model = try Self.model(.validation)
        let stop = LambdaCallback(onEpochEnd: { epoch, run in
          if epoch != 1 { return }
          if isInterrupted { run.interrupt() } else { run.stop() }
        })
        let history = try model.fit(
          Self.x, Self.y, epochs: 4, verbose: .silent, callbacks: [BackupAndRestore(path), stop])
        #expect(history.epochs == [0, 1])
        #expect(FileManager.default.fileExists(atPath: path) == isKept)
        // The next run begins anew, or goes on.
        let next = try model.fit(
          Self.x, Self.y, epochs: 4, verbose: .silent,
          callbacks: [BackupAndRestore(path), LambdaCallback()])
        #expect(next.epochs == [0, 1, 2, 3])
        #expect(model.optimizer?.iterations == (isKept ? 4 : 6))
        #expect(!FileManager.default.fileExists(atPath: path))
      }
    }
  }

  @Test("Batches of another size than a stateful layer's states are refused")
  func statefulSizes() throws {
    let model = try Self.model(.statefulLayer)
    func refusal(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "nothing was thrown"
      } catch { return "\(error)" }
    }
    #expect(
      refusal { try model.fit(Self.x, Self.y, batchSize: 12, verbose: .silent) }
        .contains("the last has 8"))
    #expect(model.optimizer?.iterations == 0)
    try model.fit(Self.x, Self.y, batchSize: 8, verbose: .silent)
    for body in [
      { try model.evaluate(Self.x, Self.y, batchSize: 16) },
      { try model.predict(Self.x[0..<4]) }, { try model.trainOnBatch(Self.x, Self.y) },
      { try model.fit(Self.x, Self.y, batchSize: 16, verbose: .silent) },
    ] as [() throws -> Any] {
      let text = refusal { _ = try body() }
      #expect(text.contains("expected 8 samples") && text.contains("resetStates"), "\(text)")
    }
    (model.layers.first { $0 is LSTM } as? LSTM)?.resetStates()
    _ = try model.evaluate(Self.x, Self.y, batchSize: 16)
  }
}
