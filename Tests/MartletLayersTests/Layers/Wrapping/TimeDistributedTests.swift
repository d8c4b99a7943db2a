import Testing

@testable import MartletLayers
@testable import MartletTensors

@Suite("TimeDistributed")
struct TimeDistributedTests {
  @Test("Each step goes through the layer alone")
  func steps() throws {
    let inner = Dense(2)
    let layer = TimeDistributed(inner)
    let x = Tensor.randomNormal([3, 4, 5], using: RandomSource(seed: 1))
    let y = layer(x)
    #expect(y.shape == [3, 4, 2])
    for step in 0..<4 {
      #expect(y[.all, step].isClose(to: inner(x[.all, step]), relative: 1e-5, absolute: 1e-6))
    }
    let model = Sequential([layer], name: "series")
    _ = model(x)
    #expect(
      model.weights.map(\.name) == [
        "series/time_distributed/layer/kernel", "series/time_distributed/layer/bias",
      ])
    #expect(try layer.outputShape([nil, nil, 5]) == [nil, nil, 2])
    #expect(throws: Diagnostic.self) { try layer.outputShape([nil, 5]) }
  }

  @Test("Statistics follow one step after the other, as in Keras")
  func statistics() {
    // Keras 3.15.1: TimeDistributed(BatchNormalization()) in training on the steps 1, 3 and 5, 9.
    let layer = TimeDistributed(BatchNorm(momentum: 0.5))
    let y = layer(Tensor([[[1.0], [5]], [[3], [9]]]), training: true)
    let one = Float(1 / (1 + 1e-3 as Double).squareRoot())
    let two = Float(2 / (4 + 1e-3 as Double).squareRoot())
    #expect(y.isClose(to: Tensor([[[-one], [-two]], [[one], [two]]]), relative: 1e-5))
    let averages = layer.nonTrainableVariables.map { $0.value.scalars[0] }
    #expect(averages == [4, 2.5])
  }

  @Test("The mask of a step reaches the layer, and that of the series stays")
  func masks() {
    let layer = TimeDistributed(Masking())
    let mask = Tensor([[true, false], [true, true]])
    let (_, masks) = layer.run(
      [Tensor.ones([2, 2, 3])], CallContext().with(masks: [mask]))
    #expect(masks[0]?.isEqual(to: mask) == true)
  }
}
