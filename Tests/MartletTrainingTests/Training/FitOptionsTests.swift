import Foundation
import MartletTensors
import Testing

@testable import MartletTraining

/// What the parameters of `fit` and its relatives do, and how a run can be ended.
@Suite("Options of fit")
struct FitOptionsTests {
  /// A model of one weight 1 with the rate 0: losses tell which data were seen.
  static func still(_ metrics: [Metric] = []) throws -> Sequential {
    let model = Sequential { Dense(1, useBias: false) }
    try model.build(for: [[nil, 1]])
    try model.setWeights([Tensor([[1.0]])])
    try model.compile(
      optimizer: SGD(learningRate: 0), loss: .meanAbsoluteError, metrics: metrics)
    return model
  }

  /// 1, 2, 3 … as samples, with targets of 0.
  static func counting(_ count: Int) -> (Tensor, Tensor) {
    let x = Tensor((1...count).map { Float($0) }).reshaped(to: [count, 1])
    return (x, .zeros([count, 1]))
  }

  @Test("With steps per epoch the data go on in the next epoch, and start over")
  func stepsPerEpoch() throws {
    let (x, y) = Self.counting(6)
    let history = try Self.still().fit(
      x, y, batchSize: 1, epochs: 4, verbose: .silent, shuffle: false, stepsPerEpoch: 4)
    // 1 2 3 4, 5 6 1 2, 3 4 5 6, 1 2 3 4.
    #expect(history.loss == [2.5, 3.5, 4.5, 2.5])
  }

  @Test("epochs is the number of the last: from initialEpoch 3 to 5 there are two")
  func initialEpoch() throws {
    let (x, y) = Self.counting(3)
    var seen: [Int] = []
    let note = LambdaCallback(onEpochBegin: { epoch, _ in seen.append(epoch) })
    let history = try Self.still().fit(
      x, y, epochs: 5, verbose: .silent, callbacks: [note], initialEpoch: 3)
    #expect(history.epochs == [3, 4] && seen == [3, 4])
  }

  @Test("Validation after every second epoch, on so many batches of a size of its own")
  func validation() throws {
    let (x, y) = Self.counting(4)
    let history = try Self.still().fit(
      x, y, epochs: 5, verbose: .silent, validationData: Self.counting(9), validationSteps: 2,
      validationBatchSize: 3, validationFrequency: 2)
    #expect(history["val_loss"].filter { !$0.isNaN } == [3.5, 3.5])
    #expect(history.logs.map { $0["val_loss"] != nil } == [false, true, false, true, false])
  }

