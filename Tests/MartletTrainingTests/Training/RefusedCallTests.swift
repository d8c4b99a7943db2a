import MartletTensors
import Testing

@testable import MartletTraining

/// Calls with data that do not fit: they throw, and leave model and optimizer as they were.
@Suite("Refused calls")
struct RefusedCallTests {
  /// What a body throws, as text.
  static func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch { return "\(error)" }
  }

  @Test("A model that was never built takes the right data after it refused wrong ones")
  func usedAgain() throws {
    let (x, y) = FitTests.clouds(24)
    let wide = Tensor.ones([24, 5])
    let refusals: [(String, (Model) throws -> Void)] = [
      ("labels", { try $0.fit(wide, y + 1, verbose: .silent) }),
      ("monitor", { try $0.fit(wide, y, verbose: .silent, callbacks: [EarlyStopping()]) }),
      ("values", { try $0.fit(wide / 0, y, verbose: .silent) }),
      (
        "validation",
        { try $0.fit(wide, y, verbose: .silent, validationData: (wide, y[0..<3])) }
      ),
      ("evaluate", { try $0.evaluate(wide, y[0..<20]) }),
      ("trainOnBatch", { try $0.trainOnBatch(wide, y - 1) }),
      ("source", { try $0.fit(SequenceBatches([(wide, y + 1)]), verbose: .silent) }),
    ]
    for (name, refused) in refusals {
      let model = try FitTests.classifier()
      #expect(throws: Diagnostic.self, "\(name)") { try refused(model) }
      #expect(!model.isBuilt && model.layers.allSatisfy { !$0.isBuilt }, "\(name)")
      #expect(model.weights.isEmpty && model.optimizer?.isBuilt == false, "\(name)")
      let history = try model.fit(x, y, epochs: 2, verbose: .silent)
      #expect(model.weights[0].shape == [3, 8], "\(name)")
      #expect(history.loss.allSatisfy { $0.isFinite }, "\(name)")
    }
  }

  @Test("Layers that were built before another one refused are not built")
  func halfBuilt() throws {
    let model = Sequential {
      Dense(4)
      Conv1D(2, kernelSize: 3, padding: .valid)
    }
    try model.compile(optimizer: SGD(), loss: .meanSquaredError)
    #expect(throws: Diagnostic.self) { try model.predict(Tensor.ones([2, 7])) }
    #expect(!model.layers[0].isBuilt && model.failure == nil)
    #expect(try model.predict(Tensor.ones([2, 5, 7])).shape == [2, 3, 2])
  }

  @Test("A metric that cannot compare targets and predictions is refused before the first step")
  func metrics() throws {
    let (x, y) = FitTests.clouds(8)
    for isWeighted in [false, true] {
      let model = Sequential { Dense(2, activation: .softmax) }
      let metrics: [Metric] = [.categoricalAccuracy]
      try model.compile(
        optimizer: SGD(), loss: .sparseCategoricalCrossentropy,
        metrics: isWeighted ? [] : metrics, weightedMetrics: isWeighted ? metrics : [])
      let text = Self.refusal { try model.fit(x, y, verbose: .silent) }
      #expect(text.contains("categorical_accuracy") && text.contains("[8]"), "\(text)")
      #expect(throws: Diagnostic.self) { try model.evaluate(x, y) }
      #expect(throws: Diagnostic.self) { try model.testOnBatch(x, y) }
    }
  }

  @Test("Labels that are no class are refused wherever they come from")
  func labels() throws {
    let (x, y) = FitTests.clouds(32)
    let bad = (0..<32).map { $0 == 29 ? Int32(2) : Int32($0 % 2) }
    let wrong = Tensor(bad)
    func batches(_ labels: Tensor) -> SequenceBatches<[(Tensor, Tensor)]> {
      SequenceBatches([0, 8, 16, 24].map { (x[$0..<($0 + 8)], labels[$0..<($0 + 8)]) })
    }
    let model = try FitTests.classifier()
    func expectRefused(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation)
    {
      let text = Self.refusal(body)
      #expect(
        text.contains("no class") && text.contains("2 at element"), sourceLocation: sourceLocation)
    }
    expectRefused { try model.evaluate(batches(wrong)) }
    expectRefused {
      try model.fit(x, y, verbose: .silent, validationData: (x, wrong))
    }
    // The first batch of a validation is looked at before the first step.
    let late = batches(wrong)
    let early = SequenceBatches([(x, wrong)])
    #expect(model.optimizer?.iterations == 0)
    expectRefused { try model.fit(batches(y), verbose: .silent, validationData: early) }
    #expect(model.optimizer?.iterations == 0)
    expectRefused { try model.fit(batches(y), verbose: .silent, validationData: late) }
    #expect(model.optimizer?.iterations == 4)
    expectRefused { try model.trainOnBatch(x, wrong) }
    expectRefused { try model.testOnBatch(x, wrong) }
    // Steps that would be replayed look as well.
    for _ in 0..<6 {
      try model.trainOnBatch(x, y)
      try model.testOnBatch(x, y)
    }
    #expect(model.compilation!.held.replayCount > 0)
    expectRefused { try model.trainOnBatch(x, wrong) }
    expectRefused { try model.testOnBatch(x, wrong) }
    for type in [DType.int64, .float32, .float64] {
      expectRefused { try model.trainOnBatch(x, wrong.cast(to: type)) }
      try model.trainOnBatch(x, y.cast(to: type))
    }
  }

  @Test("Numbers of samples that differ are found before anything is split")
  func rows() throws {
    let (x, y) = FitTests.clouds(20)
    let model = try FitTests.classifier()
    #expect(
      Self.refusal { try model.fit(x, y[0..<4], validationSplit: 0.5) }.contains("got      4"))
    #expect(
      Self.refusal { try model.fit(x, Tensor(1 as Int32), validationSplit: 0.5) }
        .contains("target 0 is a scalar"))
    let (a, b) = (Input(shape: [3]), Input(shape: [3]))
    let pair = try Model(inputs: [a, b], outputs: Dense(2, activation: .softmax)(Add()([a, b])))
    try pair.compile(optimizer: SGD(), loss: .sparseCategoricalCrossentropy)
    let short = x[0..<7]
    let batch = Batch(inputs: [x, short], targets: [y])
    for refused in [
      { try pair.fit(SequenceBatches([batch]), verbose: .silent) },
      { try pair.fit(batch, verbose: .silent) }, { try pair.evaluate(SequenceBatches([batch])) },
      { try pair.predict(Batch(inputs: [x, short])) }, { try pair.predictOnBatch([x, short]) },
    ] as [() throws -> Any] {
      #expect(Self.refusal { _ = try refused() }.contains("number of samples"))
    }
  }

  @Test("Weights of a shape that the samples' values do not have are refused")
  func weights() throws {
    let (x, y) = FitTests.clouds(8)
    let model = try FitTests.classifier()
    let text = Self.refusal { try model.fit(x, y, verbose: .silent, sampleWeight: .ones([8, 3])) }
    #expect(text.contains("[8, 3]") && text.contains("weights"), "\(text)")
    try model.fit(x, y, verbose: .silent, sampleWeight: .ones([8, 1]))
    // A number for each step of time.
    let steps = Sequential { Dense(2) }
    try steps.compile(optimizer: SGD(), loss: .meanSquaredError)
    let (sequence, goal) = (Tensor.ones([4, 5, 3]), Tensor.ones([4, 5, 2]))
    try steps.fit(sequence, goal, verbose: .silent, sampleWeight: .ones([4, 5]))
    #expect(throws: Diagnostic.self) {
      try steps.fit(sequence, goal, verbose: .silent, sampleWeight: .ones([4, 2]))
    }
    #expect(throws: Diagnostic.self) {
      try steps.trainOnBatch(sequence, goal, sampleWeight: .ones([4, 5, 2]))
    }
  }

  @Test("More targets than outputs are refused")
  func targets() throws {
    let (x, y) = FitTests.clouds(8)
    let batch = Batch(inputs: [x], targets: [y, y])
    #expect(
      Self.refusal { try FitTests.classifier().fit(batch, verbose: .silent) }.contains("too many"))
  }

  @Test("Callbacks that set the rate refuse an optimizer with a schedule as training begins")
  func schedules() throws {
    let (x, y) = FitTests.clouds(8)
    for callback in [
      ReduceLROnPlateau(monitor: "loss", patience: 0),
      LearningRateScheduler { $1 / Double($0 + 1) },
    ] as [any Callback] {
      let model = Sequential { Dense(2, activation: .softmax) }
      let rate = ExponentialDecay(initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5)
      try model.compile(optimizer: SGD(learningRate: rate), loss: .sparseCategoricalCrossentropy)
      let text = Self.refusal { try model.fit(x, y, verbose: .silent, callbacks: [callback]) }
      #expect(text.contains("schedule") && text.contains("ExponentialDecay"), "\(text)")
      #expect(model.optimizer?.iterations == 0)
    }
  }

  @Test("compile refuses a loss that gives a number for each sample")
  func unreduced() throws {
    let model = Sequential { Dense(2) }
    var loss = Loss.meanSquaredError
    loss.reduction = .none
    let text = Self.refusal { try model.compile(optimizer: SGD(), loss: loss) }
    #expect(text.contains("mean_squared_error") && text.contains(".none"), "\(text)")
    #expect(model.optimizer == nil)
  }

  @Test("An initializer that cannot fill a weight is thrown with the weight's name")
  func initializers() throws {
    for (name, initializer) in [("orthogonal", Initializer.orthogonal), ("identity", .identity)] {
      let model = Sequential {
        Input(shape: [3])
        Dense(2, biasInitializer: initializer)
      }
      let text = Self.refusal { try model.compile(optimizer: SGD(), loss: .meanSquaredError) }
      #expect(text.contains("bias") && text.contains(name), "\(text)")
      let deferred = Sequential { Dense(2, biasInitializer: initializer) }
      try deferred.compile(optimizer: SGD(), loss: .meanSquaredError)
      #expect(throws: Diagnostic.self) { try deferred.fit(.ones([4, 3]), .ones([4, 2])) }
      #expect(!deferred.layers[0].isBuilt)
    }
  }
}
