import Testing

@testable import MartletTensors

@Suite("Replayed steps of one's own")
struct ReplayedStepTests {
  static func input(_ index: Int, _ count: Int = 4) -> Tensor {
    Tensor.randomNormal([count, 3], using: RandomSource(seed: UInt64(index))).evaluated()
  }

  /// Runs a loop twice, replaying steps and not, and expects the same bits.
  static func expectSame(
    replays expected: ClosedRange<Int>, _ loop: () -> (results: [Tensor], replays: Int),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    func bits(_ tensors: [Tensor]) -> [[UInt32]] {
      tensors.map { $0.scalars(of: Float.self).map(\.bitPattern) }
    }
    let replayed = loop()
    let recorded = withoutReplay(loop)
    #expect(bits(replayed.results) == bits(recorded.results), sourceLocation: sourceLocation)
    #expect(expected.contains(replayed.replays), sourceLocation: sourceLocation)
    #expect(recorded.replays == 0, sourceLocation: sourceLocation)
  }

  /// A step of descent on a variable.
  static func descent(_ weight: Variable) -> ReplayedStep<Tensor, Tensor> {
    ReplayedStep { x in
      let (loss, gradients) = valueAndGradient(of: [weight]) {
        x.matmul(weight.value).square().mean()
      }
      weight.assign(weight.value - gradients[0] * 0.1)
      return loss
    }
  }

  @Test("A step of descent comes out with the same bits")
  func descends() {
    Self.expectSame(replays: 5...7) {
      let weight = Variable(Self.input(100, 3))
      let step = Self.descent(weight)
      let losses = (0..<10).map { step(Self.input($0)) }
      return (losses + [weight.value], step.replayCount)
    }
  }

  @Test("Replayed, the closure is not called")
  func callsNothing() {
    var calls = 0
    let step = ReplayedStep { x in
      calls += 1
      return x.square().sum()
    }
    for index in 0..<10 { step(Self.input(index)) }
    #expect(calls + step.replayCount == 10)
    #expect(calls <= 3)
  }

  @Test("Each shape is recorded and replayed by itself")
  func shapes() {
    Self.expectSame(replays: 8...12) {
      let weight = Variable(Self.input(100, 3))
      let step = Self.descent(weight)
      let losses = (0..<16).map { step(Self.input($0, $0 % 4 == 3 ? 2 : 4)) }
      return (losses + [weight.value], step.replayCount)
    }
  }

  @Test("Values that are held are not overwritten")
  func keepsHeldValues() {
    Self.expectSame(replays: 4...8) {
      let weight = Variable(Self.input(100, 3))
      let step = Self.descent(weight)
      var kept: [Tensor] = []
      for index in 0..<12 {
        if index > 5, index % 2 == 0 { kept.append(weight.value) }
        kept.append(step(Self.input(index)))
      }
      return (kept + [weight.value], step.replayCount)
    }
  }

  @Test("A variable assigned between steps has its new value in the next")
  func assignedBetween() {
    Self.expectSame(replays: 6...9) {
      let weight = Variable(Self.input(100, 3))
      let factor = Variable(Tensor(2))
      let step = ReplayedStep { x in x.matmul(weight.value).sum() * factor.value }
      var results: [Tensor] = []
      for index in 0..<12 {
        if index % 4 == 3 {
          weight.assign(Self.input(200 + index, 3))
          factor.assign(Tensor([Float(index)], shape: []))
        }
        results.append(step(Self.input(index)))
      }
      return (results, step.replayCount)
    }
  }

  @Test("Sums that a loop keeps without reading them do not hinder")
  func pendingSums() {
    Self.expectSame(replays: 5...8) {
      let weight = Variable(Self.input(100, 3))
      let step = Self.descent(weight)
      var total = Tensor(0)
      for index in 0..<10 { total = total + step(Self.input(index)) }
      return ([total, weight.value], step.replayCount)
    }
  }

  @Test("A step that reads a value is recorded anew each time")
  func readingStep() {
    Self.expectSame(replays: 0...0) {
      let step = ReplayedStep { x in x.sum().item() > 0 ? x.sum() : x.square().sum() }
      return ((0..<10).map { step(Self.input($0)) }, step.replayCount)
    }
  }

  @Test("A source of random numbers goes on; the implicit one is drawn from by recording")
  func random() {
    Self.expectSame(replays: 5...8) {
      let source = RandomSource(seed: 4)
      let step = ReplayedStep { x in x + Tensor.randomNormal([4, 3], using: source) }
      return ((0..<10).map { step(Self.input($0)) }, step.replayCount)
    }
    Self.expectSame(replays: 0...0) {
      withRandomSeed(3) {
        let step = ReplayedStep { x in x + Tensor.randomNormal([4, 3]) }
        return ((0..<10).map { step(Self.input($0)) }, step.replayCount)
      }
    }
  }

