import Foundation
import Testing

@testable import MartletTensors

/// Runs a closure on a thread with a stack of 512 KiB.
func onSmallStack(_ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.stackSize = 512 << 10
  thread.start()
  while !thread.isFinished { usleep(1000) }
}

@Suite struct NodeDecisionTests {
  @Test func `a node is evaluated once and lets its inputs go`() {
    let x = Tensor([1, 2, 3] as [Float])
    let y = (x * 2).exp()
    #expect(y.node.storage == nil && y.node.inputs.count == 1)
    y.evaluated()
    let storage = y.node.storage
    #expect(storage != nil && y.node.inputs.isEmpty)
    y.evaluated()
    #expect(y.node.storage === storage)
  }

  @Test func `an open gradient scope pins what was evaluated inside`() {
    let x = Tensor([0.5, -1.5] as [Double])
    func f(_ x: Tensor, printing: Bool) -> Tensor {
      let h = (x * x).sin()
      if printing { _ = "\(h)" }
      let y = h.exp() * x
      if printing { _ = y.scalars(of: Double.self) }
      return y.sum()
    }
    let plain = gradient(at: x) { f($0, printing: false) }
    let printed = gradient(at: x) { f($0, printing: true) }
    #expect(plain.scalars(of: Double.self) == printed.scalars(of: Double.self))
    var kept: Tensor?
    _ = gradient(at: x) { x in
      let h = x * 3
      h.evaluated()
      #expect(!h.node.inputs.isEmpty)
      kept = h
      return h.sum()
    }
    #expect(kept?.node.inputs.isEmpty == true, "the scope's end lets the inputs go")
  }

  @Test func `a million operations live and die on a small stack`() {
    onSmallStack {
      let x = Tensor([0.5] as [Float])
      // How long it takes, the benchmark `depth` says.
      do {
        let (value, slope) = valueAndGradient(at: x) { x in
          var y = x
          for _ in 0..<1_000_000 { y = -y }
          return y.sum()
        }
        #expect(slope.item() == 1 && value.item() == 0.5)
      }
      var y = x
      for _ in 0..<200_000 { y = -y }
      #expect(y.item() == 0.5)
      var dead = x
      for _ in 0..<200_000 { dead = dead + 1 }
    }
  }

  @Test func `a chain that nobody reads does not grow`() async {
    // In a process of its own: other tests allocate at the same time.
    await #expect(processExitsWith: .success) {
      let before = MemoryUse.liveBytes
      var x = Tensor.zeros([1000]).evaluated()
      for _ in 0..<200_000 { x = x + 1 }
      let grown = MemoryUse.liveBytes - before
      if x.scalars[999] != 200_000 || grown > 64 << 20 { fatalError("\(grown) bytes more") }
    }
  }
}

@Suite struct TogetherDecisionTests {
  @Test func `asking for one result evaluates all, once`() {
    let x = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let w = Variable(Tensor([0.5, -1, 2, 1] as [Float], shape: [2, 2]))
    let (results, profile) = Profile.take {
      let (loss, gradients) = valueAndGradient(of: [w]) { x.matmul(w.value).square().sum() }
      _ = loss.item()
      w.assign(w.value - gradients[0] * 0.1)
      return (loss, gradients[0].scalars, w.value.scalars)
    }
    let products = profile.entries.filter { $0.kernel.hasPrefix("matmul") }
    #expect(products.reduce(0) { $0 + $1.calls } == 2, "\(profile)")
    _ = results
  }

  @Test func `held tensors and pending assignments are roots of the next evaluation`() {
    let x = Tensor([1, 2, 3] as [Float])
    let held = x.exp()
    let v = Variable(x)
    v.assign(held * 2)
    do { _ = (x + 100).sqrt() }  // let go: not computed
    let (_, profile) = Profile.take { _ = (held + 1).scalars }
    #expect(held.node.storage != nil && v.value.node.storage != nil)
    #expect(!profile.entries.contains { $0.kernel.contains("sqrt") })
  }
}

@Suite struct VariableDecisionTests {
  @Test func `reading a variable captures its present value`() {
    let w = Variable(Tensor([1, 2] as [Float]))
    let h = w.value * 2
    w.assign(w.value + 10)
    #expect(h.scalars == [2, 4])
    #expect(w.value.scalars == [11, 12])
  }

