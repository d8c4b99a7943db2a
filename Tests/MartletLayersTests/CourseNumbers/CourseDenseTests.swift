import MartletLayers
import MartletTensors
import Testing

/// The linear classifier of the course slides, and dropout.
@Suite("Course classifiers")
struct CourseDenseTests {
  static let weights: [[Float]] = [
    [0.1, -0.25, 0.1, 2.5], [0, 0.5, 0.2, -0.6], [2, 0.8, 1.8, -0.1],
  ]

  @Test(
    "Cat, turtle, owl: the scores that the slide has wrong, and a softmax that does not overflow")
  func classifier() throws {
    let flatten = Flatten()
    let x = flatten(Tensor([[[1, 73], [227, 82]]] as [[[Float]]]))
    #expect(x.scalars == [1, 73, 227, 82])
    let layer = Dense(3)
    _ = layer(x)
    try layer.setWeights([Tensor(Self.weights).transposed(), Tensor([-2, 1.7, -0.5] as [Float])])
    let scores = layer(x)
    #expect(scores.isClose(to: Tensor([[207.55, 34.4, 460.3]] as [[Float]]), relative: 1e-6))
    #expect(Softmax()(scores).scalars == [0, 0, 1])
    let logs = Activation(.logSoftmax)(scores)
    #expect(
      logs.isClose(to: Tensor([[-252.75, -425.9, 0]] as [[Float]]), relative: 1e-6, absolute: 1e-4))
  }

  @Test("Softmax regression: a sum of 1 for each of 32 digits")
  func regression() {
    let layer = Dense(10, activation: .softmax)
    let y = layer(Tensor.randomUniform([32, 784], using: RandomSource(seed: 1)))
    #expect(y.shape == [32, 10])
    #expect(y.sum(along: 1).isClose(to: .ones([32]), relative: 1e-6))
  }

  @Test("The weights into and out of a dropped unit get gradient 0 in that step")
  func dropout() throws {
    let (first, drop, second) = (Dense(20), Dropout(0.5, seed: 3), Dense(3))
    let x = Tensor([[1, -2, 0.5, 3]] as [[Float]])
    let width = 20
    _ = second(drop(first(x)))
    var kept: [Bool] = []
    let variables = first.trainableVariables + second.trainableVariables
    let found = valueAndGradient(of: variables) {
      let hidden = drop(first(x), training: true)
      kept = hidden.scalars.map { $0 != 0 }
      return second(hidden).square().sum()
    }.gradients
    #expect(kept.contains(true) && kept.contains(false))
    let into = found[0].abs().sum(along: 0).scalars
    let out = found[2].abs().sum(along: 1).scalars
    let bias = found[1].scalars
    for unit in 0..<width {
      #expect((into[unit] == 0) == !kept[unit])
      #expect((bias[unit] == 0) == !kept[unit])
      #expect((out[unit] == 0) == !kept[unit])
    }
  }
}
