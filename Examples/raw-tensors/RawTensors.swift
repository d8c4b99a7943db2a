import ExampleSupport
import Foundation
import Martlet

/// A two-layer perceptron on MNIST, from nothing but tensors and their gradients.
@main
struct RawTensors {
  static func main() throws {
    let options = Options("A two-layer perceptron on MNIST, written on raw tensors.", epochs: 6)
    let (train, test) = try MNIST.load(from: options.data)
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

    func logits(_ images: Tensor) -> Tensor {  // [batch, 28, 28, 1] → [batch, 10]
      let x = images.reshaped(to: [-1, 784])
      return (x.matmul(w1.value) + b1.value).relu().matmul(w2.value) + b2.value
    }
    func testAccuracy() -> Double {
      var hits = Tensor(0)
      for (images, labels) in test.batched(1000) {
        let isHit = logits(images).argmax(along: 1) .== labels
        hits = hits + isHit.cast(to: .float32).sum()
      }
      return hits.item() / Double(test.count)
    }

    let batches = train.shuffled(seed: options.seed).batched(128)
    let start = Date()
    for epoch in 0..<options.epochs {
      // A cosine from 0.1 to 0 over the epochs.
      let rate = 0.05 * (1 + cos(Double.pi * Double(epoch) / Double(options.epochs)))
      var total = Tensor(0)
      for (images, labels) in batches {
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
          total.item() / Double(batches.count), 100 * testAccuracy()))
    }
    options.report(
      testAccuracy: testAccuracy(), secondsTraining: Date().timeIntervalSince(start), test: test)
  }
}
