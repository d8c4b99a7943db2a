import ExampleSupport
import Foundation
import Martlet

/// The LeNet of the course on MNIST: built, trained, evaluated, looked at and saved.
@main
struct LeNet {
  static func main() throws {
    let options = Options(
      "The LeNet of the course on MNIST.", epochs: 12, batchSize: 128,
      optimizers: ["adadelta", "adam"], batchSizes: ["adam": 64])
    setRandomSeed(options.seed)
    let (train, test) = try MNIST.load(from: options.data)

    let model = Sequential(name: "lenet") {
      Input(shape: [28, 28, 1])
      Conv2D(4, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Conv2D(12, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Flatten()
      Dense(300, activation: .relu)
      Dense(10, activation: .softmax)
    }
    try model.compile(
      optimizer: optimizer(options, samples: train.count),
      loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
    model.summary()

    let start = Date()
    try model.fit(
      train.images, train.labels, batchSize: options.batchSize, epochs: options.epochs,
      callbacks: [StopOnInterrupt()])
    let seconds = Date().timeIntervalSince(start)
    let result = try model.evaluate(test.images, test.labels, batchSize: 1000)
    print("test loss \(result.loss), test accuracy \(result.accuracy ?? 0)\n")

    let scores = try model.predict(test.images, batchSize: 1000)
    let answers = scores.argmax(along: 1)
    print(confusionTable(truth: test.labels, answers: answers))
    print(pictures(of: test, answers: answers, count: 10))
    try model.save(to: "lenet.keras")
    print("the model is in lenet.keras, which Keras opens too")
    options.report(
      testAccuracy: result.accuracy ?? 0, secondsTraining: seconds, test: test)
  }

  /// Adadelta at rate 1, the course's choice; or Adam on batches of 64 with a cosine decay over the
  /// whole run.
  static func optimizer(_ options: Options, samples: Int) -> Optimizer {
    if options.optimizer == "adadelta" { return Adadelta(learningRate: 1) }
    let steps = (samples + options.batchSize - 1) / options.batchSize * options.epochs
    return Adam(learningRate: CosineDecay(initialLearningRate: 2e-3, decaySteps: steps))
  }
}
