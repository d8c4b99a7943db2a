import MartletTensors
import Testing

@testable import MartletTraining

/// Numbers are Keras 3.15.1's.
@Suite struct HingeLossesTests {
  let y = Tensor([[-1, 1, 1], [1, -1, -1]])
  let p = Tensor([[0.5, 0.3, 2], [-1, -0.5, 0.2]])

  @Test("targets of −1 and 1, and of 0 and 1, cost the same")
  func signs() {
    for targets in [y, (y + 1) / 2] {
      expectClose(Loss.hinge.values(targets, p), [0.7333333492279053, 1.2333333492279053])
      expectClose(Loss.squaredHinge.values(targets, p), [0.9133333563804626, 1.8966667652130127])
    }
  }

  @Test("a batch that holds −1 too is taken as it is")
  func mixed() {
    let mixed = Tensor([[0, 1, 1], [1, -1, 0]])
    expectClose(Loss.hinge.values(mixed, p), [0.5666667222976685, 1.1666667461395264])
    expectClose(Loss.squaredHinge.values(mixed, p), [0.49666666984558105, 1.75])
  }

  @Test("the best wrong class has to stay one below the right one")
  func categorical() {
    expectClose(
      Loss.categoricalHinge.values(
        CategoricalCrossentropyTests.oneHot, CategoricalCrossentropyTests.logits),
      [0, 0, 1, 101])
  }
}
