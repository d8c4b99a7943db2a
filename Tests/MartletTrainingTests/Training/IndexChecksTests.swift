import MartletTensors
import Testing

@testable import MartletTraining

/// Indices that an Embedding has no row for: refused before a step runs.
@Suite("Checked indices")
struct IndexChecksTests {
  /// A table of 5 rows for 2 numbers a sample; deferred, or built.
  static func model(building isBuilt: Bool = true) throws -> Sequential {
    let model = withRandomSeed(2) {
      Sequential {
        if isBuilt { Input(shape: [2]) }
        Embedding(5, 3)
        Flatten()
        Dense(2, activation: .softmax)
      }
    }
    try model.compile(
      optimizer: Adam(learningRate: 0.1), loss: .sparseCategoricalCrossentropy)
    return model
  }

  static let right = Tensor([[0, 4], [3, 1], [2, 2], [1, 0]] as [[Int]])
  static let wrong = Tensor([[0, 4], [3, 1], [2, 7], [5, 0]] as [[Int]])
  static let labels = Tensor([0, 1, 1, 0] as [Int])

  static func batches(_ x: Tensor) -> SequenceBatches<[(Tensor, Tensor)]> {
    SequenceBatches([(right, labels), (x, labels)])
  }

  static func expectRefused(
    _ who: String, _ found: String = "7 at [2, 1]",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    let error = #expect(throws: Diagnostic.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.who == who, sourceLocation: sourceLocation)
    #expect(error?.what == "an index is out of range", sourceLocation: sourceLocation)
    #expect(error?.got?.hasPrefix(found) == true, "\(error!)", sourceLocation: sourceLocation)
  }

