import Testing

@testable import MartletTensors

/// What derivatives say to closures and vectors that do not fit.
@Suite struct GradientMistakeTests {
  @Test func `values that have no gradient`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = gradient(at: Tensor.zeros([2])) { $0.cast(to: .int32).sum() }
      }, "the value of the closure cannot be differentiated.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = gradient(at: Tensor.zeros([2])) { $0 }
      }, "or use vectorJacobianProduct(at:_:_:) or jacobian(at:_:)")
  }

  @Test func `vectors that do not fit`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = vectorJacobianProduct(at: [.zeros([2])], .zeros([3])) { $0[0] }
      }, "vectorJacobianProduct: the vector does not fit the value.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = hessianVectorProduct(at: .zeros([2]), .zeros([1])) { $0.square().sum() }
      }, "hessianVectorProduct: the direction does not fit the argument.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = hessianVectorProduct(at: .zeros([2]), .zeros([2], dtype: .float64)) {
          $0.square().sum()
        }
      }, "hessianVectorProduct: the direction does not fit the argument.")
  }

  @Test func `gradients of its own that do not fit`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = gradient(at: Tensor.zeros([2])) {
          withCustomGradient([$0]) {
            $0[0].sum()
          } backward: { _, _, _ in
            []
          }
        }
      }, "customGradient: the closure returned the wrong number of gradients.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = gradient(at: Tensor.zeros([2])) {
          withCustomGradient([$0]) {
            $0[0].sum()
          } backward: { dy, _, _ in
            [dy]
          }
        }
      }, "customGradient: gradient 0 does not fit its input.")
  }

  @Test func `closures that cannot be run again`() async {
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = recomputing([]) { _ in Tensor(1) }
      }, "recomputing: there are no arguments.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) var runs = 0
        _ = gradient(at: Tensor.zeros([2])) {
          recomputing([$0]) { x in
            runs += 1
            return (0..<runs).reduce(x[0]) { y, _ in y * .randomUniform([2]) }
          }.sum()
        }
      }, "recomputing: the closure draws other random numbers when it runs again.")
    expectMessage(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) var runs = 0
        _ = gradient(at: Tensor.zeros([2])) {
          recomputing([$0]) { x in
            runs += 1
            return (runs..<2).reduce(x[0]) { y, _ in y * .randomUniform([2]) }
          }.sum()
        }
      }, "expected 1 random tensors, as before\n  got      0")
  }
}
