import Martlet

/// The workloads that are held against other libraries.
let workloads: [Workload] = [
  Workload(
    name: "softmax", what: "784→10, SGD, batch 32", batch: 32, samples: .images([784]),
    task: .classifying(10) { SGD(learningRate: 0.1) }
  ) {
    Sequential { Dense(10, activation: .softmax) }
  },
  perceptron("mlp", batch: 128),
  Workload(
    name: "lenet", what: "the LeNet of the course, Adadelta, batch 128", batch: 128,
    samples: .images([28, 28, 1]), task: .classifying(10) { Adadelta(learningRate: 1) }
  ) {
    Sequential {
      Conv2D(4, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Conv2D(12, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Flatten()
      Dense(300, activation: .relu)
      Dense(10, activation: .softmax)
    }
  },
  leNet5("lenet5", batch: 128),
  Workload(
    name: "cnn", what: "three 5×5 convolutions with BatchNorm and Dropout, Adadelta, batch 128",
    batch: 128, samples: .images([28, 28, 1]),
    task: .classifying(10) { Adadelta(learningRate: 1) }
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
  },
  Workload(
    name: "autoenc", what: "784-1000-500-250-30 and back, Adam, batch 128", batch: 128,
    samples: .images([784]), task: .reconstructing { Adam() }
  ) {
    Sequential {
      for units in [1000, 500, 250, 30, 250, 500, 1000] { Dense(units, activation: .relu) }
      Dense(784, activation: .sigmoid)
    }
  },
  overSymbols("lstm", what: "LSTM") { LSTM(128, returnSequences: true) },
  Workload(
    name: "vgg1", what: "VGG16 at 224×224, inference, batch 1", batch: 1,
    samples: .images([224, 224, 3]), task: .predicting
  ) {
    Sequential {
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
  },
  Workload(
    name: "predict1", what: "LeNet-5, one image at a time by predict", batch: 1,
    samples: .images([28, 28, 1]), task: .predictingSingly, model: leNet5Network),
]

/// Other shapes, which show whether a mechanism is general.
let otherWorkloads: [Workload] = [
  overSymbols("more-gru", what: "GRU") { GRU(128, returnSequences: true) },
  overSymbols("more-rnn", what: "SimpleRNN") { SimpleRNN(128, returnSequences: true) },
  Workload(
    name: "more-wide", what: "784-1024-1024-1024-10 with Dropout, momentum, batch 128",
    batch: 128, samples: .images([784]),
    task: .classifying(10) { SGD(learningRate: 0.01, momentum: 0.9) }
  ) {
    Sequential {
      for _ in 0..<3 {
        Dense(1024, activation: .relu)
        Dropout(0.5)
      }
      Dense(10, activation: .softmax)
    }
  },
  Workload(
    name: "more-residual", what: "three residual blocks at 32×32, momentum, batch 64", batch: 64,
    samples: .images([32, 32, 3]),
    task: .classifying(10) { SGD(learningRate: 0.01, momentum: 0.9) }, model: residualNetwork),
  Workload(
    name: "more-finetune", what: "a head on six frozen convolutions at 64×64, Adam, batch 32",
    batch: 32, samples: .images([64, 64, 3]), task: .classifying(10) { Adam() }
  ) {
    let base = Sequential {
      Input(shape: [64, 64, 3])
      for filters in [32, 64, 128] {
        Conv2D(filters, kernelSize: 3, padding: .same, activation: .relu)
        Conv2D(filters, kernelSize: 3, padding: .same, activation: .relu)
        MaxPool2D(2)
      }
    }
    base.trainable = false
    return Sequential {
      base
      Flatten()
      Dense(256, activation: .relu)
      Dropout(0.5)
      Dense(10, activation: .softmax)
    }
  },
  perceptron("more-mlp-8", batch: 8),
  perceptron("more-mlp-1024", batch: 1024),
  leNet5("more-lenet5-16", batch: 16),
  leNet5("more-lenet5-1024", batch: 1024),
]

private func perceptron(_ name: String, batch: Int) -> Workload {
  Workload(
    name: name, what: "784-512-512-10, Adam, batch \(batch)", batch: batch,
    samples: .images([784]), task: .classifying(10) { Adam() }
  ) {
    Sequential {
      Dense(512, activation: .relu)
      Dense(512, activation: .relu)
      Dense(10, activation: .softmax)
    }
  }
}

private func leNet5(_ name: String, batch: Int) -> Workload {
  Workload(
    name: name, what: "LeNet-5, Adam, batch \(batch)", batch: batch,
    samples: .images([28, 28, 1]), task: .classifying(10) { Adam() }, model: leNet5Network)
}

private func overSymbols(
  _ name: String, what: String, _ layer: @escaping @Sendable () -> Layer
) -> Workload {
  Workload(
    name: name, what: "\(what) 128 over 64 steps of 64 symbols, Adam, batch 64", batch: 64,
    samples: .symbols(64, length: 64), task: .classifying(64) { Adam() }
  ) {
    Sequential {
      layer()
      Dense(64, activation: .softmax)
    }
  }
}

/// LeNet-5 (LeCun et al., 1998) with relu, max pooling and 61,706 parameters.
@Sendable private func leNet5Network() -> Model {
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

/// A stem and three residual blocks of 16, 32 and 64 filters (He et al., 2015).
@Sendable private func residualNetwork() throws -> Model {
  func block(_ x: SymbolicTensor, _ filters: Int, strides: Int = 1) -> SymbolicTensor {
    var y = Conv2D(filters, kernelSize: 3, strides: strides, padding: .same)(x)
    y = Activation(.relu)(BatchNorm()(y))
    y = BatchNorm()(Conv2D(filters, kernelSize: 3, padding: .same)(y))
    let shortcut =
      strides == 1 ? x : Conv2D(filters, kernelSize: 1, strides: strides, padding: .same)(x)
    return Activation(.relu)(y + shortcut)
  }
  let images = Input(shape: [32, 32, 3])
  var x = Conv2D(16, kernelSize: 3, padding: .same)(images)
  x = Activation(.relu)(BatchNorm()(x))
  x = block(block(block(x, 16), 32, strides: 2), 64, strides: 2)
  let classes = Dense(10, activation: .softmax)(GlobalAvgPool2D()(x))
  return try Model(inputs: images, outputs: classes)
}
