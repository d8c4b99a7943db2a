import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Arrays as data")
struct ArraysTests {
  static let xor: [[Float]] = [[0, 0], [0, 1], [1, 0], [1, 1]]

  static func model(_ loss: Loss = .meanSquaredError) throws -> Sequential {
    let model = Sequential {
      Dense(4, activation: .tanh)
      Dense(1)
    }
    try model.compile(
      optimizer: SGD(learningRate: 0.2), loss: loss, metrics: [.mae], weightedMetrics: [.mse])
    return model
  }

  /// Expects that two ways to give the same data end in the same bits.
  static func expectSame(
    _ one: (Sequential) throws -> [Double], _ other: (Sequential) throws -> [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    func trace(_ use: (Sequential) throws -> [Double]) throws -> [Double] {
      try withRandomSeed(4) {
        let model = try Self.model()
        let numbers = try use(model)
        return numbers + model.getWeights().flatMap { $0.scalars(of: Double.self) }
      }
    }
    #expect(try trace(one) == trace(other), sourceLocation: sourceLocation)
  }

  @Test("fit, evaluate and predict give for arrays what they give for tensors of them")
  func sameAsTensors() throws {
    let goal: [Float] = [0, 1, 1, 0]
    let (x, y) = (Tensor(Self.xor), Tensor(goal))
    try Self.expectSame { model in
      let history = try model.fit(Self.xor, goal, batchSize: 2, epochs: 3, verbose: .silent)
      let result = try model.evaluate(Self.xor, goal, sampleWeight: [1, 0.5, 0, 2])
      return history.loss + [result.loss, result["mse"]!]
        + (try model.predict(Self.xor)).scalars(of: Double.self)
    } _: { model in
      let history = try model.fit(x, y, batchSize: 2, epochs: 3, verbose: .silent)
      let result = try model.evaluate(x, y, sampleWeight: Tensor([1, 0.5, 0, 2]))
      return history.loss + [result.loss, result["mse"]!]
        + (try model.predict(x)).scalars(of: Double.self)
    }
  }

  @Test("Validation data and weights are arrays too")
  func validation() throws {
    let goal: [Float] = [0, 1, 1, 0]
    try Self.expectSame { model in
      try model.fit(
        Self.xor, goal, epochs: 2, verbose: .silent,
        validationData: ([[0.5, 0.25], [1, 2]], [1, 3]), validationSampleWeight: [0.25, 2],
        sampleWeight: [1, 2, 3, 4]
      )["val_loss"]
    } _: { model in
      try model.fit(
        Tensor(Self.xor), Tensor(goal), epochs: 2, verbose: .silent,
        validationData: (Tensor([[0.5, 0.25], [1, 2]]), Tensor([1, 3])),
        validationSampleWeight: Tensor([0.25, 2]), sampleWeight: Tensor([1, 2, 3, 4])
      )["val_loss"]
    }
  }

  @Test("Literals without a type, numbers of double precision and class numbers fit")
  func types() throws {
    let goal: [Float] = [0, 1, 1, 0]
    for use in [
      {
        try $0.fit(
          [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], epochs: 2, verbose: .silent)
      },
      {
        try $0.fit(
          Self.xor.map { $0.map(Double.init) }, goal.map(Double.init), epochs: 2,
          verbose: .silent)
      },
    ] as [(Sequential) throws -> History] {
      try Self.expectSame {
        try use($0).loss
      } _: {
        try $0.fit(Tensor(Self.xor), Tensor(goal), epochs: 2, verbose: .silent).loss
      }
    }
    let classifier = Sequential {
      Embedding(5, 3)
      Flatten()
      Dense(2, activation: .softmax)
    }
    try classifier.compile(optimizer: Adam(), loss: .sparseCategoricalCrossentropy)
    try classifier.fit([[0, 4], [3, 1], [2, 2]], [0, 1, 1], verbose: .silent)
    #expect(try classifier.predict([[0, 4], [3, 1]]).shape == [2, 2])
  }

  @Test("Ragged arrays and integers that are too large are thrown, with nothing built")
  func mistakes() throws {
    let model = try Self.model()
    let (ragged, wide): ([[Float]], [[Int]]) = ([[1, 2], [3]], [[1, 2], [3, 1 << 40]])
    let whole: [[Float]] = [[1, 2], [3, 4]]
    func expect(
      _ who: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
      _ body: () throws -> Void
    ) {
      let error = #expect(throws: Diagnostic.self, sourceLocation: sourceLocation) {
        try body()
      }
      #expect(error?.who == who, sourceLocation: sourceLocation)
      #expect(error?.what.contains(what) == true, sourceLocation: sourceLocation)
    }
    expect("fit: inputs", "ragged") { try model.fit(ragged, [1, 2]) }
    expect("fit: targets", "ragged") { try model.fit(whole, ragged) }
    expect("fit: inputs", "does not fit") { try model.fit(wide, [1, 2]) }
    expect("fit: targets of validation", "ragged") {
      try model.fit(whole, whole, validationData: (whole, ragged))
    }
    expect("fit: sample weights", "ragged") {
      try model.fit(whole, whole, sampleWeight: ragged)
    }
    expect("evaluate: inputs", "ragged") { try model.evaluate(ragged, [1, 2]) }
    expect("predict: inputs", "ragged") { _ = try model.predict(ragged) }
    expect("fit", "no data") { try model.fit(1, 2) }
    #expect(!model.isBuilt && model.optimizer?.isBuilt == false)
  }
}
