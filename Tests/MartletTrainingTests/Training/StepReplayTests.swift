import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Replayed steps")
struct StepReplayTests {
  /// What a training left behind.
  struct Trace: Equatable {
    var weights: [[UInt64]] = []
    var optimizer: [[UInt64]] = []
    var logs: [Logs] = []
    var predictions: [[UInt64]] = []
  }

  static func bits(_ tensors: [Tensor]) -> [[UInt64]] {
    tensors.map { $0.scalars(of: Double.self).map(\.bitPattern) }
  }

  /// The batches of a training: (n, 6) numbers and n classes of 3.
  static func batch(_ count: Int, _ index: Int) -> Batch {
    let source = RandomSource(seed: UInt64(100 + index))
    return Batch(
      Tensor.randomNormal([count, 6], using: source).evaluated(),
      Tensor.randomIntegers([count], in: 0..<3, using: source).evaluated())
  }

  /// Trains for some steps, changes something, and goes on.
  static func train(
    _ make: () throws -> Model, steps: Int = 12,
    batch: (Int) -> Batch = { StepReplayTests.batch($0 % 5 == 4 ? 7 : 8, $0) },
    between: (Int, Model) throws -> Void = { _, _ in }
  ) throws -> (trace: Trace, replays: Int) {
    try withRandomSeed(5) {
      let model = try make()
      var trace = Trace()
      for step in 0..<steps {
        try between(step, model)
        trace.logs.append(try model.trainOnBatch(batch(step)))
        if step % 3 == 2 { trace.logs.append(try model.testOnBatch(batch(step))) }
      }
      trace.weights = bits(model.getWeights())
      trace.optimizer = bits(model.optimizer!.variables.map(\.value))
      trace.predictions = bits(try model.predictOnBatch(batch(0).inputs))
      return (trace, model.compilation!.held.replayCount)
    }
  }

