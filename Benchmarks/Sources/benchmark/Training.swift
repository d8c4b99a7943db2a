import Martlet

/// Whole training steps on raw tensors, recorded anew each time as a user's loop records them.
let trainingBenchmarks = [
  Benchmark(name: "lenet-step", what: "a step of LeNet-5 by gradient descent, batch 128, µs") {
    settings in
    (settings.threads.map { [$0] } ?? [1, 2]).map { threads in
      let net = LeNet()
      let time = withThreads(threads) { medianNanoseconds(settings.seconds, net.step) }
      return Figure(
        name: "lenet-step", value: time / 1000, unit: "µs",
        details: [
          ("threads", "\(threads)"), ("parameters", "\(net.parameterCount)"),
          ("imagesASecond", Figure.number(Double(LeNet.batch) / time * 1e9)),
        ])
    }
  }
]

/// LeNet-5 (LeCun et al., 1998) as Keras users write it: 28 × 28 digits, relu, max pooling.
private final class LeNet {
  static let batch = 128
  private let images: Tensor
  private let labels: Tensor
  private let weights: [Variable]

  init() {
    let random = RandomSource(seed: 1)
    images = Tensor.randomUniform([Self.batch, 28, 28, 1], using: random).evaluated()
    labels = Tensor.randomIntegers([Self.batch], in: 0..<10, using: random).evaluated()
    weights = [[5, 5, 1, 6], [5, 5, 6, 16], [400, 120], [120, 84], [84, 10]].flatMap {
      (shape: [Int]) in
      [
        Variable(Tensor.randomNormal(shape, using: random) * 0.1),
        Variable(Tensor.zeros([shape[shape.count - 1]])),
      ]
    }
  }

  var parameterCount: Int { weights.reduce(0) { $0 + $1.value.count } }

  func step() {
    let (loss, gradients) = valueAndGradient(of: weights) {
      Tensor.crossEntropy(logits: logits, labels: labels).mean()
    }
    for (weight, gradient) in zip(weights, gradients) {
      weight.assign(weight.value - gradient * 0.01)
    }
    loss.evaluated()
  }

  private var logits: Tensor {
    let w = weights.map(\.value)
    var x = (images.convolved(with: w[0], padding: .same) + w[1]).relu().maxPooled(over: 2)
    x = (x.convolved(with: w[2]) + w[3]).relu().maxPooled(over: 2)
    x = x.reshaped(to: [Self.batch, 400])
    x = (x.matmul(w[4]) + w[5]).relu()
    x = (x.matmul(w[6]) + w[7]).relu()
    return x.matmul(w[8]) + w[9]
  }
}