  @Test("Validation after the epochs of a list, as Keras 3.15.1 does")
  func validationList() throws {
    let (x, y) = Self.counting(4)
    let history = try Self.still().fit(
      x, y, epochs: 5, verbose: .silent, validationData: Self.counting(9),
      validationFrequency: [1, 4, 9])
    #expect(history.logs.map { $0["val_loss"] != nil } == [true, false, false, true, false])
    for frequency in [0, [2, 0]] as [any ValidationFrequency] {
      #expect(throws: Diagnostic.self) {
        try Self.still().fit(x, y, verbose: .silent, validationFrequency: frequency)
      }
    }
  }

  @Test("Samples of validation count by their weights, in the loss and in weighted metrics")
  func validationWeights() throws {
    let (x, y) = Self.counting(4)
    func model() throws -> Sequential {
      let model = try Self.still()
      try model.compile(
        optimizer: SGD(learningRate: 0), loss: .meanAbsoluteError, metrics: [.mse],
        weightedMetrics: [.mae])
      return model
    }
    // Errors of 1, 2 and 3 that count 4, 0.5 and 0: (4 + 1 + 0) / 3 samples, and / 4.5 of weight.
    let logs = try model().fit(
      x, y, verbose: .silent, validationData: Self.counting(3),
      validationSampleWeight: Tensor([4, 0.5, 0]), validationBatchSize: 2
    ).logs[0]
    #expect(abs(logs["val_loss"]! - 5.0 / 3) < 1e-6)
    #expect(abs(logs["val_mae"]! - 5 / 4.5) < 1e-6)
    #expect(abs(logs["val_mse"]! - 14.0 / 3) < 1e-6)
    // Those of training stay their own: 1 … 4 count 1, 0, 0, 2.
    let both = try model().fit(
      x, y, verbose: .silent, validationData: Self.counting(3),
      validationSampleWeight: Tensor([0.0, 0, 1]), sampleWeight: Tensor([1, 0, 0, 2.0])
    ).logs[0]
    #expect(abs(both.loss - 9.0 / 4) < 1e-6 && abs(both["mae"]! - 3) < 1e-6)
    #expect(abs(both["val_loss"]! - 1) < 1e-6 && abs(both["val_mae"]! - 3) < 1e-6)
    // A part kept from the end keeps its weights: errors of 3 and 4 that count 0.5 and 2.
    let kept = try model().fit(
      x, y, verbose: .silent, validationSplit: 0.5, sampleWeight: Tensor([1, 1, 0.5, 2])
    ).logs[0]
    #expect(abs(kept["val_loss"]! - 9.5 / 2) < 1e-6 && abs(kept["val_mae"]! - 9.5 / 2.5) < 1e-6)
  }

  @Test("Weights for validation that do not fit, or have nothing to weigh, are refused")
  func wrongValidationWeights() throws {
    let (x, y) = Self.counting(4)
    let model = try Self.still()
    let alone = #expect(throws: Diagnostic.self) {
      try model.fit(
        x, y, verbose: .silent, validationSplit: 0.5, validationSampleWeight: .ones([2]))
    }
    #expect(alone?.expected == "validationData")
    let short = #expect(throws: Diagnostic.self) {
      try model.fit(
        x, y, verbose: .silent, validationData: (x, y), validationSampleWeight: .ones([3]))
    }
    #expect(short?.what.contains("number of samples") == true)
    #expect(model.optimizer?.isBuilt == false)
  }

  @Test("validationSplit keeps the last samples, before anything is shuffled")
  func split() throws {
    let (x, y) = Self.counting(10)
    let history = try Self.still().fit(
      x, y, batchSize: 2, epochs: 2, verbose: .silent, validationSplit: 0.3)
    #expect(history.loss == [4, 4] && history["val_loss"] == [9, 9])
  }

  @Test("Shuffling gives every sample once an epoch, and another order in each")
  func shuffling() throws {
    let (x, y) = Self.counting(32)
    var orders: [[Double]] = []
    var before = 0.0
    let note = LambdaCallback(
      onEpochBegin: { _, _ in
        orders.append([])
        before = 0
      },
      onBatchEnd: { batch, run in
        // The running mean tells each sample.
        let sum = run.logs.loss * Double(batch + 1)
        orders[orders.count - 1].append((sum - before).rounded())
        before = sum
      })
    try withRandomSeed(3) {
      _ = try Self.still().fit(
        x, y, batchSize: 1, epochs: 2, verbose: .silent, callbacks: [note])
    }
    #expect(orders.allSatisfy { $0.sorted() == (1...32).map(Double.init) })
    #expect(orders[0] != orders[1] && orders[0] != orders[0].sorted())
  }

  @Test("Class and sample weights multiply each sample's loss, and the mean is over all samples")
  func weights() throws {
    let x = Tensor([[0.0], [0], [0], [0]])
    let labels = Tensor([0, 1, 1, 0] as [Int32])
    let model = Sequential { Dense(2, activation: .softmax) }
    try model.compile(optimizer: SGD(learningRate: 0), loss: .sparseCategoricalCrossentropy)
    // Every sample's loss is log 2.
    let unit = 0.6931472
    func loss(_ classes: [Int: Double]?, _ samples: Tensor?) throws -> Double {
      try model.fit(
        x, labels, verbose: .silent, classWeight: classes, sampleWeight: samples
      ).loss[0]
    }
    #expect(abs(try loss(nil, nil) - unit) < 1e-6)
    #expect(abs(try loss([1: 3], nil) - 2 * unit) < 1e-6)
    #expect(abs(try loss(nil, Tensor([2.0, 0, 0, 0.5])) - 0.625 * unit) < 1e-6)
    #expect(throws: Diagnostic.self) { try loss([1: 3], .ones([4])) }
  }

  @Test("trainOnBatch, testOnBatch and predictOnBatch do what a step of fit does")
  func batches() throws {
    let (x, y) = FitTests.clouds(24)
    let models = try (0..<2).map { _ in
      try withRandomSeed(2) {
        let model = try FitTests.classifier()
        try model.build(for: [[nil, 3]])
        return model
      }
    }
    let history = try models[0].fit(x, y, batchSize: 12, verbose: .silent, shuffle: false)
    var logs = Logs()
    for start in [0, 12] {
      logs = try models[1].trainOnBatch(x[start..<(start + 12)], y[start..<(start + 12)])
    }
    #expect(logs == history.logs[0])
    #expect(models[0].getWeights().map(\.scalars) == models[1].getWeights().map(\.scalars))
    models[1].resetMetrics()
    #expect(try models[1].testOnBatch(x, y) == models[0].evaluate(x, y, batchSize: 24))
    #expect(try models[1].predictOnBatch(x).isEqual(to: models[0].predict(x, batchSize: 24)))
  }

  @Test("A loss scale changes neither the training nor the logged loss, as in Keras 3.15.1")
  func lossScale() throws {
    let x = Tensor([[1.0], [2], [3], [4]])
    for factor in [nil, 1024.0] {
      let model = Sequential {
        Input(shape: [1])
        Dense(1, kernelInitializer: .ones)
      }
      try model.compile(
        optimizer: SGD(learningRate: 0.01, lossScaleFactor: factor), loss: .meanSquaredError)
      let history = try model.fit(
        x, x * 2 + 1, batchSize: 4, epochs: 2, verbose: .silent, shuffle: false)
      // Printed by Keras for both.
      #expect(abs(model.weights[0].value.scalars[0] - 1.3665) < 1e-6)
      #expect(abs(model.weights[1].value.scalars[0] - 0.1286) < 1e-6)
      #expect(abs(history.loss[0] - 13.5) < 1e-6 && abs(history.loss[1] - 9.384899) < 1e-5)
    }
  }

  @Test("A cancelled task ends fit after the batch, with the history so far")
  func cancellation() async throws {
    let run = Task {
      let (x, y) = Self.counting(8)
      var done = 0
      let cancel = LambdaCallback(onBatchEnd: { _, _ in
        done += 1
        if done == 11 { withUnsafeCurrentTask { $0?.cancel() } }
      })
      let history = try Self.still().fit(
        x, y, batchSize: 1, epochs: 50, verbose: .silent, callbacks: [cancel])
      return (done, history)
    }
    let (done, history) = try await run.value
    #expect(done == 11 && history.epochs == [0, 1])
    #expect(history.stopped == "the task was cancelled")
  }

  @Test("Ctrl-C ends fit after a batch where StopOnInterrupt is passed, and the program goes on")
  func interrupt() async {
    await #expect(processExitsWith: .success) {
      let (x, y) = FitOptionsTests.counting(8)
      // Once: pressed twice, the program ends.
      var steps = 0
      let press = LambdaCallback(onBatchEnd: { _, _ in
        steps += 1
        if steps == 3 { kill(getpid(), SIGINT) }
      })
      let history = try FitOptionsTests.still().fit(
        x, y, batchSize: 1, epochs: 1_000_000, verbose: .silent,
        callbacks: [press, StopOnInterrupt()])
      if history.stopped != "interrupted" { fatalError("\(history.stopped ?? "not stopped")") }
    }
  }

  @Test("A metric that does not exist is refused, with the known ones listed")
  func unknownMetric() {
    let error = #expect(throws: Diagnostic.self) { try Metric.named("acuracy") }
    #expect(error?.description.contains("sparse_categorical_accuracy") == true)
    #expect(error?.description.contains("acuracy") == true)
  }

  @Test("A monitor that the logs will not have is refused, with those that they will")
  func unknownMonitor() throws {
    let (x, y) = Self.counting(4)
    let model = try Self.still()
    let error = #expect(throws: Diagnostic.self) {
      try model.fit(x, y, verbose: .silent, callbacks: [EarlyStopping(monitor: "val_acc")])
    }
    #expect(error?.description.contains("val_acc") == true)
    #expect(error?.description.contains("loss") == true)
    #expect(model.optimizer?.iterations == 0)
  }
}
