import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct CircleLossTests {
  let p = Tensor([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]])
  let labels = Tensor([0, 0, 1, 1])

  @Test("embeddings of two classes, with and without the diagonal")
  func values() {
    expectClose(
      Loss.circle(gamma: 4).values(labels, p),
      [0.6652944087982178, 0.9945131540298462, 0.9945131540298462, 0.6652944087982178])
    expectClose(Loss.circle(gamma: 4, margin: 0.25)(labels, p), [1.2581477165222168])
    expectClose(
      Loss.circle(gamma: 4, removeDiagonal: false).values(labels, p),
      [1.0117437839508057, 1.4243018627166748, 1.4243018627166748, 1.0117437839508057])
  }

  @Test("samples that are alone in their class cost nothing, do not count and have no slope")
  func alone() {
    let labels = Tensor([0, 0, 1, 2])
    expectClose(
      Loss.circle(gamma: 4).values(labels, p), [0.6652944087982178, 0.9945131540298462, 0, 0])
    expectClose(Loss.circle(gamma: 4)(labels, p), [0.829903781414032])
    let slope = gradient(at: p) { Loss.circle(gamma: 4)(labels, $0) }
    #expect(slope.scalars.contains { $0.isNaN } == false)
  }
}
