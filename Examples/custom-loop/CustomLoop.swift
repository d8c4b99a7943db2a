import ExampleSupport
import Foundation
import Martlet

/// The course's LeNet trained by a loop of one's own, on the public pieces that `fit` is made of.
@main
struct CustomLoop {
  static func main() throws {
    let options = Options(
      "The course's LeNet, trained by a loop of one's own.", epochs: 3, batchSize: 128)
    setRandomSeed(options.seed)
    let (train, test) = try MNIST.load(from: options.data)
    let net = Sequential {
      Input(shape: [28, 28, 1])
      Conv2D(4, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Conv2D(12, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Flatten()
      Dense(300, activation: .relu)
      Dense(10, activation: .softmax)
    }
    let optimizer = Adadelta(learningRate: 1)
    let variables = net.trainableVariables
    let batches = train.shuffled().batched(options.batchSize)
    let step = ReplayedStep { x, y in
      let (loss, gradients) = valueAndGradient(of: variables) {
        net.regularizationLosses.reduce(
          sparseCategoricalCrossentropy(y, net(x, training: true)), +)
      }
      optimizer.apply(gradients, to: variables)
      return loss
    }

    let start = Date()
    let progress = ProgressBar()
    for epoch in 0..<options.epochs {
      progress.beginEpoch(epoch, of: options.epochs, steps: batches.batchCount)
      for (x, y) in batches { progress.step(step(x, y)) }
      progress.endEpoch()
    }
    let seconds = Date().timeIntervalSince(start)

    let accuracy: Metric = .sparseCategoricalAccuracy
    for (x, y) in test.batched(1000) { accuracy.update(y, net(x)) }
    options.report(
      testAccuracy: accuracy.result().item(), secondsTraining: seconds, test: test)
  }
}
