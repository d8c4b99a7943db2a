// A model with two inputs, a shared layer and two outputs.

import Martlet

let left = Input(shape: [16], name: "left")
let right = Input(shape: [16], name: "right")
let shared = Dense(8, activation: .tanh)
let both = Concatenate()([shared(left), shared(right)])
let sameness = Dense(1, activation: .sigmoid, name: "same")(both)
let distance = Dense(1, name: "distance")(both)
let model = try Model(inputs: [left, right], outputs: [sameness, distance])
try model.compile(
  optimizer: Adam(), losses: ["same": .binaryCrossentropy, "distance": .mse],
  lossWeights: ["distance": 0.5])
print(model.countParameters())  // prints: 170

// A shape mistake is thrown where the model is made, and names the layer.
do {
  _ = try Model(inputs: left, outputs: Conv2D(4, kernelSize: 3, name: "conv")(left))
} catch {
  print(error)  // prints: conv:
}
