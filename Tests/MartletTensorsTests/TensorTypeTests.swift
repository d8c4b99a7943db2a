import Testing

@testable import MartletTensors

@Suite struct TensorTypeTests {
  @Test func `shapes that cannot be are refused with their numbers`() async {
    var result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([1 << 31, 1 << 31, 1 << 31]) }
    expectMessage(
      result,
      """
      Tensor: the tensor is too large to address.
        expected fewer than 2⁶³ bytes of float32
        got      shape [2147483648, 2147483648, 2147483648]
      """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])
    }
    expectMessage(result, "Tensor: the rank is too high.\n  expected at most 8 axes\n  got      9")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, -3])
    }
    expectMessage(
      result, "Tensor: a size is negative.\n  expected sizes of 0 or more\n  got      -3 at axis 1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([1 << 20, 1]).broadcast(to: [1 << 20, 1 << 44])
    }
    expectMessage(result, "too large to address")
    // An empty axis does not hide sizes that wrap.
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([0, 1 << 40, 1 << 40])
    }
    expectMessage(result, "too large to address")
  }

  @Test func `memory that is not there is refused with a message`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Tensor.zeros([1 << 46]).evaluated() }
    expectMessage(result, "Tensor: there is not enough memory.")
  }

  @Test func `an operator's message names the operands`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.ones([2, 3]) + Tensor.ones([4]) }
    expectMessage(
      result,
      """
      add: the shapes do not broadcast to a common shape.
        expected equal sizes, or 1, axis by axis from the last
        got      [2, 3] and [4]
      """)
    let types = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.ones([2]) * Tensor.ones([2], dtype: .int32) }
    expectMessage(types, "multiply: the element types differ.")
  }

  @Test func `a value that is no scalar has no gradient`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = gradient(at: Tensor.ones([3])) { $0 * 2 } }
    expectMessage(
      result,
      """
      valueAndGradient: the value of the closure is no scalar.
        expected one element
        got      shape [3]
      """)
  }
}
