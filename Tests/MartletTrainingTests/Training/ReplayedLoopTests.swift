import MartletLayers
import MartletTensors
import Testing

@testable import MartletTraining

/// Loops of one's own whose steps are replayed.
@Suite("Replayed loops")
struct ReplayedLoopTests {
  static func bits(_ tensors: [Tensor]) -> [[UInt64]] { StepReplayTests.bits(tensors) }

  static func batch(_ index: Int) -> (Tensor, Tensor) {
    let batch = StepReplayTests.batch(index % 5 == 4 ? 7 : 8, index)
    return (batch.inputs[0], batch.targets[0])
  }

  static func net() -> Sequential {
    Sequential {
      Input(shape: [6])
      Dense(8, activation: .relu, kernelRegularizer: .l2(1e-3))
      BatchNorm()
      Dropout(0.3)
      Dense(3, activation: .softmax, kernelConstraint: .maxNorm)
    }
  }

  static func step(
    _ net: Model, _ optimizer: Optimizer, _ metric: Metric? = nil
  ) -> ReplayedStep<(Tensor, Tensor), Tensor> {
    ReplayedStep { x, y in
      let variables = net.trainableVariables
      let (loss, gradients) = valueAndGradient(of: variables) {
        let scores = net(x, training: true)
        metric?.update(y, scores)
        return net.regularizationLosses.reduce(sparseCategoricalCrossentropy(y, scores), +)
      }
      optimizer.apply(gradients, to: variables)
      return loss
    }
  }

  /// Runs a loop with and without replaying, and expects the same of both.
  static func expectSame(
    replays expected: ClosedRange<Int>, _ loop: () throws -> (values: [Tensor], replays: Int),
    sourceLocation: SourceLocation = #_sourceLocation
  ) rethrows {
    let replayed = try withRandomSeed(5) { try loop() }
    let recorded = try withoutReplay { try withRandomSeed(5) { try loop() } }
    #expect(bits(replayed.values) == bits(recorded.values), sourceLocation: sourceLocation)
    #expect(expected.contains(replayed.replays), sourceLocation: sourceLocation)
    #expect(recorded.replays == 0, sourceLocation: sourceLocation)
  }

  @Test("A net with every kind of layer state comes out with the same bits")
  func sameBits() {
    Self.expectSame(replays: 10...20) {
      let net = Self.net()
      let optimizer = Adam(
        learningRate: ExponentialDecay(initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.7),
        weightDecay: 0.01, globalClipNorm: 1)
      let accuracy: Metric = .sparseCategoricalAccuracy
      let step = Self.step(net, optimizer, accuracy)
      let losses = (0..<20).map { index in
        let (x, y) = Self.batch(index)
        return step(x, y)
      }
      return (
        losses + net.getWeights() + optimizer.variables.map(\.value) + [accuracy.result()],
        step.replayCount
      )
    }
  }

  @Test("The loop gives what fit gives")
  func sameAsFit() throws {
    let x = Tensor.randomNormal([40, 6], using: RandomSource(seed: 1))
    let y = Tensor.randomIntegers([40], in: 0..<3, using: RandomSource(seed: 2))
    let fitted = try withRandomSeed(7) {
      let net = Self.net()
      try net.compile(optimizer: Adadelta(learningRate: 1), loss: .sparseCategoricalCrossentropy)
      try net.fit(x, y, batchSize: 8, epochs: 3, verbose: .silent, shuffle: false)
      return net.getWeights()
    }
    let looped = withRandomSeed(7) {
      let net = Self.net()
      let step = Self.step(net, Adadelta(learningRate: 1))
      for _ in 0..<3 {
        for start in stride(from: 0, to: 40, by: 8) {
          step(x[start..<start + 8], y[start..<start + 8])
        }
      }
      #expect(step.replayCount >= 10)
      return net.getWeights()
    }
    #expect(Self.bits(fitted) == Self.bits(looped))
  }

