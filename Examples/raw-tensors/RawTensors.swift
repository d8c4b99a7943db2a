import ExampleSupport
import Foundation
import Martlet

/// A two-layer perceptron on MNIST, from nothing but tensors and their gradients.
@main
struct RawTensors {
  static func main() throws {
    let options = Options("A two-layer perceptron on MNIST, written on raw tensors.", epochs: 6)
    let (train, test, source) = try Digits.load(from: options.data)
    let random = RandomSource(seed: options.seed)

    // He's initialization (2015): deviation √(2 / inputs) in front of a relu.
    func weights(_ inputs: Int, _ outputs: Int) -> Variable {
      Variable(
        Tensor.randomNormal([inputs, outputs], using: random) * (2 / Double(inputs)).squareRoot())
    }
    let (w1, b1) = (weights(784, 256), Variable(Tensor.zeros([256])))
    let (w2, b2) = (weights(256, 10), Variable(Tensor.zeros([10])))
    let parameters = [w1, b1, w2, b2]
    let velocities = parameters.map { Variable(Tensor.zeros($0.shape)) }

    func logits(_ images: Tensor) -> Tensor {  // [batch, 784] → [batch, 10]
      let x = images.cast(to: .float32) / 255
      return (x.matmul(w1.value) + b1.value).relu().matmul(w2.value) + b2.value
    }
    func accuracy(_ digits: Digits) -> Double {
      let hits = logits(digits.images).argmax(along: 1) .== digits.labels.cast(to: .int32)
      return hits.cast(to: .float32).mean().item()
    }

    let batch = 128
    let steps = train.labels.count / batch
    let start = Date()
    for epoch in 0..<options.epochs {
      let order = Tensor.randomPermutation(train.labels.count, using: random)
      // A cosine from 0.1 to 0 over the epochs.
      let rate = 0.05 * (1 + cos(Double.pi * Double(epoch) / Double(options.epochs)))
      var total = Tensor(0)
      for step in 0..<steps {
        let rows = order[(step * batch)..<((step + 1) * batch)]
        let images = train.images.taking(rows, along: 0)
        let labels = train.labels.taking(rows, along: 0).cast(to: .int32)
        let (loss, gradients) = valueAndGradient(of: parameters) {
          Tensor.crossEntropy(logits: logits(images), labels: labels).mean()
        }
        for (index, parameter) in parameters.enumerated() {
          let velocity = velocities[index].value * 0.9 - gradients[index] * rate
          velocities[index].assign(velocity)
          parameter.assign(parameter.value + velocity)
        }
        total = total + loss
      }
      print(
        String(
          format: "epoch %d/%d  loss %.4f  test accuracy %.2f %%", epoch + 1, options.epochs,
          total.item() / Double(steps), 100 * accuracy(test)))
    }
    options.report(
      testAccuracy: accuracy(test), secondsTraining: Date().timeIntervalSince(start), data: source)
  }
}
