import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Fit")
struct FitTests {
  /// Two clouds of points, well apart.
  static func clouds(_ count: Int = 200) -> (x: Tensor, y: Tensor) {
    withRandomSeed(3) {
      let y = Tensor((0..<count).map { Int32($0 % 2) })
      let centre = (y.cast(to: .float32) * 4 - 2).reshaped(to: [count, 1])
      return ((Tensor.randomNormal([count, 3]) + centre).evaluated(), y)
    }
  }

  static func classifier() throws -> Sequential {
    let model = Sequential {
      Dense(8, activation: .relu)
      Dense(2, activation: .softmax)
    }
    try model.compile(
      optimizer: SGD(learningRate: 0.1), loss: .sparseCategoricalCrossentropy,
      metrics: [.accuracy])
    return model
  }

  @Test("A model that was never built learns, and its history is typed")
  func learns() throws {
    let (x, y) = Self.clouds()
    let history = try withRandomSeed(1) {
      try Self.classifier().fit(
        x, y, epochs: 3, verbose: .silent, validationSplit: 0.25)
    }
    #expect(history.epochs == [0, 1, 2])
    #expect(history.loss.last! < history.loss[0])
    #expect(history["val_accuracy"].last! > 0.95)
    #expect(history.names == ["loss", "accuracy", "val_loss", "val_accuracy"])
    #expect(history.stopped == nil)
  }

  @Test("The same seed gives the same weights, bit for bit")
  func reproducible() throws {
    let (x, y) = Self.clouds()
    func weights() throws -> [[Float]] {
      try withRandomSeed(7) {
        let model = Sequential {
          Dense(8, activation: .relu)
          Dropout(0.3)
          Dense(2, activation: .softmax)
        }
        try model.compile(optimizer: Adam(), loss: .sparseCategoricalCrossentropy)
        try model.fit(x, y, epochs: 2, verbose: .silent)
        return model.getWeights().map(\.scalars)
      }
    }
    #expect(try weights() == weights())
  }

  @Test("A mistake is thrown before the first step and changes nothing")
  func mistakes() throws {
    let (x, y) = Self.clouds(20)
    let model = try Self.classifier()
    try model.build(for: [[nil, 3]])
    let before = model.getWeights().map(\.scalars)
    func refused(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "nothing was thrown"
      } catch { return "\(error)" }
    }
    let wrong = Tensor.ones([20, 4])
    #expect(refused { try model.fit(wrong, y) }.contains("(20, 4)"))
    #expect(refused { try model.fit(x, y[0..<19]) }.contains("19"))
    #expect(refused { try model.fit(x, y, batchSize: 0) }.contains("batch size"))
    #expect(refused { try model.fit(x, y + 1) }.contains("class"))
    #expect(refused { try model.fit(x[0..<0], y[0..<0]) }.contains("no data"))
    #expect(refused { try model.fit(x / 0, y) }.contains("NaN"))
    #expect(refused { try model.fit(x, y, validationSplit: 0.99) }.contains("split"))
    #expect(refused { try model.fit(x, y, validationSplit: 1.5) }.contains("split"))
    let stopping = EarlyStopping()
    #expect(
      refused { try model.fit(x, y, callbacks: [stopping]) }.contains("validationSplit"))
    #expect(refused { try Sequential([Dense(1)]).fit(x, y) }.contains("not compiled"))
    #expect(model.getWeights().map(\.scalars) == before)
    #expect(model.optimizer?.iterations == 0)
  }

  @Test("EarlyStopping ends training and puts the best weights back")
  func earlyStopping() throws {
    let (x, y) = Self.clouds(64)
    let model = try Self.classifier()
    var weights: [[Float]] = []
    let spoil = LambdaCallback(onEpochEnd: { epoch, run in
      if epoch == 1 { weights = run.model.getWeights().map(\.scalars) }
      run.logs["val_loss"] = epoch < 2 ? 1 - Double(epoch) : 5
    })
    let history = try model.fit(
      x, y, epochs: 20, verbose: .silent,
      callbacks: [spoil, EarlyStopping(patience: 2, restoreBestWeights: true)],
      validationData: (x, y))
    #expect(history.epochs.count == 4)
    #expect(history.stopped == "Epoch 4: early stopping")
    #expect(model.getWeights().map(\.scalars) == weights)
  }

  @Test("Steps of an epoch reuse one plan")
  func plans() throws {
    let (x, y) = Self.clouds(96)
    let model = try Self.classifier()
    try model.fit(x, y, epochs: 1, verbose: .silent)
    let (_, profile) = try Profile.take { try model.fit(x, y, epochs: 3, verbose: .silent) }
    #expect(profile.plansMade <= 2)
  }

  @Test("evaluate and predict agree with the model")
  func evaluateAndPredict() throws {
    let (x, y) = Self.clouds(50)
    let model = try Self.classifier()
    let result = try model.evaluate(x, y, batchSize: 16)
    let scores = try model.predict(x, batchSize: 16)
    #expect(scores.shape == [50, 2])
    #expect(scores.isClose(to: model(x), relative: 0, absolute: 0))
    let expected = sparseCategoricalCrossentropy(y, model(x)).item()
    #expect(abs(result.loss - expected) < 1e-6)
  }
}
