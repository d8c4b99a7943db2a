import ExampleSupport
import Foundation
import Martlet

/// LeNet-5 to 99 % on MNIST as fast as can be, from process start.
@main
struct MNIST99 {
  static func main() throws {
    let options = Options("LeNet-5 to 99 % on MNIST, as fast as can be.", epochs: 4)
    setRandomSeed(options.seed)
    let (train, test) = try MNIST.load(from: options.data)
    let batchSize = 128
    let steps = (train.count + batchSize - 1) / batchSize * options.epochs

    // 61,706 parameters.
    let model = Sequential(name: "lenet5") {
      Input(shape: [28, 28, 1])
      Conv2D(6, kernelSize: 5, padding: .same, activation: .relu)
      MaxPool2D(2)
      Conv2D(16, kernelSize: 5, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(120, activation: .relu)
      Dense(84, activation: .relu)
      Dense(10)
    }
    try model.compile(
      optimizer: Adam(learningRate: OneCycle(maxLearningRate: 4e-3, totalSteps: steps)),
      loss: .sparseCategoricalCrossentropy(fromLogits: true))
    let start = Date()
    try model.fit(
      train.images, train.labels, batchSize: batchSize, epochs: options.epochs,
      checkingValues: false)
    let seconds = Date().timeIntervalSince(start)
    let hits = try model.predict(test.images, batchSize: 1000).argmax(along: 1)
    let accuracy = (hits.cast(to: .int32) .== test.labels).cast(to: .float32).mean().item()
    options.report(
      testAccuracy: accuracy, secondsTraining: seconds, test: test)
  }
}
