//! A training loop on raw tensors: two layers learn the exclusive or.

import Martlet

let random = RandomSource(seed: 1)
let inputs = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]] as [[Float]])
let labels = Tensor([0, 1, 1, 0] as [Float]).reshaped(to: [4, 1])

let w1 = Variable(Tensor.randomNormal([2, 8], using: random))
let b1 = Variable(Tensor.zeros([8]))
let w2 = Variable(Tensor.randomNormal([8, 1], using: random))
let b2 = Variable(Tensor.zeros([1]))
let weights = [w1, b1, w2, b2]

let logits = { (x: Tensor) in  // [batch, 2] → [batch, 1]
  (x.matmul(w1.value) + b1.value).tanh().matmul(w2.value) + b2.value
}

// Nothing is computed while a step is recorded; from the second step on its plan is found made.
for step in 0..<500 {
  let (loss, gradients) = valueAndGradient(of: weights) {
    Tensor.binaryCrossEntropy(logits: logits(inputs), labels: labels).mean()
  }
  for (weight, gradient) in zip(weights, gradients) {
    weight.assign(weight.value - gradient * 0.5)
  }
  if step % 100 == 0 { print("step \(step)  loss \(loss.item())") }
}

let answers = logits(inputs).sigmoid().round()
print(answers.reshaped(to: [4]).scalars)  // prints: [0.0, 1.0, 1.0, 0.0]
