import CKernels
import Martlet

/// A network in training or in use, by the calls that users make.
struct Workload: Sendable {
  let name: String
  let what: String
  /// Builds the network and its data, and returns one step.
  let prepare: @Sendable () throws -> () throws -> Void
}

let workloads: [Workload] = [
  training("softmax", "784→10, SGD, batch 32", classes: 10, images(32, [784])) {
    Sequential { Dense(10, activation: .softmax) }
  } optimizer: {
    SGD(learningRate: 0.1)
  },
  training("mlp", "784-512-512-10, Adam, batch 128", classes: 10, images(128, [784])) {
    Sequential {
      Dense(512, activation: .relu)
      Dense(512, activation: .relu)
      Dense(10, activation: .softmax)
    }
  } optimizer: {
    Adam()
  },
  training("lenet", "the LeNet of the course, Adadelta, batch 128", classes: 10, digits()) {
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
  training("lenet5", "LeNet-5, Adam, batch 128", classes: 10, digits(), leNet5) { Adam() },
  training(
    "cnn", "three 5×5 convolutions with BatchNorm and Dropout, Adadelta, batch 128", classes: 10,
    digits()
  ) {
    Sequential {
      for filters in [32, 60, 128] {
        Conv2D(filters, kernelSize: 5, padding: .same, activation: .relu)
        BatchNorm()
        Dropout(0.25)
        MaxPool2D(2)
      }
      Flatten()
      Dense(100, activation: .relu)
      Dropout(0.5)
      Dense(10, activation: .softmax)
    }
  } optimizer: {
    Adadelta(learningRate: 1)
  },
  Workload(name: "autoenc", what: "784-1000-500-250-30 and back, Adam, batch 128") {
    let model = Sequential {
      for units in [1000, 500, 250, 30, 250, 500, 1000] { Dense(units, activation: .relu) }
      Dense(784, activation: .sigmoid)
    }
    try model.compile(optimizer: Adam(), loss: .binaryCrossentropy)
    let x = images(128, [784])()
    return { try model.trainOnBatch(x, x) }
  },
  Workload(name: "lstm", what: "LSTM 128 over 64 steps of 64 symbols, Adam, batch 64") {
    let model = Sequential {
      LSTM(128, returnSequences: true)
      Dense(64, activation: .softmax)
    }
    try model.compile(optimizer: Adam(), loss: .sparseCategoricalCrossentropy)
    let random = RandomSource(seed: 1)
    let symbols = Tensor.randomIntegers([64, 65], in: 0..<64, using: random).evaluated()
    let x = symbols[..., 0..<64].oneHot(depth: 64).evaluated()
    let y = symbols[..., 1...].evaluated()
    return { try model.trainOnBatch(x, y) }
  },
  Workload(name: "vgg1", what: "VGG16 at 224×224, inference, batch 1") {
    let model = Sequential {
      for (filters, depth) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        for _ in 0..<depth {
          Conv2D(filters, kernelSize: 3, padding: .same, activation: .relu)
        }
        MaxPool2D(2)
      }
      Flatten()
      Dense(4096, activation: .relu)
      Dense(4096, activation: .relu)
      Dense(1000, activation: .softmax)
    }
    let x = images(1, [224, 224, 3])()
    return { _ = try model.predictOnBatch(x) }
  },
  Workload(name: "predict1", what: "LeNet-5, one image at a time by predict") {
    let model = leNet5()
    let x = images(1, [28, 28, 1])()
    return { _ = try model.predict(x) }
  },
]

/// Each workload as a benchmark.
let workloadBenchmarks: [Benchmark] = workloads.map { workload in
  Benchmark(name: workload.name, what: workload.what + ", ms") { settings in
    (settings.threads.map { [$0] } ?? [1, 2]).map { threads in
      withThreads(threads) {
        let step = attempt { try workload.prepare() }
        for _ in 0..<3 { attempt { try step() } }
        let times = samples(settings.seconds) { attempt { try step() } }
        if settings.profile {
          let (_, profile) = Profile.take { for _ in 0..<10 { attempt { try step() } } }
          print(profile)
        }
        return Figure(
          name: workload.name, value: times[times.count / 2] / 1e6, unit: "ms",
          details: [
            ("min", Figure.number(times[0] / 1e6)), ("n", "\(times.count)"),
            ("threads", "\(threads)"),
          ])
      }
    }
  }
}

/// Whole times of single runs in nanoseconds, in ascending order.
private func samples(_ seconds: Double, _ body: () -> Void) -> [Double] {
  var samples: [Double] = []
  let end = mk_clock() + UInt64(seconds * 1e9)
  while mk_clock() < end || samples.count < 5 {
    let begin = mk_clock()
    body()
    samples.append(Double(mk_clock() - begin))
  }
  return samples.sorted()
}

/// Training steps on one resident batch with integer labels.
private func training(
  _ name: String, _ what: String, classes: Int, _ inputs: @escaping @Sendable () -> Tensor,
  _ net: @escaping @Sendable () -> Sequential, optimizer: @escaping @Sendable () -> Optimizer
) -> Workload {
  Workload(name: name, what: what) {
    let model = net()
    try model.compile(optimizer: optimizer(), loss: .sparseCategoricalCrossentropy)
    let x = inputs()
    let y = Tensor.randomIntegers([x.shape[0]], in: 0..<classes, using: RandomSource(seed: 2))
      .evaluated()
    return { try model.trainOnBatch(x, y) }
  }
}

private func images(_ batch: Int, _ shape: [Int]) -> @Sendable () -> Tensor {
  { Tensor.randomUniform([batch] + shape, using: RandomSource(seed: 1)).evaluated() }
}

private func digits() -> @Sendable () -> Tensor { images(128, [28, 28, 1]) }

/// LeNet-5 (LeCun et al., 1998) with relu, max pooling and 61,706 parameters.
@Sendable private func leNet5() -> Sequential {
  Sequential {
    Conv2D(6, kernelSize: 5, padding: .same, activation: .relu)
    MaxPool2D(2)
    Conv2D(16, kernelSize: 5, activation: .relu)
    MaxPool2D(2)
    Flatten()
    Dense(120, activation: .relu)
    Dense(84, activation: .relu)
    Dense(10, activation: .softmax)
  }
}

/// The result of a closure that is not expected to fail.
private func attempt<Result>(_ body: () throws -> Result) -> Result {
  do { return try body() } catch { fatalError("\(error)") }
}
