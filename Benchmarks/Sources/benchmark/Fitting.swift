import CKernels
import Martlet

/// What a step takes inside `fit`, with shuffled rows and accuracy, next to `trainOnBatch` on one
/// resident batch.
let fittingBenchmarks: [Benchmark] = [
  fitting("softmax", batch: 32, [784]) {
    Sequential { Dense(10, activation: .softmax) }
  } optimizer: {
    SGD(learningRate: 0.1)
  },
  fitting("mlp", batch: 128, [784]) {
    Sequential {
      Dense(512, activation: .relu)
      Dense(512, activation: .relu)
      Dense(10, activation: .softmax)
    }
  } optimizer: {
    Adam()
  },
  fitting("lenet", batch: 128, [28, 28, 1]) {
    Sequential {
      Conv2D(4, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Conv2D(12, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Flatten()
      Dense(300, activation: .relu)
      Dense(10, activation: .softmax)
    }
  } optimizer: {
    Adadelta(learningRate: 1)
  },
]

private let batchCount = 32

private func fitting(
  _ name: String, batch: Int, _ shape: [Int], _ net: @escaping @Sendable () -> Sequential,
  optimizer: @escaping @Sendable () -> Optimizer
) -> Benchmark {
  Benchmark(name: "fit-" + name, what: "a step of fit, shuffled, with accuracy, batch \(batch)") {
    settings in
    withThreads(settings.threads ?? 2) {
      let rows = batch * batchCount
      let x = Tensor.randomUniform([rows] + shape, using: RandomSource(seed: 1)).evaluated()
      let y = Tensor.randomIntegers([rows], in: 0..<10, using: RandomSource(seed: 2)).evaluated()
      func compiled(_ metrics: [Metric]) throws -> Sequential {
        let model = net()
        try model.compile(
          optimizer: optimizer(), loss: .sparseCategoricalCrossentropy, metrics: metrics)
        return model
      }
      do {
        let (fitted, stepped) = (try compiled([.accuracy]), try compiled([]))
        let (x1, y1) = (x[0..<batch].evaluated(), y[0..<batch].evaluated())
        let clock = EpochClock()
        var steps: [Double] = []
        let end = mk_clock() + UInt64(settings.seconds * 1e9)
        while mk_clock() < end || steps.count < 3 {
          // Taken in turn, so that both see the same machine.
          try fitted.fit(
            x, y, batchSize: batch, epochs: 2, verbose: .silent, callbacks: [clock])
          let begin = mk_clock()
          for _ in 0..<batchCount { try stepped.trainOnBatch(x1, y1) }
          steps.append(Double(mk_clock() - begin))
        }
        // The first epoch of a fit begins with checks that it makes once.
        let fit = median(clock.epochs.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
        let alone = median(steps)
        return [
          Figure(
            name: "fit-" + name, value: fit / Double(batchCount) / 1e6, unit: "ms",
            details: [
              ("trainOnBatch", Figure.number(alone / Double(batchCount) / 1e6)),
              ("ratio", Figure.number(fit / alone)),
            ])
        ]
      } catch { fatalError("\(error)") }
    }
  }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Notes how long the epochs of a fit took.
private final class EpochClock: Callback {
  var epochs: [Double] = []
  private var begin: UInt64 = 0

  func epochBegan(_ epoch: Int, _ run: TrainingRun) { begin = mk_clock() }
  func epochEnded(_ epoch: Int, _ run: TrainingRun) { epochs.append(Double(mk_clock() - begin)) }
}