  @Test func `an update is in place only when nobody else holds the buffer`() {
    let w = Variable(Tensor([Float](repeating: 1, count: 1000)).evaluated())
    func step() { w.assign(w.value * 0.5); w.value.evaluated() }
    let first = w.value.memory().pointer
    step()
    #expect(w.value.memory().pointer == first)
    let held = w.value
    step()
    #expect(w.value.memory().pointer != first)
    #expect(held.scalars[0] == 0.5 && w.value.scalars[0] == 0.25)
    let second = w.value.memory().pointer
    step()
    #expect(w.value.memory().pointer == second)
  }

  @Test func `a result that took the memory of an old value is not overwritten in turn`() {
    // m₁ = .025 takes the place of m₀; √m₁, read from it for the last time, must not.
    let m = Variable(Tensor([0, 0] as [Float]).evaluated())
    let x = Tensor([0.25, 0.25] as [Float]).evaluated()
    withoutFusion {
      m.assign(m.value + (x - m.value) * 0.1)
      #expect((m.value.sqrt() * 2 + 1).scalars == [1.3162278, 1.3162278])
    }
    #expect(m.value.scalars == [0.025, 0.025])
  }

  @Test func `an update behind a product leaves every variable where it lies`() {
    // The product's own memory is of the same size, and must not take a variable's place: it would
    // be another's next time, and the cache would hold both.
    let x = Tensor.randomUniform([8, 6], using: RandomSource(seed: 1)).evaluated()
    let y = Tensor.randomUniform([8, 5], using: RandomSource(seed: 2)).evaluated()
    let (w, m, v) = (
      Variable(Tensor.ones([6, 5]).evaluated()), Variable(Tensor.zeros([6, 5]).evaluated()),
      Variable(Tensor.zeros([6, 5]).evaluated())
    )
    func step() {
      let g = x.transposed().matmul(y)
      m.assign(m.value + (g - m.value) * 0.1)
      v.assign(v.value + (g.square() - v.value) * 0.01)
      w.assign(w.value - m.value / (v.value.sqrt() + 1e-3))
      w.value.evaluated()
    }
    func places() -> [UInt] {
      [w, m, v].map { variable in
        variable.value.withElements(of: Float.self) { UInt(bitPattern: $0.baseAddress) }
      }
    }
    step()
    let first = places()
    for _ in 0..<3 {
      step()
      #expect(places() == first)
    }
  }

  @Test func `the donated set is part of the plan's key`() {
    // The same graph with and without a holder of the old value, in turn.
    for round in 0..<4 {
      let w = Variable(Tensor([3, 4] as [Float]).evaluated())
      let old: Tensor? = round % 2 == 0 ? w.value : nil
      w.assign(w.value + 1)
      #expect(w.value.scalars == [4, 5])
      if let old { #expect(old.scalars == [3, 4]) }
    }
  }

  @Test func `live buffers after 10,000 steps equal those after 10`() async {
    // In a process of its own: other tests allocate at the same time.
    await #expect(processExitsWith: .success) {
      let x = Tensor([Float](repeating: 0.1, count: 64 * 32), shape: [64, 32]).evaluated()
      let w = Variable(Tensor.zeros([32, 16]))
      func step() -> Tensor {
        let (loss, gradients) = valueAndGradient(of: [w]) {
          (x.matmul(w.value) - 1).square().mean()
        }
        w.assign(w.value - gradients[0] * 0.01)
        return loss
      }
      for _ in 0..<10 { _ = step().item() }
      let read = MemoryUse.liveBuffers
      for _ in 0..<10_000 { _ = step().item() }
      check(MemoryUse.liveBuffers == read, "\(MemoryUse.liveBuffers) buffers, \(read) before")
      // And if nobody ever reads the loss.
      for _ in 0..<10 { _ = step() }
      let unread = MemoryUse.liveBuffers
      let (_, profile) = Profile.take { for _ in 0..<10_000 { _ = step() } }
      check(MemoryUse.liveBuffers == unread, "\(MemoryUse.liveBuffers) buffers, \(unread) before")
      check(profile.plansMade == 0, "plans were made anew")
      func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { fatalError(message()) }
      }
    }
  }
}