  @Test("A tensor from around that differs each time is never frozen, however long it goes on")
  func capturedTensors() {
    Self.expectSame(replays: 0...0) {
      var noise = Tensor(0)
      let step = ReplayedStep { x in (x * noise).sum() }
      let results = (0..<80).map { index in
        noise = Self.input(500 + index)
        return step(Self.input(index))
      }
      return (results, step.replayCount)
    }
  }

  @Test("A step inside a gradient is differentiated")
  func insideGradient() {
    let step = ReplayedStep { x in x.square().sum() }
    for index in 0..<5 { step(Self.input(index)) }
    let x = Self.input(9)
    #expect(gradient(at: x) { step($0) }.scalars == (x * 2).scalars)
  }

  @Test("Lists of inputs and results keep their order")
  func lists() {
    Self.expectSame(replays: 5...8) {
      let step = ReplayedStep(inputs: 3) { x in [x[0] - x[2], x[1] * 2, x[0] + x[1]] }
      let results = (0..<10).flatMap { index in step((0..<3).map { Self.input(index + $0) }) }
      return (results, step.replayCount)
    }
  }

  @Test("A constant as an input is a value like others")
  func constantInputs() {
    Self.expectSame(replays: 12...13) {
      let weight = Variable(Self.input(100, 3))
      let step = ReplayedStep { x, factor in
        let loss = x.matmul(weight.value).square().mean() * factor * 0.5
        weight.assign(weight.value * 0.9 + factor * 0.125)
        return loss
      }
      let results = (0..<16).map { index in
        step(Self.input(index), index % 3 == 0 ? .zeros([]) : Tensor(Float(index)))
      }
      return (results + [weight.value], step.replayCount)
    }
  }

  @Test("A step that makes variables keeps few of them")
  func temporaryVariables() {
    struct Made {
      weak var variable: Variable?
    }
    Self.expectSame(replays: 0...0) {
      var made: [Made] = []
      let weight = Variable(Self.input(100, 3))
      let step = ReplayedStep { x in
        let fast = Variable(weight.value)
        made.append(Made(variable: fast))
        fast.assign(fast.value * 0.5)
        return x.matmul(fast.value).sum()
      }
      let results = (0..<40).map { step(Self.input($0)) }
      #expect(made.count { $0.variable != nil } < 20)
      return (results, step.replayCount)
    }
  }

  @Test("Who gave up tries again once something is set")
  func triesAgain() {
    Self.expectSame(replays: 7...8) {
      let weight = Variable(Self.input(100, 3))
      var noise = Tensor(0)
      let step = ReplayedStep { x in (x * noise).matmul(weight.value).sum() }
      let results = (0..<90).map { index in
        if index < 70 { noise = Self.input(500 + index) }
        if index == 80 { weight.isTrainable = false }
        return step(Self.input(index))
      }
      return (results, step.replayCount)
    }
  }

  @Test("A step inside another is a part of it")
  func nested() {
    Self.expectSame(replays: 5...7) {
      let weight = Variable(Self.input(100, 3))
      let inner = Self.descent(weight)
      let scaled = ReplayedStep { x, factor in x.sum() * factor }
      let outer = ReplayedStep { x in inner(x) + scaled(x, .ones([])) }
      let results = (0..<10).map { outer(Self.input($0)) }
      #expect(inner.replayCount + scaled.replayCount == 0)
      return (results + [weight.value], outer.replayCount)
    }
  }

  @Test("A step is computed when it is called, recorded or not")
  func computesAtOnce() {
    let weight = Variable(Self.input(100, 3))
    let refused = ReplayedStep { x in
      weight.assign(weight.value * x.sum().item())
      return weight.value.sum()
    }
    for index in 0..<6 {
      let result = refused(Self.input(index))
      #expect(result.node.isKnown && weight.latest.node.isKnown)
    }
  }

  @Test("A list of another length is a mistake, named at the call")
  func otherCount() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let step = ReplayedStep(inputs: 2) { x in x[0] + x[1] }
      step([Tensor(1)])
    }
    expectMessage(result, "ReplayedStep: it was made for another number of inputs")
    expectMessage(result, "expected 2")
    expectMessage(result, "ReplayedStepTests.swift")
  }

  @Test("Two inputs that are one tensor are told from two")
  func aliasedInputs() {
    Self.expectSame(replays: 4...16) {
      let step = ReplayedStep { x, y in x.matmul(y.transposed()).sum() }
      let results = (0..<16).map { index in
        let x = Self.input(index)
        return step(x, index % 2 == 0 ? x : Self.input(index + 40))
      }
      return (results, step.replayCount)
    }
  }
}
