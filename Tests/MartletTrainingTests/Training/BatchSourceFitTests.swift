import MartletTensors
import Testing

@testable import MartletTraining

/// Data that come batch by batch, and inputs of other element types.
@Suite("Fit on sources of batches")
struct BatchSourceFitTests {
  static func batches(_ count: Int) -> [Batch] {
    let (x, y) = FitOptionsTests.counting(count)
    return (0..<count).map { Batch(x[$0..<($0 + 1)], y[$0..<($0 + 1)]) }
  }

  @Test("A sequence that can be gone through once gives all its batches, and ends training then")
  func once() throws {
    let model = try FitOptionsTests.still()
    let stopping = EarlyStopping(monitor: "loss", patience: 3, restoreBestWeights: true)
    var left = Self.batches(4)[...]
    let once = AnyIterator { left.popFirst() }
    let history = try model.fit(
      SequenceBatches(once), epochs: 5, verbose: .silent, callbacks: [stopping])
    // The mean of 1, 2, 3 and 4: none was eaten by a check, and no epoch without data is recorded.
    #expect(history.loss == [2.5] && history.epochs == [0])
    #expect(history.stopped == "the data ran out")
    #expect(stopping.state?["best"] == 2.5)
  }

  @Test("With steps per epoch, what is left is an epoch, and then training ends")
  func onceInSteps() throws {
    let model = try FitOptionsTests.still()
    var left = Self.batches(5)[...]
    let history = try model.fit(
      SequenceBatches(AnyIterator { left.popFirst() }), epochs: 9, verbose: .silent,
      stepsPerEpoch: 2)
    #expect(history.loss == [1.5, 3.5, 5])
    #expect(history.stopped == "the data ran out")
  }

  @Test("A validation that can be read once is read from its beginning")
  func validationOnce() throws {
    let model = try FitOptionsTests.still()
    var left = Self.batches(4)[...]
    let history = try model.fit(
      SequenceBatches(Self.batches(2)), verbose: .silent,
      validationData: SequenceBatches(AnyIterator { left.popFirst() }))
    #expect(history.loss == [1.5] && history["val_loss"] == [2.5])
  }

  @Test("A list of batches is gone through in each epoch; evaluate and predict take one too")
  func lists() throws {
    let model = try FitOptionsTests.still()
    let source = SequenceBatches(Self.batches(4))
    let history = try model.fit(source, epochs: 2, verbose: .silent, validationData: source)
    #expect(history.loss == [2.5, 2.5] && history["val_loss"] == [2.5, 2.5])
    #expect(try model.evaluate(source).loss == 2.5)
    #expect(try model.evaluate(source, steps: 2).loss == 1.5)
    #expect(try model.predict(source)[0].scalars == [1, 2, 3, 4])
    let (x, y) = FitOptionsTests.counting(4)
    let rows = try TensorDataset(x, y).batched(3)
    #expect(try model.evaluate(rows).loss == 2.5)
    #expect(try model.predict(rows, steps: 1)[0].scalars == [1, 2, 3])
    #expect(throws: Diagnostic.self) { try model.fit(SequenceBatches([Batch]()), verbose: .silent) }
    #expect(throws: Diagnostic.self) { try model.evaluate(SequenceBatches([Batch]())) }
  }

  @Test("checkingValues: false lets NaN pass")
  func unchecked() throws {
    let model = try FitOptionsTests.still()
    let (x, y) = FitOptionsTests.counting(2)
    #expect(throws: Diagnostic.self) { try model.fit(x / 0, y, verbose: .silent) }
    #expect(throws: Diagnostic.self) { try model.evaluate(x / 0, y) }
    #expect(throws: Diagnostic.self) {
      try model.fit(SequenceBatches([Batch(x / 0, y)]), verbose: .silent)
    }
    #expect(try model.evaluate(x / 0, y, checkingValues: false).loss == .infinity)
    #expect(try model.fit(x / 0, y, verbose: .silent, checkingValues: false).loss == [.infinity])
    let streamed = try model.fit(
      SequenceBatches([Batch(x / 0, y)]), verbose: .silent, checkingValues: false)
    #expect(!streamed.loss[0].isFinite)
  }

  @Test(
    "Inputs of another element type are brought to the model's, as in Keras 3.15.1",
    arguments: [DType.uint8, .int32, .int64, .float64, .bool])
  func elementTypes(type: DType) throws {
    let x = Tensor([[1.0, 0], [1, 1], [0, 0], [0, 1]])
    let y = Tensor([0, 1, 1, 0] as [Int32])
    func trained(_ x: Tensor, isDeferred: Bool) throws -> [[Float]] {
      try withRandomSeed(4) {
        let model =
          isDeferred
          ? Sequential { Dense(2, activation: .softmax) }
          : Sequential {
            Input(shape: [2])
            Dense(2, activation: .softmax)
          }
        try model.compile(optimizer: SGD(), loss: .sparseCategoricalCrossentropy)
        try model.fit(x, y, batchSize: 2, epochs: 3, verbose: .silent, shuffle: false)
        try model.fit(
          SequenceBatches([Batch(x, y)]), epochs: 4, verbose: .silent,
          validationData: SequenceBatches([Batch(x, y)]))
        for _ in 0..<4 { try model.trainOnBatch(x, y) }
        #expect(model.compilation!.held.replayCount > 0)
        let found = try model.predict(x, batchSize: 3)
        #expect(found.dtype == .float32)
        for _ in 0..<4 { #expect(try model.predictOnBatch(x).isEqual(to: found)) }
        _ = try model.evaluate(x, y)
        return model.getWeights().map(\.scalars) + [found.scalars]
      }
    }
    for isDeferred in [false, true] {
      let expected = try trained(x, isDeferred: isDeferred)
      #expect(try trained(x.cast(to: type), isDeferred: isDeferred) == expected)
    }
  }

  @Test("Whole numbers stay what they are where an Embedding reads them")
  func wholeNumbers() throws {
    let model = Sequential { Embedding(4, 2) }
    try model.build(for: [[nil, 3]])
    let batch = Batch(Tensor([1, 2, 3] as [Int32]).reshaped(to: [1, 3]).cast(to: .int64))
    #expect(try model.prepared(batch, "test", for: .training).batch.inputs[0].dtype == .int64)
  }
}