  @Test("The message names the layer, the index, its place and what would do")
  func message() throws {
    let error = #expect(throws: Diagnostic.self) {
      try Self.model().fit(Self.wrong, Self.labels, verbose: .silent)
    }
    #expect(
      error?.description == """
        fit: sequential/embedding: an index is out of range.
          expected whole numbers in 0 ..< 5, or negative ones down to -5, which count from the end
          got      7 at [2, 1] of input "input_layer", shape [4, 2]
          fix      check the indices, or give the layer an inputDim of 8 or more
        """)
  }

  @Test("fit and evaluate refuse them in data, validation and batches, with nothing changed")
  func training() throws {
    for isBuilt in [true, false] {
      let model = try Self.model(building: isBuilt)
      let before = model.getWeights().map(\.scalars)
      let (right, wrong, y) = (Self.right, Self.wrong, Self.labels)
      Self.expectRefused("fit: sequential/embedding") { try model.fit(wrong, y, verbose: .silent) }
      Self.expectRefused("fit: sequential/embedding") {
        try model.fit(wrong.cast(to: .float32), y, verbose: .silent, checkingValues: false)
      }
      Self.expectRefused("fit: sequential/embedding") {
        try model.fit(right, y, verbose: .silent, validationData: (wrong, y))
      }
      Self.expectRefused("fit: sequential/embedding") {
        try model.fit(SequenceBatches([(wrong, y)]), verbose: .silent)
      }
      Self.expectRefused("fit: sequential/embedding") {
        try model.fit(
          SequenceBatches([(right, y)]), verbose: .silent,
          validationData: SequenceBatches([(wrong, y)]))
      }
      Self.expectRefused("evaluate: sequential/embedding") { try model.evaluate(wrong, y) }
      Self.expectRefused("predict: sequential/embedding") { _ = try model.predict(wrong) }
      Self.expectRefused("predict: sequential/embedding") {
        _ = try model.predict(wrong, batchSize: 3)
      }
      Self.expectRefused("trainOnBatch: sequential/embedding") { try model.trainOnBatch(wrong, y) }
      #expect(model.isBuilt == isBuilt)
      #expect(model.getWeights().map(\.scalars) == before)
      #expect(model.optimizer?.isBuilt == false && model.optimizer?.iterations == 0)
      try model.fit(right, y, verbose: .silent)
      #expect(model.optimizer?.iterations == 1)
    }
  }

  @Test("Steps and predictions that would be replayed look as well")
  func replayed() throws {
    let model = try Self.model()
    for _ in 0..<6 {
      try model.trainOnBatch(Self.right, Self.labels)
      try model.testOnBatch(Self.right, Self.labels)
      _ = try model.predict(Self.right)
    }
    #expect(model.compilation!.held.replayCount > 4 && model.heldPredictions.replayCount > 2)
    let before = model.getWeights().map(\.scalars)
    Self.expectRefused("trainOnBatch: sequential/embedding") {
      try model.trainOnBatch(Self.wrong, Self.labels)
    }
    Self.expectRefused("testOnBatch: sequential/embedding") {
      try model.testOnBatch(Self.wrong, Self.labels)
    }
    Self.expectRefused("predict: sequential/embedding") { _ = try model.predict(Self.wrong) }
    Self.expectRefused("predictOnBatch: sequential/embedding") {
      _ = try model.predictOnBatch(Self.wrong)
    }
    Self.expectRefused("evaluate: sequential/embedding") {
      try model.evaluate(Self.batches(Self.wrong))
    }
    Self.expectRefused("predict: sequential/embedding") {
      _ = try model.predict(Self.batches(Self.wrong))
    }
    #expect(model.getWeights().map(\.scalars) == before)
    #expect(model.optimizer?.iterations == 6)
    // Later batches of a source are looked at as they come: the first one was a step.
    Self.expectRefused("fit: sequential/embedding") {
      try model.fit(Self.batches(Self.wrong), verbose: .silent)
    }
    #expect(model.optimizer?.iterations == 7)
    let predictor = try model.frozen()
    for _ in 0..<4 { _ = try predictor.predict(Self.right) }
    Self.expectRefused("predict: sequential/embedding") { _ = try predictor.predict(Self.wrong) }
  }

  @Test("Inputs of functional models, and of models inside, are looked at by their names")
  func functional() throws {
    let (numbers, ids) = (Input(shape: [2], name: "numbers"), Input(shape: [2], name: "ids"))
    let inner = Sequential(name: "inner") {
      Input(shape: [2])
      Embedding(6, 3, name: "table")
      Flatten()
    }
    let model = try Model(
      inputs: [numbers, ids], outputs: Dense(1)(Concatenate()([numbers, inner(ids)])))
    try model.compile(optimizer: SGD(), loss: .meanSquaredError)
    func batch(_ ids: Tensor) -> Batch {
      Batch(inputs: ["ids": ids, "numbers": Tensor.ones([4, 2]) * 100], targets: [:])
    }
    _ = try model.predict(batch(Self.right))
    let error = #expect(throws: Diagnostic.self) { try model.predict(batch(Self.wrong)) }
    #expect(error?.who.hasSuffix("inner/table") == true, "\(error!)")
    #expect(error?.got == "7 at [2, 1] of input \"ids\", shape [4, 2]")
  }

  @Test("What the layer takes is not refused: the last row, negative indices, other types")
  func accepted() throws {
    let model = try Self.model()
    let y = Self.labels
    for x in [
      Self.right, Self.right - 5, Self.right.cast(to: .uint8), Self.right.cast(to: .int64),
      Self.right.cast(to: .float32) + 0.75, Self.right.cast(to: .bool),
    ] {
      try model.fit(x, y, verbose: .silent)
      #expect(try model.predict(x).isFinite().all().item() == 1)
    }
    Self.expectRefused("fit: sequential/embedding", "-6 at [0, 0]") {
      try model.fit(Self.right - 6, y, verbose: .silent)
    }
    Self.expectRefused("evaluate: sequential/embedding", "nan at [0, 0]") {
      try model.evaluate(Self.right.cast(to: .float32) * .nan, y, checkingValues: false)
    }
  }
}
