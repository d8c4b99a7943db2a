//! Looking inside: the kernels that would compute a tensor, and the time they take.

import Martlet

let x = Tensor.randomNormal([128, 784])
let w = Tensor.randomNormal([784, 256])
let b = Tensor.zeros([256])

// Recorded, not yet computed: one matrix product, with the bias and the relu as its epilogue.
let hidden = (x.matmul(w) + b).relu()
print(hidden.plan.description)  // prints: matmul·add·relu

let (mean, profile) = Profile.take {
  hidden.mean().item()
}
print("mean \(mean)")
print(profile)  // prints: kernel calls
