import KerasGoldens
import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// What callbacks decide on given values of the loss, against Keras.
@Suite("Keras callbacks")
struct KerasCallbackTests {
  static let cases = Result { try KerasCase.byClass(["callbacks"]) }

  static func mode(_ c: Configuration) throws -> MonitorMode {
    MonitorMode(rawValue: try c.string("mode", default: "auto")) ?? .auto
  }

  static func stream(_ given: KerasCase) -> String { given.row["stream"]?.asString ?? "" }

  /// What a run of as many epochs as there are values leaves behind.
  struct Outcome {
    var lastEpoch = -1
    var rates: [Float] = []
    /// The weight after each epoch, and that after training.
    var weights: [[Float]] = []
    var last: [Float] = []
  }

  /// Trains a model of one weight while the loss is said to be the given values.
  static func run(_ values: [Double], _ callback: any Callback) throws -> Outcome {
    let model = Sequential { Dense(1, useBias: false) }
    try model.compile(optimizer: SGD(learningRate: 0.5), loss: .meanSquaredError)
    try model.build(for: [[nil, 1]])
    try model.setWeights([Tensor([[8.0]])])
    var outcome = Outcome()
    let pretend = LambdaCallback(onEpochEnd: { epoch, run in
      run.logs["loss"] = values[epoch]
      outcome.lastEpoch = epoch
      outcome.weights.append(run.model.getWeights()[0].scalars)
    })
    let note = LambdaCallback(onEpochEnd: { _, run in
      outcome.rates.append(Float(run.optimizer.learningRate))
    })
    try model.fit(
      Tensor([[0.5]]), Tensor([[0.0]]), epochs: values.count, verbose: .silent,
      callbacks: [pretend, callback, note])
    outcome.last = model.getWeights()[0].scalars
    return outcome
  }

  @Test("EarlyStopping ends after Keras' epoch and puts the same weights back")
  func earlyStopping() throws {
    let cases = try Self.cases.get()["EarlyStopping"] ?? []
    #expect(cases.count >= 50)
    for given in cases {
      let c = given.configuration
      let callback = EarlyStopping(
        monitor: "loss", minDelta: try c.number("min_delta", default: 0),
        patience: try c.int("patience", default: 0), mode: try Self.mode(c),
        baseline: try c.optionalNumber("baseline"),
        restoreBestWeights: try c.bool("restore_best_weights", default: false),
        startFromEpoch: try c.int("start_from_epoch", default: 0))
      let outcome = try Self.run(try given.tensors("inputs")[0].scalars(of: Double.self), callback)
      #expect(Set(outcome.weights).count == outcome.weights.count)
      let kept = outcome.weights.lastIndex(of: outcome.last) ?? -2
      let restored = callback.restoreBestWeights ? kept : -1
      let found = Tensor([Int32(outcome.lastEpoch), Int32(restored)])
      #expect(try given.failures([found], "outputs") == [], "\(Self.stream(given))")
    }
  }

  @Test("ReduceLROnPlateau gives each epoch Keras' learning rate")
  func reduceOnPlateau() throws {
    let cases = try Self.cases.get()["ReduceLROnPlateau"] ?? []
    #expect(cases.count >= 30)
    for given in cases {
      let c = given.configuration
      let callback = ReduceLROnPlateau(
        monitor: "loss", factor: try c.number("factor", default: 0.1),
        patience: try c.int("patience", default: 10), mode: try Self.mode(c),
        minDelta: try c.number("min_delta", default: 1e-4),
        cooldown: try c.int("cooldown", default: 0),
        minLearningRate: try c.number("min_lr", default: 0))
      let outcome = try Self.run(try given.tensors("inputs")[0].scalars(of: Double.self), callback)
      let rates = Tensor(outcome.rates)
      #expect(try given.failures([rates], "learning_rates") == [], "\(Self.stream(given))")
    }
  }

  @Test("TerminateOnNaN ends after a batch, LearningRateScheduler sets the rate of each epoch")
  func others() throws {
    let x = Tensor.ones([8, 1])
    let model = Sequential { Dense(1) }
    try model.compile(optimizer: SGD(learningRate: 1e30), loss: .meanSquaredError)
    var batches = 0
    let count = LambdaCallback(onBatchEnd: { _, _ in batches += 1 })
    let history = try model.fit(
      x, x * 1e30, batchSize: 1, epochs: 3, verbose: .silent, callbacks: [count, TerminateOnNaN()])
    #expect(batches < 8 && history.stopped?.hasPrefix("Batch \(batches - 1): Invalid loss") == true)

    let scheduled = Sequential { Dense(1) }
    try scheduled.compile(optimizer: SGD(learningRate: 0.5), loss: .meanSquaredError)
    let rates = try scheduled.fit(
      x, x, epochs: 3, verbose: .silent,
      callbacks: [LearningRateScheduler { epoch, rate in epoch == 0 ? rate : rate / 2 }])
    #expect(rates["learning_rate"] == [0.5, 0.25, 0.125])
    #expect(throws: Diagnostic.self) {
      try scheduled.fit(
        x, x, verbose: .silent, callbacks: [LearningRateScheduler { _, _ in .nan }])
    }
  }
}
