// A model that is stacked, compiled, trained, saved and read back.

import Foundation
import Martlet

// Two clouds of points around (2, 2) and (-2, -2).
setRandomSeed(1)
let labels = Tensor((0..<400).map { Int32($0 % 2) })
let centres = (labels.cast(to: .float32) * 4 - 2).reshaped(to: [400, 1])
let points = Tensor.randomNormal([400, 2]) + centres

let model = Sequential {
  Input(shape: [2])
  Dense(8, activation: .relu)
  Dropout(0.1)
  Dense(2, activation: .softmax)
}
try model.compile(
  optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
let history = try model.fit(
  points, labels, epochs: 10, verbose: .silent, validationSplit: 0.25)
print(history.epochs.count, "epochs")  // prints: 10 epochs

let path = FileManager.default.temporaryDirectory.appending(path: "clouds.keras").path
try model.save(to: path)
let copy = try Model.load(from: path)
let same = try copy.predict(points).scalars == model.predict(points).scalars
print("the same answers:", same)  // prints: the same answers: true
