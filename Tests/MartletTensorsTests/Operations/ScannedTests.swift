import Testing

@testable import MartletTensors

@Suite struct ScannedTests {
  @Test func `a mistake has the same message for any batch`() async {
    // With 2 samples x·W is a product of its own, with 8 it is made step by step.
    let few = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([2, 3, 5]).scanned(
        by: ScannedCell(.simple), kernel: .zeros([4, 6]), recurrentKernel: .zeros([6, 6]))
    }
    expectMessage(
      few, "scanned: the kernel does not fit.\n  expected float32 [5, 6]\n  got      float32 [4, 6]"
    )
    let many = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([8, 3, 5]).scanned(
        by: ScannedCell(.simple), kernel: .zeros([4, 6]), recurrentKernel: .zeros([6, 6]))
    }
    expectMessage(
      many,
      "scanned: the kernel does not fit.\n  expected float32 [5, 6]\n  got      float32 [4, 6]")
  }

  /// How often sums of the kernels' gradients have a call of their own, and those gradients.
  private func sums(batch: Int, steps: Int) -> (calls: Int, kernel: Tensor) {
    let random = RandomSource(seed: 3)
    let x = Tensor.randomNormal([batch, steps, 5], using: random).evaluated()
    let (w, u) = (
      Tensor.randomNormal([5, 6], using: random).evaluated(),
      Tensor.randomNormal([6, 6], using: random).evaluated()
    )
    let (found, profile) = Profile.take {
      let found = gradient(at: [w, u]) {
        x.scanned(by: ScannedCell(.simple), kernel: $0[0], recurrentKernel: $0[1])
          .outputs.square().sum()
      }
      found[0].evaluated()
      return found[0]
    }
    return (profile.entries.count { $0.kernel == "kernelGradients" }, found)
  }

  @Test func `sums that are whole have no call of their own`() {
    #expect(sums(batch: 12, steps: 4).calls == 0)
    #expect(sums(batch: 70, steps: 4).calls == 1)
    let empty = sums(batch: 8, steps: 0)
    #expect(empty.kernel.scalars == [Float](repeating: 0, count: 30))
  }
}
