import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Custom train steps")
struct CustomTrainStepTests {
  /// A classifier whose steps do what the standard ones do.
  class Standard: Model, CustomTrainStep, CustomTestStep {
    let hidden = Dense(8, activation: .relu, kernelRegularizer: .l2(1e-3))
    let dropout = Dropout(0.2)
    let scores = Dense(2, activation: .softmax)

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
      scores(dropout(hidden(x, context), context), context)
    }

    func result(_ batch: Batch, training: Bool) -> StepResult {
      let context = CallContext(training: training)
      let (outputs, masks) = forward(batch.inputs, context)
      let loss = sparseCategoricalCrossentropy(batch.targets[0], outputs[0])
      return StepResult(
        ["loss": regularizationLosses.reduce(loss, +)], predictions: outputs, masks: masks)
    }

    func trainStep(_ batch: Batch) throws -> StepResult {
      var found: StepResult = [:]
      let (_, gradients) = valueAndGradient(of: trainableVariables) {
        found = result(batch, training: true)
        return found.values[0].value
      }
      optimizer!.apply(gradients, to: trainableVariables)
      return found
    }

    func testStep(_ batch: Batch) throws -> StepResult { result(batch, training: false) }
  }

  /// The same model without steps of its own.
  final class Plain: Model {
    let hidden = Dense(8, activation: .relu, kernelRegularizer: .l2(1e-3))
    let dropout = Dropout(0.2)
    let scores = Dense(2, activation: .softmax)

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
      scores(dropout(hidden(x, context), context), context)
    }
  }

  final class Replayable: Standard {
    override var isReplayable: Bool { true }
  }

  /// What a training with validation left behind.
  struct Trace: Equatable {
    let weights: [[Float]]
    let optimizer: [[Double]]
    let history: History
    let evaluation: Logs
  }

  static func trace(
    _ make: () -> Model, loss: Loss? = nil
  ) throws -> (trace: Trace, replays: Int) {
    try withRandomSeed(4) {
      let (x, y) = FitTests.clouds(44)
      let model = make()
      try model.compile(
        optimizer: Adam(learningRate: 0.01, useEMA: true), loss: loss, metrics: [.accuracy])
      let history = try model.fit(
        x, y, batchSize: 8, epochs: 3, verbose: .silent, validationSplit: 0.25)
      let trace = Trace(
        weights: model.getWeights().map(\.scalars),
        optimizer: model.optimizer!.variables.map { $0.value.scalars(of: Double.self) },
        history: history, evaluation: try model.evaluate(x, y))
      return (trace, model.compilation!.held.replayCount)
    }
  }

  @Test("A step that does what the standard one does leaves the same bits and the same history")
  func standard() throws {
    let plain = try Self.trace({ Plain() }, loss: .sparseCategoricalCrossentropy)
    let custom = try Self.trace({ Standard() })
    #expect(custom.trace == plain.trace)
    #expect(custom.replays == 0)
    #expect(custom.trace.history.names == ["loss", "accuracy", "val_loss", "val_accuracy"])
  }

  @Test("A model that says so has its steps replayed, with the same bits")
  func replayed() throws {
    let plain = try Self.trace({ Plain() }, loss: .sparseCategoricalCrossentropy)
    let replayable = try Self.trace({ Replayable() })
    #expect(replayable.trace == plain.trace)
    #expect(replayable.replays > 5)
  }

  /// A generator and a discriminator of points, trained against each other.
  final class Adversaries: Model, CustomTrainStep {
    let generator = Sequential {
      Input(shape: [2])
      Dense(6, activation: .tanh)
      Dense(3)
    }
    let discriminator = Sequential {
      Input(shape: [3])
      Dense(6, activation: .tanh)
      Dense(1, activation: .sigmoid)
    }
    let discriminatorOptimizer: Optimizer
    let isKnownReplayable: Bool
    let trainStepNames = ["generator_loss", "discriminator_loss"]

    init(_ discriminatorOptimizer: Optimizer, isReplayable: Bool = false) {
      self.discriminatorOptimizer = discriminatorOptimizer
      isKnownReplayable = isReplayable
      super.init()
    }

    override var isReplayable: Bool { isKnownReplayable }

    var optimizedVariables: [(optimizer: Optimizer, variables: [Variable])] {
      [
        (optimizer!, generator.trainableVariables),
        (discriminatorOptimizer, discriminator.trainableVariables),
      ]
    }

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor { generator(x, context) }

    func trainStep(_ batch: Batch) -> StepResult {
      let real = batch.inputs[0]
      let (g, d) = Adversaries.losses(
        real, generator, discriminator, optimizer!, discriminatorOptimizer)
      return ["generator_loss": g, "discriminator_loss": d]
    }

    static func losses(
      _ real: Tensor, _ generator: Layer, _ discriminator: Layer, _ ofGenerator: Optimizer,
      _ ofDiscriminator: Optimizer
    ) -> (generator: Tensor, discriminator: Tensor) {
      let count = real.shape[0]
      // Points that are as good as noise, and the same in every run.
      let latent = real[..., 0..<2].sin()
      let (yes, no) = (Tensor.ones([count, 1]), Tensor.zeros([count, 1]))
      let (d, toDiscriminator) = valueAndGradient(of: discriminator.trainableVariables) {
        let fake = generator(latent, training: true)
        return binaryCrossentropy(yes, discriminator(real, training: true))
          + binaryCrossentropy(no, discriminator(fake, training: true))
      }
      ofDiscriminator.apply(toDiscriminator, to: discriminator.trainableVariables)
      let (g, toGenerator) = valueAndGradient(of: generator.trainableVariables) {
        binaryCrossentropy(
          yes, discriminator(generator(latent, training: true), training: true))
      }
      ofGenerator.apply(toGenerator, to: generator.trainableVariables)
      return (g, d)
    }
  }

  static let points = withRandomSeed(9) { Tensor.randomNormal([20, 3]).evaluated() }

  static func adversaries(isReplayable: Bool = false) throws -> Adversaries {
    let model = Adversaries(
      Adam(learningRate: 0.02, useEMA: true), isReplayable: isReplayable)
    try model.compile(optimizer: SGD(learningRate: 0.1, momentum: 0.9))
    return model
  }

  @Test(
    "Two optimizers give the numbers of a loop written by hand", arguments: [false, true])
  func twoOptimizers(isReplayable: Bool) throws {
    let (fitted, looped) = try withRandomSeed(2) {
      (try Self.adversaries(isReplayable: isReplayable), try Self.adversaries())
    }
    try looped.setWeights(fitted.getWeights())
    // The model is given points, which its call would not take.
    let history = try fitted.fit(
      Batch(Self.points), batchSize: 8, epochs: 4, verbose: .silent, shuffle: false)
    var means: [[Double]] = []
    for _ in 0..<4 {
      var sums = [0.0, 0.0]
      for rows in [0..<8, 8..<16, 16..<20] {
        let (g, d) = Adversaries.losses(
          Self.points[rows], looped.generator, looped.discriminator, looped.optimizer!,
          looped.discriminatorOptimizer)
        for (index, loss) in [g, d].enumerated() {
          sums[index] += loss.item() * Double(rows.count)
        }
      }
      means.append(sums.map { $0 / 20 })
    }
    looped.discriminatorOptimizer.finalizeVariables()
    #expect(fitted.getWeights().map(\.scalars) == looped.getWeights().map(\.scalars))
    #expect(history["generator_loss"] == means.map { $0[0] })
    #expect(history["discriminator_loss"] == means.map { $0[1] })
    #expect(history.names == ["generator_loss", "discriminator_loss"])
    #expect(fitted.optimizer!.iterations == 12)
    #expect(fitted.discriminatorOptimizer.iterations == 12)
    #expect((fitted.compilation!.held.replayCount > 0) == isReplayable)
    #expect(try fitted.predict(Tensor.ones([4, 2])).shape == [4, 3])
  }

  /// An autoencoder whose step does what a test wants of it.
  class Autoencoder: Model, CustomTrainStep {
    let inner = Dense(2, activation: .tanh)
    let outer = Dense(3)
    let trainStepNames: [String]
    var returned: (Tensor) throws -> StepResult

    init(
      names: [String] = ["loss", "penalty"],
      returned: @escaping (Tensor) throws -> StepResult = { ["penalty": $0 * 2, "loss": $0] }
    ) {
      trainStepNames = names
      self.returned = returned
      super.init()
    }

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
      outer(inner(x, context), context)
    }

    func loss(_ batch: Batch, training: Bool) -> Tensor {
      meanSquaredError(batch.inputs[0], self(batch.inputs[0], training: training))
    }

    func trainStep(_ batch: Batch) throws -> StepResult {
      let (found, gradients) = valueAndGradient(of: trainableVariables) {
        loss(batch, training: true)
      }
      optimizer!.apply(gradients, to: trainableVariables)
      return try returned(found)
    }
  }

  final class TestedAutoencoder: Autoencoder, CustomTestStep {
    let testStepNames = ["loss"]
    func testStep(_ batch: Batch) -> StepResult { ["loss": loss(batch, training: false)] }
  }

  /// An autoencoder that makes some updates in one step.
  final class Updated: Autoencoder {
    var updates = 1
    override var isReplayable: Bool { true }

    override func trainStep(_ batch: Batch) throws -> StepResult {
      if updates == 0 { return try returned(loss(batch, training: true)) }
      for _ in 1..<updates { _ = try super.trainStep(batch) }
      return try super.trainStep(batch)
    }
  }

  @Test("Updates are counted, also where there is none or more than one", arguments: 0...2)
  func countedUpdates(updates: Int) throws {
    let model = Updated()
    model.updates = updates
    try model.compile(optimizer: Adam(learningRate: 0.01))
    for _ in 0..<8 { try model.trainOnBatch(Batch(Self.points)) }
    #expect(model.optimizer!.iterations == 8 * updates)
    #expect((model.compilation!.held.replayCount > 0) == (updates < 2))
  }

  /// An autoencoder whose names change.
  final class Renamed: Model, CustomTrainStep {
    let inner = Dense(3)
    var trainStepNames: [String] = []

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor { inner(x, context) }

    func trainStep(_ batch: Batch) -> StepResult {
      let (loss, gradients) = valueAndGradient(of: trainableVariables) {
        self(batch.inputs[0], training: true).square().mean()
      }
      optimizer!.apply(gradients, to: trainableVariables)
      return ["loss": loss]
    }
  }

  @Test("Names that were mended hold from then on")
  func mendedNames() throws {
    let model = Renamed()
    try model.compile(optimizer: SGD(learningRate: 0.1))
    let text = RefusedCallTests.refusal { try model.fit(Batch(Self.points), verbose: .silent) }
    #expect(text.contains("trainStepNames is empty"))
    model.trainStepNames = ["loss"]
    #expect(try model.fit(Batch(Self.points), verbose: .silent).names == ["loss"])
  }

  @Test("Sample weights for fewer outputs than are measured are refused")
  func tooFewWeights() throws {
    let x = Input(shape: [3])
    final class Measured: Model, CustomTrainStep {
      func trainStep(_ batch: Batch) -> StepResult { ["loss": Tensor(0)] }
    }
    let model = try Measured(inputs: x, outputs: [Dense(1)(x), Dense(1)(x), Dense(1)(x)])
    try model.compile(
      optimizer: SGD(), losses: [.mse, .mse, .mse], weightedMetrics: [[], [], [.mae]])
    let (y, w) = (Tensor.zeros([20]), Tensor.ones([20]))
    let text = RefusedCallTests.refusal {
      try model.fit(
        Batch(inputs: [Self.points], targets: [y, y, y], weights: [w, w]), verbose: .silent)
    }
    #expect(text.contains("too few sample weights"))
  }

  @Test("Values are shown under their names, as means over the samples of the epoch")
  func names() throws {
    let model = Autoencoder()
    try model.compile(optimizer: SGD(learningRate: 0))
    let history = try model.fit(Batch(Self.points), batchSize: 8, verbose: .silent)
    let found = [0..<8, 8..<16, 16..<20].map { rows in
      model.loss(Batch(Self.points[rows]), training: false).item() * Double(rows.count)
    }
    #expect(history.names == ["loss", "penalty"])
    #expect(abs(history.loss[0] - found.reduce(0, +) / 20) < 1e-6)
    #expect(abs(history["penalty"][0] - 2 * history.loss[0]) < 1e-6)
    let logs = try model.trainOnBatch(Batch(Self.points))
    #expect(logs.names == ["loss", "penalty"])
  }

  @Test("A test step gives validations their values, and callbacks find the names")
  func validation() throws {
    let model = TestedAutoencoder()
    try model.compile(optimizer: SGD(learningRate: 0.1))
    let history = try model.fit(
      Batch(Self.points), epochs: 2, verbose: .silent,
      callbacks: [EarlyStopping(monitor: "penalty", patience: 5, mode: .min), EarlyStopping()],
      validationData: Batch(Self.points))
    #expect(history.names == ["loss", "penalty", "val_loss"])
    let found = try model.evaluate(Batch(Self.points))
    #expect(found.names == ["loss"] && found.loss == history["val_loss"].last)
    #expect(try model.testOnBatch(Batch(Self.points)).names == ["loss"])
    let text = RefusedCallTests.refusal {
      try model.fit(
        Batch(Self.points), verbose: .silent,
        callbacks: [EarlyStopping(monitor: "val_penalty", mode: .min)],
        validationData: Batch(Self.points))
    }
    #expect(text.contains("loss, penalty, val_loss") && text.contains("\"val_penalty\""))
  }

  @Test("Without a test step validations use the compiled loss and metrics, or are refused")
  func standardValidation() throws {
    let model = Autoencoder()
    try model.compile(optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError)
    let history = try model.fit(
      Batch(Self.points), verbose: .silent, validationData: Batch(Self.points, Self.points))
    #expect(history.names == ["loss", "penalty", "val_loss"])
    #expect(
      abs(history["val_loss"][0] - model.loss(Batch(Self.points), training: false).item()) < 1e-6)

    let bare = Autoencoder()
    try bare.compile(optimizer: SGD(learningRate: 0.1))
    let text = RefusedCallTests.refusal {
      try bare.fit(Batch(Self.points), verbose: .silent, validationSplit: 0.5)
    }
    #expect(text.contains("there is nothing to evaluate") && text.contains("CustomTestStep"))
    #expect(!bare.isBuilt)
  }

  /// A variational autoencoder whose parts are not built when it is made.
  final class VariationalAutoencoder: Model, CustomTrainStep {
    let encoder = Sequential {
      Dense(8, activation: .relu)
      Dense(4)
    }
    let decoder = Sequential {
      Dense(8, activation: .relu)
      Dense(3)
    }
    let trainStepNames = ["loss", "kl_loss"]

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
      decoder(encoder(x, context)[..., 0..<2], context)
    }

    func trainStep(_ batch: Batch) -> StepResult {
      let x = batch.inputs[0]
      var divergence = Tensor(0)
      let (loss, gradients) = valueAndGradient(of: trainableVariables) {
        let code = encoder(x, training: true)
        let (mean, logVariance) = (code[..., 0..<2], code[..., 2..<4])
        let z = mean + (logVariance / 2).exp() * Tensor.randomNormal(mean.shape)
        divergence = (mean * mean + logVariance.exp() - logVariance - 1).sum(along: 1).mean() / 2
        return meanSquaredError(x, decoder(z, training: true)) * 3 + divergence * 0.1
      }
      optimizer!.apply(gradients, to: trainableVariables)
      return ["loss": loss, "kl_loss": divergence]
    }
  }

  @Test("An autoencoder is fitted to samples without targets")
  func withoutTargets() throws {
    let history = try withRandomSeed(6) {
      let model = VariationalAutoencoder()
      try model.compile(optimizer: Adam(learningRate: 0.02))
      return try model.fit(FitTests.clouds().x, epochs: 8, verbose: .silent)
    }
    #expect(history.loss[7] < 0.6 * history.loss[0])
    #expect(history["kl_loss"].allSatisfy { $0 > 0 })
    let (x, _) = FitTests.clouds(8)
    let plain = try FitTests.classifier()
    #expect(RefusedCallTests.refusal { try plain.fit(x) }.contains("too few targets"))
    #expect(RefusedCallTests.refusal { try plain.evaluate(x) }.contains("too few targets"))
    #expect(RefusedCallTests.refusal { try plain.trainOnBatch(x) }.contains("too few targets"))
    #expect(!plain.isBuilt)
  }

  private struct Refusal: Error {}

  @Test("A step that throws or returns the wrong values leaves everything as it was")
  func errors() throws {
    let cases: [(String, (Tensor) throws -> StepResult)] = [
      ("Refusal", { _ in throw Refusal() }),
      ("expected loss, penalty", { ["loss": $0] }),
      ("loss, penalty, penalty", { ["loss": $0, "penalty": $0, "penalty": $0] }),
      ("\"penalty\" is no scalar", { ["loss": $0, "penalty": $0.reshaped(to: [1])] }),
    ]
    for (expected, wrong) in cases {
      let model = Autoencoder()
      try model.compile(optimizer: Adam(learningRate: 0.1))
      let right = model.returned
      try model.trainOnBatch(Batch(Self.points))
      func state() -> [[Double]] {
        (model.weights + model.optimizer!.variables + model.compilation!.trackers!.states)
          .map { $0.value.scalars(of: Double.self) }
      }
      let before = state()
      model.returned = wrong
      let text = RefusedCallTests.refusal { try model.trainOnBatch(Batch(Self.points)) }
      #expect(text.contains(expected), "\(text)")
      #expect(state() == before, "\(expected)")
      model.returned = right
      let history = try model.fit(Batch(Self.points), epochs: 2, verbose: .silent)
      #expect(history.loss[1] < history.loss[0])
    }
  }

  @Test("What cannot work is refused before the first step")
  func refused() throws {
    func refusal(
      _ names: [String] = ["loss", "penalty"], metrics: [Metric] = [],
      _ fit: (Autoencoder) throws -> Void
    ) throws -> String {
      let model = Autoencoder(names: names)
      try model.compile(optimizer: SGD(), metrics: metrics)
      let text = RefusedCallTests.refusal { try fit(model) }
      #expect(!model.isBuilt && model.weights.isEmpty)
      return text
    }
    let x = Self.points
    #expect(
      try refusal([]) { try $0.fit(Batch(x), verbose: .silent) }
        .contains("trainStepNames is empty"))
    #expect(
      try refusal(["loss", "accuracy"], metrics: [.accuracy]) {
        try $0.fit(x, x, verbose: .silent)
      }.contains("\"accuracy\" twice"))
    #expect(
      try refusal(metrics: [.accuracy]) { try $0.fit(Batch(x), verbose: .silent) }
        .contains("too few targets"))
    #expect(
      try refusal { try $0.fit(x, x[0..<3], verbose: .silent) }
        .contains("differ in the number of samples"))
    #expect(
      try refusal { try $0.fit(Batch(x / 0), verbose: .silent) }.contains("NaN or an infinity"))
    #expect(
      try refusal { try $0.fit(Batch(x), verbose: .silent, classWeights: ["output": [0: 1]]) }
        .contains("class weights"))

    let model = Autoencoder()
    try model.compile(optimizer: SGD(), metrics: [.meanAbsoluteError])
    let text = RefusedCallTests.refusal { try model.trainOnBatch(x, x) }
    #expect(text.contains("too few predictions") && text.contains("StepResult"), "\(text)")
  }
}