  @Test("What is set between steps counts in the next")
  func settings() {
    Self.expectSame(replays: 6...20) {
      let net = Self.net()
      let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
      let step = Self.step(net, optimizer)
      for index in 0..<24 {
        switch index {
        case 6: optimizer.learningRate = 0.01
        case 10: net.layers[0].trainable = false
        case 14: net.layers[0].trainable = true
        case 18: optimizer.weightDecay = 0.1
        default: break
        }
        let (x, y) = Self.batch(0 * index)
        step(x, y)
      }
      return (net.getWeights() + optimizer.variables.map(\.value), step.replayCount)
    }
  }

  @Test("Gradients that are added up and averages of weights keep their rhythm")
  func phases() {
    Self.expectSame(replays: 12...30) {
      let net = Self.net()
      let optimizer = SGD(
        learningRate: 0.05, useEMA: true, emaOverwriteFrequency: 3, gradientAccumulationSteps: 2)
      let step = Self.step(net, optimizer)
      for _ in 0..<36 {
        let (x, y) = Self.batch(0)
        step(x, y)
      }
      return (net.getWeights() + optimizer.variables.map(\.value), step.replayCount)
    }
  }

  @Test("Two nets with an optimizer each, in one step")
  func adversaries() {
    Self.expectSame(replays: 6...12) {
      let generator = Sequential {
        Input(shape: [4])
        Dense(6, activation: .tanh)
      }
      let discriminator = Sequential {
        Input(shape: [6])
        Dense(5, activation: .leakyRelu)
        Dense(1)
      }
      let (forGenerator, forDiscriminator) = (Adam(learningRate: 0.01), RMSprop(learningRate: 0.02))
      let source = RandomSource(seed: 9)
      let step = ReplayedStep { (real: Tensor) -> [Tensor] in
        let noise = Tensor.randomNormal([8, 4], using: source)
        let (first, down) = valueAndGradient(of: discriminator.trainableVariables) {
          discriminator(generator(noise)).softplus().mean()
            + (-discriminator(real)).softplus().mean()
        }
        forDiscriminator.apply(down, to: discriminator.trainableVariables)
        let (second, up) = valueAndGradient(of: generator.trainableVariables) {
          (-discriminator(generator(noise))).softplus().mean()
        }
        forGenerator.apply(up, to: generator.trainableVariables)
        return [first, second]
      }
      let losses = (0..<12).flatMap { index in
        step(Tensor.randomNormal([8, 6], using: RandomSource(seed: UInt64(index))))
      }
      #expect(forGenerator.iterations == 12 && forDiscriminator.iterations == 12)
      return (
        losses + generator.getWeights() + discriminator.getWeights()
          + forGenerator.variables.map(\.value), step.replayCount
      )
    }
  }

  @Test("An optimizer applied twice in a step is not replayed, and counts both")
  func appliedTwice() {
    Self.expectSame(replays: 0...0) {
      let weight = Variable(Tensor([1, 2, 3] as [Float]))
      let optimizer = Adam(learningRate: 0.1)
      let step = ReplayedStep { x in
        for _ in 0..<2 {
          let (_, gradients) = valueAndGradient(of: [weight]) {
            (weight.value * x).square().sum()
          }
          optimizer.apply(gradients, to: [weight])
        }
        return weight.value.sum()
      }
      for _ in 0..<8 { step(Tensor([1, 0.5, 2] as [Float])) }
      #expect(optimizer.iterations == 16)
      return ([weight.value], step.replayCount)
    }
  }

