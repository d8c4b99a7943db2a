import MartletTraining
import Testing

@testable import MartletSaving

/// Ends a run as a killed process would: nobody is told.
private struct Killed: Error {}

/// A generator and a discriminator, each with an optimizer of its own.
private final class Adversaries: Model, CustomTrainStep {
  let generator = Sequential {
    Input(shape: [2])
    Dense(4, activation: .tanh)
    Dense(6)
  }
  let discriminator = Sequential {
    Input(shape: [6])
    Dense(4, activation: .tanh)
    Dropout(0.2)
    Dense(1, activation: .sigmoid)
  }
  let discriminatorOptimizer = Adam(
    learningRate: ExponentialDecay(initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.5),
    useEMA: true)
  let trainStepNames = ["generator_loss", "discriminator_loss"]

  var optimizedVariables: [(optimizer: Optimizer, variables: [Variable])] {
    [
      (optimizer!, generator.trainableVariables),
      (discriminatorOptimizer, discriminator.trainableVariables),
    ]
  }

  override func call(_ x: Tensor, _ context: CallContext) -> Tensor { generator(x, context) }

  func trainStep(_ batch: Batch) -> StepResult {
    let count = batch.sampleCount
    let noise = Tensor.randomNormal([count, 2])
    let (yes, no) = (Tensor.ones([count, 1]), Tensor.zeros([count, 1]))
    let (judgement, toDiscriminator) = valueAndGradient(of: discriminator.trainableVariables) {
      binaryCrossentropy(yes, discriminator(batch.inputs[0], training: true))
        + binaryCrossentropy(no, discriminator(generator(noise, training: true), training: true))
    }
    discriminatorOptimizer.apply(toDiscriminator, to: discriminator.trainableVariables)
    let (deceit, toGenerator) = valueAndGradient(of: generator.trainableVariables) {
      binaryCrossentropy(yes, discriminator(generator(noise, training: true), training: true))
    }
    optimizer!.apply(toGenerator, to: generator.trainableVariables)
    return ["generator_loss": deceit, "discriminator_loss": judgement]
  }
}

@Suite("Resumed custom train steps")
struct ResumedCustomStepTests {
  /// 4 epochs of 4 batches; killed after so many batches, if asked for.
  private static func run(
    _ folder: String, dyingAfter deadline: Int? = nil
  ) throws -> (weights: [[Float]], optimizers: [[Double]], history: History) {
    try withRandomSeed(3) {
      let model = Adversaries()
      try model.compile(optimizer: SGD(learningRate: 0.1, momentum: 0.9))
      var done = 0
      let killer = LambdaCallback(onBatchEnd: { _, _ in
        done += 1
        if done == deadline { throw Killed() }
      })
      let history = try model.fit(
        Batch(sample([32, 6])), batchSize: 8, epochs: 4, verbose: .silent,
        callbacks: [
          BackupAndRestore(folder + "/run.safetensors", saveFrequency: .batches(1)), killer,
        ])
      return (
        model.getWeights().map(\.scalars),
        (model.optimizer!.variables + model.discriminatorOptimizer.variables)
          .map { $0.value.scalars(of: Double.self) },
        history
      )
    }
  }

  @Test(
    "A killed run of two optimizers ends with the bits of one that was not", arguments: [2, 4, 9])
  func resume(deadline: Int) throws {
    let whole = try withTemporaryFolder { try Self.run($0) }
    let resumed = try withTemporaryFolder { folder in
      #expect(throws: Killed.self) { _ = try Self.run(folder, dyingAfter: deadline) }
      return try Self.run(folder)
    }
    #expect(resumed.weights == whole.weights)
    #expect(resumed.optimizers == whole.optimizers)
    #expect(resumed.history == whole.history)
  }
}