  /// Expects the bits of recording each step anew, and that steps were replayed.
  static func expectSame(
    replays expected: Int, steps: Int = 12, _ make: () throws -> Model,
    batch: (Int) -> Batch = { StepReplayTests.batch($0 % 5 == 4 ? 7 : 8, $0) },
    between: (Int, Model) throws -> Void = { _, _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let replayed = try train(make, steps: steps, batch: batch, between: between)
    let recorded = try withoutReplay {
      try train(make, steps: steps, batch: batch, between: between)
    }
    #expect(replayed.trace == recorded.trace, sourceLocation: sourceLocation)
    #expect(recorded.replays == 0, sourceLocation: sourceLocation)
    #expect(replayed.replays >= expected, sourceLocation: sourceLocation)
  }

  static func dense(
    _ optimizer: Optimizer = SGD(learningRate: 0.1), metrics: [Metric] = [.accuracy]
  ) throws -> Model {
    let model = Sequential {
      Dense(5, activation: .tanh)
      Dense(3, activation: .softmax)
    }
    try model.compile(
      optimizer: optimizer, loss: .sparseCategoricalCrossentropy, metrics: metrics)
    return model
  }

  @Test("Dropout, batch normalization and a schedule come out with the same bits")
  func regularized() throws {
    try Self.expectSame(replays: 4) {
      let model = Sequential {
        Dense(8, activation: .relu, kernelRegularizer: .l2(1e-3))
        BatchNorm()
        Dropout(0.3)
        GaussianNoise(0.1)
        Dense(3, activation: .softmax, kernelConstraint: .maxNorm)
      }
      try model.compile(
        optimizer: Adam(
          learningRate: ExponentialDecay(initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.7),
          weightDecay: 0.01),
        loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
      return model
    }
  }

  @Test("A recurrent net with clipped gradients comes out with the same bits")
  func recurrent() throws {
    try Self.expectSame(replays: 4) {
      let model = Sequential {
        Reshape([3, 2])
        LSTM(4, dropout: 0.2)
        Dense(3, activation: .softmax)
      }
      try model.compile(
        optimizer: RMSprop(learningRate: 0.01, globalClipNorm: 0.5),
        loss: .sparseCategoricalCrossentropy)
      return model
    }
  }

  @Test("Several outputs, averages and accumulated gradients come out with the same bits")
  func severalOutputs() throws {
    try Self.expectSame(replays: 4, steps: 24) {
      let x = Input(shape: [6])
      let h = Dense(4, activation: .relu)(x)
      let model = try Model(
        inputs: x, outputs: [Dense(3, activation: .softmax)(h), Dense(1)(h)])
      try model.compile(
        optimizer: SGD(
          learningRate: 0.05, momentum: 0.9, useEMA: true, emaOverwriteFrequency: 3,
          gradientAccumulationSteps: 2),
        losses: [.sparseCategoricalCrossentropy, .mse], lossWeights: [1, 0.3],
        metrics: [[.accuracy], [.mae]])
      return model
    } batch: { index in
      var batch = Self.batch(8, index)
      batch.targets.append(Tensor.randomNormal([8], using: RandomSource(seed: UInt64(index))))
      return batch
    }
  }

  @Test(
    "Every optimizer comes out with the same bits",
    arguments: [
      "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
      "Muon", "Nadam", "RMSprop",
    ])
  func optimizers(_ name: String) throws {
    try Self.expectSame(replays: 4) { try Self.dense(try Optimizer.make(named: name)) }
  }

  @Test("What is changed between steps is seen by the next")
  func changes() throws {
    let changes: [(String, (Model) throws -> Void)] = [
      ("learning rate", { $0.optimizer!.learningRate = 0.7 }),
      (
        "schedule",
        {
          $0.optimizer!.setLearningRate(
            InverseTimeDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 1))
        }
      ),
      ("weight decay", { $0.optimizer!.weightDecay = 0.1 }),
      ("trainable", { $0.layers[0].trainable = false }),
      ("activity regularizer", { $0.layers[0].activityRegularizer = .l2(0.1) }),
      ("assign", { $0.weights[0].assign($0.weights[0].value * 2) }),
      ("weights", { try $0.setWeights($0.getWeights().map { $0 * 0.5 }) }),
      ("constraint", { $0.weights[0].constraint = { $0.clipped(to: -0.1, 0.1) } }),
      (
        "compile",
        { try $0.compile(optimizer: SGD(learningRate: 0.1), loss: .poisson, metrics: [.mae]) }
      ),
      ("layer", { ($0 as! Sequential).add(Dense(3, activation: .softmax)) }),
    ]
    let plain = try Self.train { try Self.dense() }
    for (name, change) in changes {
      let between: (Int, Model) throws -> Void = { if $0 == 8 { try change($1) } }
      // Targets of `.poisson` have the predictions' shape.
      let batch: (Int) -> Batch = { index in
        var batch = Self.batch(8, index)
        if name == "compile", index >= 8 { batch.targets = [.ones([8, 3])] }
        return batch
      }
      // What was compiled anew has its own steps.
      let count = name == "compile" ? 0 : 2
      try Self.expectSame(replays: count, { try Self.dense() }, batch: batch, between: between)
      let changed = try Self.train({ try Self.dense() }, batch: batch, between: between)
      #expect(changed.trace.weights != plain.trace.weights, "\(name)")
    }
  }

  @Test("A value that somebody holds stays what it was")
  func heldValues() throws {
    var held: [Tensor] = []
    var before: [[UInt64]] = []
    try Self.expectSame(replays: 3) {
      try Self.dense()
    } batch: {
      Self.batch(8, $0)
    } between: { step, model in
      if step == 7 {
        held = model.getWeights()
        before = Self.bits(held)
      }
      if step == 10 {
        #expect(Self.bits(held) == before)
        #expect(Self.bits(model.getWeights()) != before)
        held = []
      }
    }
  }

  @Test("What waits for its value sees the weights of its own time")
  func pendingValues() throws {
    try Self.expectSame(replays: 3) {
      try Self.dense()
    } batch: {
      Self.batch(8, $0)
    } between: { step, model in
      guard step == 7 else { return }
      let kernel = model.weights[0]
      let expected = kernel.value.scalars.map { $0 * 2 }
      let later = kernel.value * 2
      try model.trainOnBatch(Self.batch(8, 50))
      #expect(later.scalars == expected)
    }
  }

  @Test("One tensor as input and target is told from two")
  func aliases() throws {
    try Self.expectSame(replays: 3) {
      let model = Sequential { Dense(6) }
      try model.compile(optimizer: Adam(), loss: .mse)
      return model
    } batch: { index in
      let x = Self.batch(8, index).inputs[0]
      return Batch(x, index == 9 ? (x * 3).evaluated() : x)
    }
  }

  @Test("Steps with code of the user's own are recorded anew")
  func userCode() throws {
    final class Doubling: Layer {
      override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x * 2 }
    }
    final class Declared: Layer {
      let draws: Bool
      init(draws: Bool) {
        self.draws = draws
        super.init()
      }
      override var isReplayable: Bool { true }
      override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
        draws ? x + Tensor.randomNormal(x.shape) : x * 2
      }
    }
    final class Descent: Optimizer {
      override func update(
        _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
      ) -> Tensor { weight - gradient * step.learningRate }
    }
    func replays(
      _ layer: Layer? = nil, _ optimizer: Optimizer = SGD(),
      _ loss: Loss = .sparseCategoricalCrossentropy, _ metric: Metric = .accuracy,
      activation: ActivationFunction = .tanh
    ) throws -> Int {
      let model = Sequential {
        Dense(5, activation: activation)
        layer
        Dense(3, activation: .softmax)
      }
      try model.compile(optimizer: optimizer, loss: loss, metrics: [metric])
      let trained = try Self.train { model }
      return trained.replays
    }
    #expect(try replays() > 0)
    #expect(try replays(Doubling()) == 0)
    #expect(try replays(Declared(draws: false)) > 0)
    // From which source it draws depends on where the step is run.
    #expect(try replays(Declared(draws: true)) == 0)
    #expect(try replays(Lambda { $0 * 2 }) == 0)
    #expect(try replays(TimeDistributedDoubling.layer) == 0)
    // Its testing steps know nothing of the optimizer.
    #expect(try replays(nil, Descent()) <= 2)
    let own = Loss("own") { y, p in (p - 0.5).square().mean(along: -1) }
    #expect(try replays(nil, SGD(), own) == 0)
    let metric = MeanMetricWrapper("own") { _, p in p.max(along: -1) }
    #expect(try replays(nil, SGD(), .sparseCategoricalCrossentropy, metric) == 0)
    #expect(try replays(activation: ActivationFunction("own") { $0.sin() }) == 0)
  }

  /// A user's layer inside one of the library's.
  enum TimeDistributedDoubling {
    final class Inner: Layer {
      override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x * 2 }
    }
    static var layer: Layer {
      Sequential {
        Reshape([5, 1])
        TimeDistributed(Inner())
        Reshape([5])
      }
    }
  }

  @Test("Predictions are replayed, and follow the weights")
  func predictions() throws {
    let model = try withRandomSeed(1) { try Self.dense() }
    let x = Self.batch(1, 1).inputs[0]
    let first = try model.predict(x)
    let bits = Self.bits([first])
    for _ in 0..<4 { #expect(Self.bits([try model.predict(x)]) == bits) }
    #expect(model.heldPredictions.replayCount >= 2)
    let other = try model.predict(x * 2)
    #expect(Self.bits([first]) == bits)
    #expect(Self.bits([other]) != bits)
    model.weights[0].assign(model.weights[0].value * 3)
    let changed = try model.predict(x)
    #expect(Self.bits([changed]) == Self.bits([model(x)]))
    #expect(Self.bits([changed]) != bits)
  }

  /// What `fit` with validation leaves behind, with steps replayed; expects the same of steps that are
  /// recorded anew.
  static func fitted(
    seed: UInt64, _ make: () throws -> Model, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Trace {
    func run() throws -> (trace: Trace, replays: Int) {
      try withRandomSeed(seed) {
        let (x, y) = FitTests.clouds()
        let model = try make()
        let history = try model.fit(
          x, y, batchSize: 16, epochs: 3, verbose: .silent, validationSplit: 0.2)
        return (
          Trace(weights: bits(model.getWeights()), logs: history.logs),
          model.compilation!.held.replayCount
        )
      }
    }
    let (replayed, recorded) = (try run(), try withoutReplay { try run() })
    #expect(replayed.trace == recorded.trace, sourceLocation: sourceLocation)
    // 10 steps of training and 3 of validation in each epoch.
    #expect(replayed.replays > 25, sourceLocation: sourceLocation)
    #expect(recorded.replays == 0, sourceLocation: sourceLocation)
    return replayed.trace
  }

  @Test("fit and evaluate replay their steps, with the same bits")
  func fitting() throws {
    let trace = try Self.fitted(seed: 2) { try FitTests.classifier() }
    #expect(trace.logs.count == 3 && trace.logs[0]["val_loss"] != nil)
  }

  /// A layer with noise whose inside is computed anew for the gradient, or kept.
  final class Noisy: Layer {
    private let isRecomputed: Bool
    private var kernel: Variable!
    private var source: RandomSource!

    init(isRecomputed: Bool) {
      self.isRecomputed = isRecomputed
      super.init()
    }
    override var isReplayable: Bool { true }
    override func build(_ input: PartialShape) {
      kernel = addWeight("kernel", [input.last!!, 8], .glorotUniform)
      source = addRandomSource()
    }
    override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
      let (kernel, source, training) = (kernel.value, source!, context.isTraining)
      let body: @Sendable ([Tensor]) -> Tensor = { inputs in
        let h = inputs[0].matmul(kernel).tanh()
        return training ? h * Tensor.randomUniform(h.shape, using: source) : h
      }
      return isRecomputed ? recomputing([x], body) : body([x])
    }
  }

  @Test("What a step computes anew for its gradient comes out with the same bits, noise included")
  func recomputed() throws {
    func trace(isRecomputed: Bool) throws -> Trace {
      try Self.fitted(seed: 6) {
        let model = Sequential {
          Noisy(isRecomputed: isRecomputed)
          Dropout(0.25)
          Dense(2, activation: .softmax)
        }
        try model.compile(
          optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy,
          metrics: [.accuracy])
        return model
      }
    }
    // The noise of the way back is that of the way there.
    #expect(try trace(isRecomputed: true) == trace(isRecomputed: false))
  }

  @Test("Plans that were forgotten are made again")
  func forgottenPlans() async {
    // In a process of its own: the plans of other tests are not to be forgotten.
    await #expect(processExitsWith: .success) {
      try StepReplayTests.expectSame(replays: 3) {
        try StepReplayTests.dense()
      } batch: {
        StepReplayTests.batch(8, $0)
      } between: { step, _ in
        if step == 6 { Plans.removeAll() }
      }
    }
  }
}