  @Test("A layer that is frozen without being called is noticed")
  func frozenBeside() {
    Self.expectSame(replays: 6...12) {
      let (trunk, used) = (Dense(4, activation: .tanh), Dense(1))
      let beside = Dense(2, kernelRegularizer: .l2(0.1))
      let x = Input(shape: [6])
      let h = trunk(x)
      let net = try! Model(inputs: x, outputs: [used(h), beside(h)])
      let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
      let step = ReplayedStep { (x: Tensor) -> Tensor in
        let (loss, gradients) = valueAndGradient(of: net.trainableVariables) {
          net.regularizationLosses.reduce(used(trunk(x)).square().mean(), +)
        }
        optimizer.apply(gradients, to: net.trainableVariables)
        return loss
      }
      for index in 0..<14 {
        if index == 7 { beside.trainable = false }
        step(Self.batch(0).0)
      }
      return (net.getWeights(), step.replayCount)
    }
  }

  @Test("Two steps that share an optimizer see the variables it was given")
  func sharedOptimizer() {
    Self.expectSame(replays: 10...30) {
      let optimizer = Adam(learningRate: 0.1, useEMA: true, emaOverwriteFrequency: 2)
      let weights = (0..<2).map { Variable(Tensor([1, 2, 3] as [Float]) + Float($0)) }
      let steps = weights.map { weight in
        ReplayedStep { (x: Tensor) -> Tensor in
          let (loss, gradients) = valueAndGradient(of: [weight]) {
            (weight.value * x).square().sum()
          }
          optimizer.apply(gradients, to: [weight])
          return loss
        }
      }
      let x = Tensor([1, 0.5, 2] as [Float])
      for _ in 0..<15 { steps[0](x) }
      for _ in 0..<6 { steps[1](x) }
      for _ in 0..<15 { steps[0](x) }
      return (
        weights.map(\.value) + optimizer.variables.map(\.value),
        steps[0].replayCount + steps[1].replayCount
      )
    }
  }

  /// A metric and a cell of one's own that count what they were asked.
  final class CountingMetric: Metric {
    private let total = Metric.state("total")
    var updates = 0

    init() { super.init("counting", states: [total]) }

    override func update(
      _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
    ) {
      updates += 1
      total.assign(total.value + yPred.sum().cast(to: .float64))
    }

    override func result() -> Tensor { total.value }
  }

  final class CountingCell: RecurrentCell {
    var steps = 0

    init() { super.init(name: nil) }
    override func stateShapes(_ input: PartialShape) throws -> [PartialShape] { [[2]] }
    override func build(_ input: PartialShape) throws {}
    override func step(
      _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
    ) -> (output: Tensor, states: [Tensor]) {
      self.steps += 1
      let h = states[0] + x
      return (h, [h])
    }
  }

  @Test("Metrics and cells of one's own are called each time")
  func ownMetricsAndCells() {
    let (metric, cell) = (CountingMetric(), CountingCell())
    let layer = RNN(cell)
    let x = Self.batch(0).0.reshaped(to: [8, 3, 2])
    _ = layer(x)
    cell.steps = 0
    let counted = ReplayedStep { (x: Tensor) -> Tensor in
      metric.update(x, x)
      return x.sum()
    }
    let stepped = ReplayedStep { (x: Tensor) -> Tensor in layer(x).sum() }
    for _ in 0..<8 {
      counted(x)
      stepped(x)
    }
    #expect(metric.updates == 8 && counted.replayCount == 0)
    #expect(cell.steps == 24 && stepped.replayCount == 0)
  }

  /// A layer of one's own that counts its calls.
  final class Counting: Layer {
    var calls = 0
    let says: Bool

    init(says: Bool) {
      self.says = says
      super.init()
    }

    override var isReplayable: Bool { says }

    override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
      calls += 1
      return x * 2
    }
  }

  @Test("Layers of one's own are called each time, unless they say they need not be")
  func ownLayers() {
    for says in [false, true] {
      let own = Counting(says: says)
      let step = ReplayedStep { x in own(x).sum() }
      own.calls = 0
      for index in 0..<10 { step(Self.batch(0 * index).0) }
      #expect(own.calls + step.replayCount >= 10)
      #expect(step.replayCount > 0 ? says : !says)
    }
  }
}
