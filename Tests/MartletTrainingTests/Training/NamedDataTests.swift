import MartletTensors
import Testing

@testable import MartletTraining

/// Inputs, targets, sample weights and class weights by name.
@Suite("Data by name")
struct NamedDataTests {
  /// Two inputs of ones' weights, added; outputs "b" and "a" double it and keep it.
  static func model(_ metrics: [String: [Metric]] = [:]) throws -> Model {
    let (left, right) = (Input(shape: [1]), Input(shape: [1]))
    let sum = Add()([left, right])
    let model = try Model(
      inputs: ["right": right, "left": left],
      outputs: [
        "b": Dense(1, kernelInitializer: .constant(2))(sum),
        "a": Dense(1, kernelInitializer: .ones)(left),
      ])
    try model.compile(
      optimizer: SGD(learningRate: 0), losses: ["a": .meanAbsoluteError, "b": .meanAbsoluteError],
      metrics: metrics)
    return model
  }

  static let left = Tensor([[1.0], [2], [3], [4]])
  static let right = Tensor([[10.0], [20], [30], [40]])
  static let zeros = Tensor.zeros([4, 1])

  static func batch(_ weights: [String: Tensor]? = nil) -> Batch {
    Batch(
      inputs: ["left": left, "right": right], targets: ["a": zeros, "b": zeros + 5],
      weights: weights)
  }

  @Test("fit, evaluate and predict take names in any order")
  func names() throws {
    let model = try Self.model()
    let logs = try model.fit(Self.batch(), verbose: .silent).logs[0]
    // a: the mean of 1 … 4; b: that of 22, 44, 66, 88, less 5.
    #expect(logs["a_loss"] == 2.5 && logs["b_loss"] == 50 && logs.loss == 52.5)
    #expect(try model.evaluate(Self.batch()).loss == 52.5)
    let found = try model.predict(
      Batch(inputs: ["right": Self.right, "left": Self.left]), batchSize: 3)
    #expect(found[0].scalars == [22, 44, 66, 88] && found[1].scalars == [1, 2, 3, 4])
    let source = try TensorDataset(Self.batch()).batched(2)
    #expect(try model.fit(source, verbose: .silent).loss == [52.5])
    #expect(
      RefusedCallTests.refusal {
        _ = try model.predict(Batch(inputs: ["left": Self.left, "up": Self.right]))
      }.contains("\"up\""))
  }

  @Test("Sample weights by name count for the output of that name alone")
  func weights() throws {
    let model = try Self.model()
    let w = Tensor([2.0, 0, 0, 0])
    // Keras 3.15.1 weights the named outputs alike, and wants all of them to be named.
    let both = try model.evaluate(Self.batch(["a": .ones([4]), "b": w]))
    #expect(both["a_loss"] == 2.5 && both["b_loss"] == 8.5)
    for logs in [
      try model.evaluate(Self.batch(["b": w])), try model.testOnBatch(Self.batch(["b": w])),
      try model.fit(Self.batch(["b": w]), verbose: .silent).logs[0],
      try model.evaluate(try TensorDataset(Self.batch(["b": w])).batched(4)),
    ] {
      #expect(logs["a_loss"] == 2.5 && logs["b_loss"] == 8.5)
    }
    let text = RefusedCallTests.refusal { try model.fit(Self.batch(["c": w]), verbose: .silent) }
    #expect(text.contains("\"c\"") && text.contains("b, a"), "\(text)")
    #expect("\(Self.batch(["b": w]))".contains("b: "))
  }

  @Test("Sample weights in a list are one for all outputs, or one for each")
  func lists() throws {
    let x = Input(shape: [1])
    let model = try Model(inputs: x, outputs: [Dense(1)(x), Dense(1)(x), Dense(1)(x)])
    try model.compile(optimizer: SGD(), loss: .meanSquaredError)
    func batch(_ count: Int) -> Batch {
      Batch(
        inputs: [Self.left], targets: Array(repeating: Self.zeros, count: 3),
        weights: Array(repeating: .ones([4]), count: count))
    }
    for count in [1, 3] { try model.fit(batch(count), verbose: .silent) }
    let text = RefusedCallTests.refusal { try model.fit(batch(2), verbose: .silent) }
    #expect(text.contains("expected 1, for all outputs, or 3"), "\(text)")
  }

  @Test("Class weights by the names of several outputs are sample weights of those outputs")
  func classWeights() throws {
    let x = Input(shape: [1])
    let model = try Model(
      inputs: ["x": x],
      outputs: [
        "digit": Dense(3, activation: .softmax, kernelInitializer: .zeros)(x),
        "parity": Dense(1, activation: .sigmoid, kernelInitializer: .zeros)(x),
      ])
    try model.compile(
      optimizer: SGD(learningRate: 0),
      losses: ["digit": .sparseCategoricalCrossentropy, "parity": .binaryCrossentropy])
    let digits = Tensor([0, 1, 2, 1] as [Int32])
    let parities = Tensor([[0.0], [1], [0], [1]])
    let data = Batch(inputs: ["x": Self.left], targets: ["digit": digits, "parity": parities])
    func losses(_ weights: [String: [Int: Double]]?, streamed: Bool = false) throws -> [Double] {
      let source = try TensorDataset(data).batched(4)
      let logs =
        try streamed
        ? model.fit(source, verbose: .silent, classWeights: weights)
        : model.fit(data, verbose: .silent, classWeights: weights)
      return [logs["digit_loss"][0], logs["parity_loss"][0]]
    }
    let (three, two) = (1.0986123, 0.6931472)
    func isClose(_ a: [Double], _ b: [Double]) -> Bool {
      zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
    }
    #expect(isClose(try losses(nil), [three, two]))
    for streamed in [false, true] {
      // Half of the digits are 1, and count 3; half of the parities are 0, and do not count.
      #expect(
        isClose(
          try losses(["digit": [1: 3], "parity": [0: 0]], streamed: streamed), [2 * three, two / 2])
      )
      #expect(isClose(try losses(["digit": [1: 3]], streamed: streamed), [2 * three, two]))
    }
    #expect(RefusedCallTests.refusal { _ = try losses(["size": [1: 3]]) }.contains("\"size\""))
    #expect(throws: Diagnostic.self) {
      try model.fit(data, verbose: .silent, classWeight: [1: 3])
    }
  }
}
