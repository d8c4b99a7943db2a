import Testing

@testable import MartletTensors

/// Twice the elements, computed by a Swift closure.
private struct Doubling: Operation {
  let name = "doubling"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? { at.dy * 2 }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.output(step)
    let count = step.type.count
    planner.emitHost(name, step.type.shape.text, reads: [x], writes: [y]) { reads, writes in
      let x = reads[0].bindMemory(to: Float.self, capacity: count)
      let y = writes[0].bindMemory(to: Float.self, capacity: count)
      for index in 0..<count { y[index] = 2 * x[index] }
    }
  }
}

/// The elements, once a closure has reported how many of them are negative.
private struct Refusing: Operation {
  let name = "refusing"

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.output(step)
    let count = step.type.count
    planner.emitHost(
      name, step.type.shape.text, reads: [x], writes: [y, planner.errorSlot(step)]
    ) { reads, writes in
      let x = reads[0].bindMemory(to: Float.self, capacity: count)
      writes[0].copyMemory(from: x, byteCount: 4 * count)
      let negative = (0..<count).count { x[$0] < 0 }
      writes[1].storeBytes(of: Int64(negative), as: Int64.self)
    }
  }

  func fail(_ code: Int64, _ node: Node) -> Never {
    trap(Diagnostic(name, "\(code) elements are negative"), file: #fileID, line: #line)
  }
}

extension Tensor {
  fileprivate func doubled() -> Tensor { .record(Doubling(), [self], shape: shape, dtype: dtype) }
  fileprivate func refused() -> Tensor { .record(Refusing(), [self], shape: shape, dtype: dtype) }
}

@Suite struct HostCallTests {
  @Test func `a closure runs between kernels, and again when its plan is replayed`() {
    for offset in 0..<3 {
      let x = Tensor([1, 2, 3, 4] as [Float], shape: [4]) + Float(offset)
      let y = x.doubled() + 1
      let first = Float(3 + 2 * offset)
      #expect(y.scalars == [first, first + 2, first + 4, first + 6])
    }
  }

  @Test func `a closure gets dense elements of a view`() {
    let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(x.transposed().doubled().scalars == [2, 8, 4, 10, 6, 12])
  }

  @Test func `an empty tensor has an address too`() {
    #expect(Tensor([Float](), shape: [0, 3]).doubled().scalars == [])
  }

  @Test func `a plan names its host calls`() {
    let plan = Tensor([1, 2] as [Float], shape: [2]).doubled().plan.description
    #expect(plan.contains("doubling  [2]"))
  }

  @Test func `a closure reports a mistake through an error slot`() async {
    #expect(Tensor([1, 2] as [Float], shape: [2]).refused().scalars == [1, 2])
    await #expect(processExitsWith: .failure) {
      _ = Tensor([1, -2, -3] as [Float], shape: [3]).refused().scalars
    }
  }
}
