import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct NormalizationTests {
  private static let data = Tensor(
    [1, 10, 2, 20, 3, 30, 6, 0] as [Float], shape: [4, 2])

  @Test func `data that was adapted to has mean 0 and variance 1`() throws {
    let layer = Normalization()
    try layer.adapt(Self.data)
    let y = layer(Self.data)
    #expect(y.mean(along: 0).isClose(to: Tensor([0, 0]), absolute: 1e-6))
    #expect(y.square().mean(along: 0).isClose(to: Tensor([1, 1]), relative: 1e-5))
    #expect(layer.nonTrainableVariables.count == 3)
    #expect(layer.trainableVariables.isEmpty)
    let back = Normalization(axis: -1, invert: true)
    try back.adapt(Self.data)
    #expect(back(y).isClose(to: Self.data, relative: 1e-5, absolute: 1e-5))
  }

  @Test func `batches count together, however they are cut`() throws {
    let whole = Normalization()
    try whole.adapt(Self.data)
    let parts = Normalization()
    try parts.adapt([Self.data[0..<1], Self.data[1..<4]])
    for (a, b) in zip(whole.weights, parts.weights) {
      #expect(a.value.isClose(to: b.value, relative: 1e-5))
    }
  }

  @Test func `before it is adapted it changes nothing`() {
    #expect(Normalization()(Self.data).isClose(to: Self.data))
  }

  @Test func `a deviation of 0 does not divide`() throws {
    let layer = Normalization(mean: Tensor(2), variance: Tensor(0))
    #expect(layer(Tensor([[2, 3]])).scalars == [0, 1e7])
    #expect(throws: Diagnostic.self) { try layer.adapt(Self.data) }
  }

  @Test func `data of another width is refused, and leaves the layer as it was`() throws {
    let layer = Normalization()
    try layer.adapt(Self.data)
    let before = layer.weights.map(\.value.scalars)
    #expect(throws: Diagnostic.self) { try layer.adapt(Tensor.ones([4, 3])) }
    #expect(throws: Diagnostic.self) { try layer.adapt([Tensor]()) }
    #expect(layer.weights.map(\.value.scalars) == before)
  }
}
