import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct OptimizerTests {
  private func variables() -> [Variable] {
    [
      Variable(Tensor([[1, -2], [3, -4]]), name: "dense/kernel"),
      Variable(Tensor([0.5, -0.5]), name: "dense/bias"),
    ]
  }
  private let gradients = [Tensor([[1, 1], [-1, 2]]), Tensor([0.5, 1])]

  // MARK: Learning rate

  @Test("a learning rate is a number of any kind, or a schedule")
  func learningRates() {
    let rate = 0.25
    #expect(Adam().learningRate == 0.001)
    #expect(Adadelta(learningRate: 1).learningRate == 1)
    #expect(SGD(learningRate: rate).learningRate == 0.25)
    #expect(SGD(learningRate: Float(0.1)).learningRate == 0.1)
    let decaying = Adam(
      learningRate: CosineDecay(initialLearningRate: 0.1, decaySteps: 100, alpha: 0.25))
    #expect(decaying.learningRate == 0.1)
    #expect(decaying.schedule != nil)
  }

  @Test("a schedule sees the number of steps done before")
  func scheduleSteps() {
    let optimizer = SGD(
      learningRate: PiecewiseConstantDecay(boundaries: [0, 1], values: [1, 0.5, 0.25]))
    let x = Variable(Tensor([0]))
    for _ in 0..<3 { optimizer.apply([Tensor([1])], to: [x]) }
    #expect(x.value.scalars == [-1.75])
    #expect(optimizer.iterations == 3)
    #expect(optimizer.learningRate == 0.25)
  }

  @Test("the learning rate can be set, to a schedule too")
  func settingTheLearningRate() {
    let optimizer = SGD(learningRate: 1)
    let x = Variable(Tensor([0]))
    optimizer.learningRate = 0.5
    optimizer.apply([Tensor([1])], to: [x])
    #expect(x.value.scalars == [-0.5])
    optimizer.setLearningRate(
      ExponentialDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 0.5))
    #expect(optimizer.learningRate == 0.5)  // one step is done
    #expect(optimizer.variables.map(\.name) == ["iteration"])
  }

  @Test("the learning rate keeps the digits it was given with")
  func learningRateDigits() {
    #expect(Adam(learningRate: 3e-4).learningRate == 3e-4)
    #expect(Adam(learningRate: 1.0 / 3).learningRate == 0.33333334)
    #expect(Adam(learningRate: 0.1).configuration["learning_rate"] == .number(0.1))
  }

  @Test("setting the learning rate of a schedule traps")
  func settingASchedulesRate() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let schedule = InverseTimeDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 1)
      Adam(learningRate: schedule).learningRate = 0.1
    }
    expectMessage(
      result,
      """
      Fatal error: Adam: its learning rate cannot be set: a schedule gives it.
        got      0.1 for InverseTimeDecay
      """)
  }

  // MARK: What is written once

  @Test("weights decay before the update, and not those left out")
  func weightDecay() {
    // w − α λ w − α g, with α = 0.1, λ = 0.5
    let optimizer = SGD(learningRate: 0.1, weightDecay: 0.5)
    optimizer.excludeFromWeightDecay(names: ["bias"])
    let all = variables()
    optimizer.apply(gradients, to: all)
    #expect(all[0].value.isClose(to: Tensor([[0.85, -2], [2.95, -4]])))
    #expect(all[1].value.isClose(to: Tensor([0.45, -0.6])))
    let by = SGD(learningRate: 0.1, weightDecay: 0.5)
    let others = variables()
    by.excludeFromWeightDecay(variables: [others[0]])
    by.apply(gradients, to: others)
    #expect(others[0].value.isClose(to: Tensor([[0.9, -2.1], [3.1, -4.2]])))
    #expect(others[1].value.isClose(to: Tensor([0.425, -0.575])))
  }

  @Test("frozen variables stay as they are, and so do their slots")
  func frozenVariables() {
    let optimizer = Adam(learningRate: 0.1, weightDecay: 0.5, useEMA: true)
    let all = variables()
    all[1].isTrainable = false
    optimizer.apply(gradients, to: all)
    #expect(all[1].value.scalars == [0.5, -0.5])
    #expect(optimizer.variables.last!.value.scalars == [0, 0])
    #expect(all[0].value.scalars != [1, -2, 3, -4])
    #expect(optimizer.iterations == 1)
  }

  @Test("a constraint holds after each update")
  func constraints() {
    let optimizer = SGD(learningRate: 1)
    let all = variables()
    all[0].constraint = { Constraint.nonNegative($0) }
    optimizer.apply(gradients, to: all)
    #expect(all[0].value.scalars == [0, 0, 4, 0])
    #expect(all[1].value.scalars == [0, -1.5])
  }

  @Test("gradients of several steps are averaged to one update")
  func accumulation() {
    let optimizer = SGD(learningRate: 1, gradientAccumulationSteps: 2)
    let x = Variable(Tensor([1, 2]))
    optimizer.apply([Tensor([1, 0])], to: [x])
    #expect(x.value.scalars == [1, 2])
    #expect((optimizer.iterations, optimizer.stepsDone) == (0, 1))
    optimizer.apply([Tensor([3, 1])], to: [x])
    #expect(x.value.scalars == [-1, 1.5])
    #expect((optimizer.iterations, optimizer.stepsDone) == (1, 2))
    optimizer.apply([Tensor([8, 8])], to: [x])
    optimizer.apply([Tensor([0, 0])], to: [x])
    #expect(x.value.scalars == [-5, -2.5])  // the first two steps are forgotten
  }

  @Test("averages follow the variables and replace them at the end")
  func averages() {
    let optimizer = SGD(learningRate: 1, useEMA: true, emaMomentum: 0.75)
    let x = Variable(Tensor([0]))
    for _ in 0..<3 { optimizer.apply([Tensor([-1])], to: [x]) }
    // 1; then 0.75 + 0.25 · 2 = 1.25; then 0.9375 + 0.25 · 3
    #expect(x.value.scalars == [3])
    optimizer.finalizeVariables()
    #expect(x.value.scalars == [1.6875])
  }

  @Test("a gradient that is not finite is not hidden by the global norm")
  func infiniteGradients() {
    let optimizer = SGD(learningRate: 1, globalClipNorm: 1)
    let all = variables()
    optimizer.apply([Tensor([[.infinity, 0], [0, 0]]), Tensor([1, 1])], to: all)
    let found = all[1].value.scalars.map { $0.isNaN }
    #expect(found == [true, true])
  }

  @Test("gradients of zeros are not divided by their norm", arguments: [true, false])
  func zeroGradients(_ isGlobal: Bool) {
    let optimizer =
      isGlobal ? SGD(learningRate: 1, globalClipNorm: 1) : SGD(learningRate: 1, clipNorm: 1)
    let all = variables()
    optimizer.apply([.zeros([2, 2]), .zeros([2])], to: all)
    #expect(all[0].value.scalars == [1, -2, 3, -4])
  }

  @Test("the loss is scaled by what gradients are divided by")
  func lossScale() {
    let optimizer = SGD(learningRate: 1, lossScaleFactor: 8)
    let x = Variable(Tensor([3]))
    let (_, gradients) = valueAndGradient(of: [x]) { optimizer.scaled((x.value * x.value).sum()) }
    optimizer.apply(gradients, to: [x])
    #expect(gradients[0].scalars == [48])
    #expect(x.value.scalars == [-3])
  }

  // MARK: Steps and plans

  @Test("every step after the second runs a plan that was made before")
  func plansAreReused() throws {
    for name in allNames {
      let optimizer = try Optimizer.make(named: name)
      let all = variables()
      func step() {
        let (loss, gradients) = valueAndGradient(of: all) {
          (all[0].value.square().sum() + all[1].value.square().sum()) * 0.1
        }
        optimizer.apply(gradients, to: all)
        _ = loss.item()
      }
      for _ in 0..<3 { step() }
      #expect(Profile.take { for _ in 0..<3 { step() } }.1.plansMade == 0, "\(name)")
    }
  }

  @Test("the update of a variable is one kernel")
  func fusedUpdates() {
    let optimizer = Adam()
    let x = Variable(Tensor.ones([300, 200]).evaluated())
    let gradient = Tensor.ones([300, 200]).evaluated()
    optimizer.apply([gradient], to: [x])
    _ = x.value.evaluated()
    let (_, profile) = Profile.take {
      optimizer.apply([gradient], to: [x])
      _ = x.value.evaluated()
    }
    #expect(profile.kernelCount == 1, "\(profile)")
  }

  @Test("what was read before a step keeps its value")
  func readingBefore() {
    let optimizer = SGD(learningRate: 1)
    let x = Variable(Tensor([1, 2]))
    let before = x.value * 2
    optimizer.apply([Tensor([1, 1])], to: [x])
    #expect(before.scalars == [2, 4])
    #expect(x.value.scalars == [0, 1])
  }

  // MARK: State

  @Test("state has Keras' names and order")
  func stateNames() {
    func names(_ optimizer: Optimizer) -> [String] {
      optimizer.build(for: variables())
      return optimizer.variables.map(\.name)
    }
    #expect(
      names(Adam(amsgrad: true, useEMA: true)) == [
        "iteration", "learning_rate", "dense_kernel_average", "dense_bias_average",
        "dense_kernel_momentum", "dense_kernel_velocity", "dense_bias_momentum",
        "dense_bias_velocity", "dense_kernel_velocity_hat", "dense_bias_velocity_hat",
      ])
    #expect(
      names(RMSprop(momentum: 0.9, centered: true, gradientAccumulationSteps: 2)) == [
        "iteration", "learning_rate", "dense_kernel_gradient_accumulator",
        "dense_bias_gradient_accumulator", "dense_kernel_velocity", "dense_bias_velocity",
        "dense_kernel_momentum", "dense_bias_momentum", "dense_kernel_average_gradient",
        "dense_bias_average_gradient",
      ])
    #expect(
      names(Nadam()) == [
        "iteration", "learning_rate", "dense_kernel_momentum", "dense_kernel_velocity",
        "dense_bias_momentum", "dense_bias_velocity", "u_product",
      ])
    #expect(
      names(SGD(learningRate: CosineDecay(initialLearningRate: 1, decaySteps: 2)))
        == ["iteration"])
    #expect(
      names(Muon()) == [
        "iteration", "learning_rate", "dense_kernel_momentum", "dense_bias_momentum",
        "dense_bias_velocity",
      ])
  }

  @Test("an optimizer goes on from saved state with the same bits", arguments: allNames)
  func resuming(_ name: String) throws {
    let (a, b) = (try Optimizer.make(named: name), try Optimizer.make(named: name))
    let (x, y) = (variables(), variables())
    func step(_ optimizer: Optimizer, _ all: [Variable], _ number: Double) {
      optimizer.apply(gradients.map { $0 * number }, to: all)
    }
    for number in 1...3 { step(a, x, Double(number)) }
    a.learningRate = 1.0 / 7
    b.build(for: y)
    for (from, to) in zip(a.variables + x, b.variables + y) {
      if from.dtype == .int64 {
        to.assign(Tensor(from.value.scalars(of: Int.self), shape: [], dtype: .int64))
      } else {
        to.assign(Tensor(from.value.scalars, shape: from.shape))
      }
    }
    #expect(b.iterations == 3)
    #expect(b.learningRate == a.learningRate)
    for number in 4...6 {
      step(a, x, Double(number))
      step(b, y, Double(number))
    }
    for (x, y) in zip(x, y) { #expect(x.value.isEqual(to: y.value)) }
  }

  @Test("a configuration makes the same optimizer again", arguments: allNames)
  func configurations(_ name: String) throws {
    let made = try Optimizer.make(named: name.lowercased())
    #expect(made.kerasName == name)
    let again = try Optimizer.make(made.configuration)
    #expect(again.configuration == made.configuration)
  }

  @Test("a configuration keeps everything that is not a default")
  func fullConfiguration() throws {
    let optimizer = RMSprop(
      learningRate: PolynomialDecay(initialLearningRate: 0.1, decaySteps: 10), rho: 0.8,
      momentum: 0.5, epsilon: 1e-3, centered: true, weightDecay: 0.1, clipNorm: 2, useEMA: true,
      emaMomentum: 0.5, emaOverwriteFrequency: 7, lossScaleFactor: 2,
      gradientAccumulationSteps: 3, name: "mine")
    let again = try Optimizer.make(optimizer.configuration)
    #expect(again.configuration == optimizer.configuration)
    #expect(again is RMSprop)
    #expect(again.name == "mine")
    #expect(again.schedule?.configuration["decay_steps"] == .int(10))
    #expect(optimizer.configuration["clipnorm"] == .number(2))
  }

  @Test("mistakes in a configuration are thrown")
  func configurationMistakes() throws {
    #expect(throws: Diagnostic.self) { try Optimizer.make(named: "adamm") }
    do {
      _ = try Optimizer.make(named: "adamm")
    } catch {
      #expect(error.expected?.contains("Adadelta, Adafactor, Adagrad, Adam, AdamW") == true)
    }
    let bad: [(String, [String: ConfigurationValue])] = [
      ("SGD", ["momentum": .number(2)]), ("SGD", ["momentum": .string("x")]),
      ("Adam", ["clipnorm": .number(1), "clipvalue": .number(1)]),
      ("Adam", ["clipnorm": .number(0)]), ("Adam", ["ema_momentum": .number(2)]),
      ("Adam", ["gradient_accumulation_steps": .int(1)]),
      ("Adam", ["ema_overwrite_frequency": .int(0)]), ("Ftrl", ["beta": .bool(true)]),
      ("Ftrl", ["learning_rate_power": .number(1)]), ("Lion", ["beta_1": .number(0)]),
      ("Adam", ["learning_rate": .configuration(Configuration("Nothing"))]),
    ]
    for (name, values) in bad {
      #expect(throws: Diagnostic.self, "\(values)") {
        try Optimizer.make(Configuration(name, values))
      }
    }
  }

  // MARK: A user's own

  final class SignDescent: Optimizer {
    override func slots(for variable: Variable) -> [[Slot]] { [["momentum"]] }
    override func update(
      _ weight: Tensor, gradient: Tensor, slots: inout OptimizerSlots, step: OptimizerStep
    ) -> Tensor {
      slots["momentum"] = slots["momentum"] + gradient
      return weight - slots["momentum"].sign() * step.learningRate
    }
  }

  @Test("an optimizer of one's own needs its equation only")
  func ownOptimizer() {
    let optimizer = SignDescent(learningRate: 0.5, clipValue: 1)
    let all = variables()
    optimizer.apply(gradients, to: all)
    optimizer.apply(gradients.map { $0 * -0.5 }, to: all)
    #expect(all[0].value.scalars == [0, -3, 4, -4.5])  // the last is clipped: 1, then 1 − 1
    #expect(optimizer.name == "sign_descent")
    #expect(optimizer.configuration.className == "SignDescent")
  }

  // MARK: Mistakes

  @Test("a gradient of another shape traps before anything changes")
  func wrongShape() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Variable(Tensor([1, 2, 3]), name: "dense/bias")
      SGD().apply([Tensor([[1, 2, 3]])], to: [x])
    }
    expectMessage(
      result,
      """
      OptimizerTests.swift:\(#line - 7): Fatal error: SGD: the gradient of "dense/bias" does not fit it.
        expected float32 [3]
        got      float32 [1, 3]
        fix      give gradients in the order of the variables
      """)
  }

  @Test("too few gradients trap")
  func tooFewGradients() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Adam().apply([], to: [Variable(Tensor([1]))])
    }
    expectMessage(
      result, "Adam: there is not one gradient for each variable.\n  expected 1 gradients")
  }

  @Test("a variable that appears twice traps")
  func repeatedVariable() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Variable(Tensor([1]), name: "a")
      Adam().apply([Tensor([1]), Tensor([1])], to: [x, x])
    }
    expectMessage(result, "Adam: a variable appears twice.\n  got      \"a\" float32 [1]")
  }

  @Test("two ways of clipping trap")
  func twoWaysOfClipping() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Adam(clipNorm: 1, clipValue: 1)
    }
    expectMessage(
      result,
      "OptimizerTests.swift:\(#line - 5): Fatal error: Adam: gradients can be clipped in one way only."
    )
  }

  @Test("variables that come later get slots, and earlier ones keep theirs")
  func lateVariables() {
    let optimizer = SGD(learningRate: 1, momentum: 0.5)
    let all = variables()
    optimizer.apply([gradients[1]], to: [all[1]])
    optimizer.apply(gradients, to: all)
    #expect(all[0].value.scalars == [0, -3, 4, -6])
    #expect(all[1].value.scalars == [-0.75, -3])
    optimizer.build(for: all)
    #expect(
      optimizer.variables.dropFirst(2).map(\.name)
        == ["dense_kernel_momentum", "dense_bias_momentum"])
    #expect(optimizer.variables.last!.value.scalars == [-0.75, -1.5])
    optimizer.build(for: [all[0]])
    #expect(optimizer.variables.count == 4)
  }

  @Test("some of the variables can be updated, and their slots are their own")
  func someVariables() {
    let optimizer = SGD(learningRate: 1, momentum: 0.5)
    let all = variables()
    optimizer.build(for: all)
    optimizer.apply([gradients[1]], to: [all[1]])
    optimizer.apply([gradients[1]], to: [all[1]])
    #expect(all[0].value.scalars == [1, -2, 3, -4])
    #expect(all[1].value.scalars == [-0.75, -3])
  }
}

let allNames = [
  "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
  "Muon", "Nadam", "RMSprop",
]
