import Martlet

/// What a stranger does with the library: builds a network, trains it, keeps it in a file.
@main struct Network {
  static func main() throws {
    setRandomSeed(1)
    let (train, test) = SyntheticDigits.load(trainCount: 3000, testCount: 500)
    let model = Sequential {
      Conv2D(4, kernelSize: 5, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(10, activation: .softmax)
    }
    try model.compile(
      optimizer: Adam(learningRate: 5e-3), loss: .sparseCategoricalCrossentropy,
      metrics: [.accuracy])
    try model.fit(train.images, train.labels, batchSize: 50, epochs: 3, verbose: .silent)
    model.summary()

    let path = "network.keras"
    try model.save(to: path)
    let again = try Model.load(from: path)
    let (before, after) = (try model.predict(test.images), try again.predict(test.images))
    let result = try again.evaluate(test.images, test.labels)
    print("the file keeps every bit: \(before.scalars == after.scalars)")
    print("accuracy \(result.accuracy ?? 0)")
  }
}
