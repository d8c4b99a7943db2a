import Foundation
import MartletTraining
import Testing

@testable import MartletSaving

@Suite("Keras archives")
struct KerasArchiveTests {
  static func convolutional() throws -> Sequential {
    let model = Sequential(name: "net") {
      Input(shape: [8, 8, 1])
      Conv2D(3, kernelSize: 3, activation: .relu, kernelRegularizer: .l2(1e-4))
      BatchNorm()
      MaxPool2D(2)
      Flatten()
      Dropout(0.2)
      Dense(4, activation: .softmax)
    }
    try model.compile(
      optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy,
      metrics: [.accuracy])
    return model
  }

  @Test("A trained model comes back with its weights, its optimizer and its metrics")
  func sequential() throws {
    try withTemporaryFolder { folder in
      let model = try Self.convolutional()
      let x = sample([16, 8, 8, 1])
      let y = Tensor((0..<16).map { Int32($0 % 4) })
      try model.fit(x, y, batchSize: 8, epochs: 2, verbose: .silent)
      try model.save(to: folder + "/net.keras")
      let copy = try Model.load(from: folder + "/net.keras")
      #expect(copy.summaryText() == model.summaryText())
      #expect(try copy.predict(x).scalars == model.predict(x).scalars)
      #expect(copy.optimizer?.iterations == 4)
      let (before, after) = (try model.evaluate(x, y), try copy.evaluate(x, y))
      #expect(before == after)
      // Both go on alike: the optimizer's state came along. Dropout's numbers do not.
      let again = try Model.load(from: folder + "/net.keras")
      #expect(again.getWeights().map(\.scalars) == copy.getWeights().map(\.scalars))
    }
  }

  @Test("A functional model with a shared layer, a merge and a nested model comes back")
  func functional() throws {
    try withTemporaryFolder { folder in
      let a = Input(shape: [4], name: "a")
      let b = Input(shape: [4], name: "b")
      let shared = Dense(3, activation: .tanh, name: "shared")
      let inner = Sequential {
        Input(shape: [6])
        Dense(2, name: "deep")
      }
      let joined = Concatenate()([shared(a), shared(b)])
      let model = try Model(inputs: [a, b], outputs: [inner(joined), Dense(1)(joined)])
      try model.save(to: folder + "/two.keras")
      let copy = try Model.load(from: folder + "/two.keras")
      let batch = Batch(inputs: [sample([5, 4]), sample([5, 4], seed: 6)])
      let (before, after) = (try model.predict(batch), try copy.predict(batch))
      #expect(before.map(\.scalars) == after.map(\.scalars))
      #expect(copy.layers.map(\.name) == model.layers.map(\.name))
      #expect(try model.clone().layers.map(\.name) == model.layers.map(\.name))
    }
  }

  @Test("Recurrent models come back, with initial states")
  func recurrent() throws {
    try withTemporaryFolder { folder in
      let x = Input(shape: [5, 3])
      let encoded = LSTM(4, returnState: true).outputs(of: [x])
      let y = Bidirectional(GRU(2))(LSTM(4, returnSequences: true)([x, encoded[1], encoded[2]]))
      let model = try Model(inputs: x, outputs: y)
      try model.save(to: folder + "/rnn.keras")
      let copy = try Model.load(from: folder + "/rnn.keras")
      let input = sample([2, 5, 3])
      #expect(try copy.predict(input).scalars == model.predict(input).scalars)
    }
  }

  @Test("What cannot be saved or read is refused with its reason")
  func refusals() throws {
    try withTemporaryFolder { folder in
      let model = Sequential([Dense(1)])
      #expect(throws: Diagnostic.self) { try model.save(to: folder + "/a.keras") }
      #expect(throws: Diagnostic.self) { try model.save(to: folder + "/a.zip") }
      try Data([1, 2, 3]).write(to: URL(filePath: folder + "/bad.keras"))
      #expect(throws: (any Error).self) { try Model.load(from: folder + "/bad.keras") }
      #expect(throws: (any Error).self) { try Model.load(from: folder + "/none.keras") }
    }
  }

  @Test("An optimizer's state of another number of tensors is refused, that of a fresh one taken")
  func optimizerState() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.keras"
      let model = try Self.convolutional()
      let (x, y) = (sample([8, 8, 8, 1]), Tensor((0..<8).map { Int32($0 % 4) }))
      model.optimizer?.learningRate = 0.25
      model.optimizer?.build(for: [])
      try model.save(to: path)
      #expect(try Model.load(from: path).optimizer?.learningRate == 0.25)
      try model.fit(x, y, verbose: .silent)
      // The state is that of all weights, of which fewer are trainable now.
      model.layers[0].trainable = false
      try model.save(to: path)
      let error = #expect(throws: Diagnostic.self) { try Model.load(from: path) }
      #expect(error?.description.contains("optimizer") == true)
      #expect(error?.description.contains("compiling: false") == true)
      #expect(try Model.load(from: path, compiling: false).optimizer == nil)
    }
  }
}
