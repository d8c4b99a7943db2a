import MartletTensors
import Testing

@testable import MartletTraining

@Suite("The frozen predictor")
struct PredictorTests {
  private static func net() throws -> Model {
    let model = withRandomSeed(3) {
      Sequential {
        Input(shape: [8, 8, 2])
        Conv2D(6, kernelSize: 3, activation: .relu)
        BatchNorm()
        Flatten()
        Dropout(0.5)
        Dense(4, activation: .softmax)
      }
    }
    try model.compile(optimizer: SGD(learningRate: 0.5), loss: .sparseCategoricalCrossentropy)
    return model
  }

  private static func images(_ count: Int, seed: UInt64) -> Tensor {
    Tensor.randomNormal([count, 8, 8, 2], using: RandomSource(seed: seed)).evaluated()
  }

  private static func bits(_ tensor: Tensor) -> [UInt32] { tensor.scalars.map(\.bitPattern) }

  @Test("Many tasks get the model's bits, each for its own samples, of several shapes")
  func shared() async throws {
    let model = try Self.net()
    let predictor = try model.frozen()
    var expected: [[UInt32]] = []
    for seed in 0..<6 {
      expected.append(Self.bits(try model.predict(Self.images(1 + seed % 3, seed: UInt64(seed)))))
    }
    let found = try await withThrowingTaskGroup(of: (Int, [UInt32]).self) { group in
      for task in 0..<48 {
        group.addTask {
          let x = Self.images(1 + task % 6 % 3, seed: UInt64(task % 6))
          return (task % 6, Self.bits(try predictor.predict(x)))
        }
      }
      var found: [(Int, [UInt32])] = []
      for try await result in group { found.append(result) }
      return found
    }
    #expect(found.count == 48)
    for (seed, bits) in found { #expect(bits == expected[seed]) }
  }

  @Test("Training goes on without it")
  func frozen() throws {
    let model = try Self.net()
    let x = Self.images(5, seed: 9)
    let before = Self.bits(try model.predict(x))
    let predictor = try model.frozen()
    for _ in 0..<3 { _ = try model.trainOnBatch(x, Tensor([0, 1, 2, 3, 0] as [Int32])) }
    #expect(Self.bits(try model.predict(x)) != before)
    for _ in 0..<4 { #expect(Self.bits(try predictor.predict(x)) == before) }
  }

  @Test("A model that was built by its first data can be frozen too, one without weights cannot")
  func built() throws {
    let model = Sequential { Dense(3) }
    let error = #expect(throws: Diagnostic.self) { try model.frozen() }
    #expect(error?.description.contains("no weights to freeze") == true)
    let x = Tensor.ones([2, 5])
    let expected = Self.bits(try model.predict(x))
    #expect(Self.bits(try model.frozen().predict(x)) == expected)
  }

  @Test("Data that do not fit are refused, and the next are served")
  func misfits() throws {
    let predictor = try Self.net().frozen()
    #expect(throws: Diagnostic.self) { try predictor.predict(Tensor.ones([2, 7, 7, 2])) }
    #expect(try predictor.predict(Self.images(2, seed: 1)).shape == [2, 4])
  }
}
