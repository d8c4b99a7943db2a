import MartletTensors
import Testing

@testable import MartletTraining

/// Schedules against Keras 3.15.1 (JAX, float64) and, for `OneCycle`, PyTorch 2.13.
@Suite struct LearningRateScheduleTests {
  struct Case: Sendable {
    let schedule: any LearningRateSchedule
    let rates: [Int: Double]
  }

  @Test("schedules give Keras' rates", arguments: cases)
  func rates(_ given: Case) {
    for (step, rate) in given.rates {
      let found = given.schedule(step)
      #expect(
        abs(found - rate) <= 1e-11 * max(rate, 0.01), "\(given.schedule) at \(step): \(found)")
    }
  }

  @Test("a configuration makes the same schedule again", arguments: cases)
  func configurations(_ given: Case) throws {
    let again = try LearningRateSchedules.make(given.schedule.configuration)
    #expect(again.configuration == given.schedule.configuration)
    for step in given.rates.keys { #expect(again(step) == given.schedule(step)) }
  }

  @Test("a restart comes at its step, not one later")
  func restarts() {
    // Sums of powers: with steps of 10 and a factor of 3, restarts at 10, 40, 130, 400, 1210.
    let schedule = CosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 10, tMul: 3)
    for step in [10, 40, 130, 400, 1210, 3640] { #expect(schedule(step) == 1, "\(step)") }
    for step in [9, 39, 129, 399, 1209, 3639] { #expect(schedule(step) < 0.03, "\(step)") }
  }

  @Test("mistakes in a configuration are thrown")
  func mistakes() {
    let bad: [Configuration] = [
      Configuration("Nothing"), Configuration("CosineDecay"),
      Configuration(
        "CosineDecay", ["initial_learning_rate": .number(1), "decay_steps": .int(0)]),
      Configuration(
        "PiecewiseConstantDecay", ["boundaries": .ints([1, 2]), "values": .numbers([1, 2])]),
      Configuration(
        "PiecewiseConstantDecay", ["boundaries": .ints([2, 1]), "values": .numbers([1, 2, 3])]),
      Configuration(
        "CosineDecayRestarts",
        ["initial_learning_rate": .number(1), "first_decay_steps": .int(1), "t_mul": .number(0.5)]),
      Configuration(
        "OneCycle",
        ["max_learning_rate": .number(1), "total_steps": .int(1), "warmup_fraction": .number(2)]),
    ]
    for configuration in bad {
      #expect(throws: Diagnostic.self) { try LearningRateSchedules.make(configuration) }
    }
  }

  @Test("a number of steps that is not positive traps")
  func noSteps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CosineDecay(initialLearningRate: 1, decaySteps: 0)
    }
    expectMessage(
      result,
      """
      LearningRateScheduleTests.swift:\(#line - 6): Fatal error: CosineDecay: decaySteps is out of range.
        expected 1 or more
        got      0
      """)
  }

  @Test("a part of a step is read from a file")
  func fractionalSteps() throws {
    // 60,000 images in batches of 128 are 468.75.
    let schedule = try LearningRateSchedules.make(
      Configuration(
        "CosineDecay", ["initial_learning_rate": .number(1), "decay_steps": .number(468.75)]))
    #expect(schedule(469) == 0)
    #expect(schedule.configuration["decay_steps"] == .number(468.75))
  }

  struct Halving: LearningRateSchedule {
    func learningRate(at step: Int) -> Double { 1 / Double(1 << step) }
  }

  @Test("a schedule of one's own is one function")
  func ownSchedule() {
    let optimizer = SGD(learningRate: Halving())
    let x = Variable(Tensor([0]))
    for _ in 0..<3 { optimizer.apply([Tensor([1])], to: [x]) }
    #expect(x.value.scalars == [-1.75])
    #expect(Halving().configuration.className == "Halving")
  }

  static let cases = [
    Case(
      schedule: ExponentialDecay(initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5),
      rates: [0: 0.1, 5: 0.0707106781187, 10: 0.05, 25: 0.0176776695297]),
    Case(
      schedule: ExponentialDecay(
        initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5, staircase: true),
      rates: [0: 0.1, 5: 0.1, 10: 0.05, 25: 0.025]),
    Case(
      schedule: InverseTimeDecay(initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5),
      rates: [0: 0.1, 5: 0.08, 10: 0.0666666666667, 25: 0.0444444444444]),
    Case(
      schedule: InverseTimeDecay(
        initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5, staircase: true),
      rates: [0: 0.1, 5: 0.1, 10: 0.0666666666667, 25: 0.05]),
    Case(
      schedule: PolynomialDecay(initialLearningRate: 0.1, decaySteps: 16, power: 2),
      rates: [0: 0.1, 8: 0.025075, 16: 0.0001, 40: 0.0001]),
    Case(
      schedule: PolynomialDecay(
        initialLearningRate: 0.1, decaySteps: 16, power: 0.5, cycle: true),
      rates: [
        0: 0.1, 8: 0.0707399674405, 16: 0.0001, 17: 0.0684968543685, 40: 0.0408840042173,
      ]),
    Case(
      schedule: PiecewiseConstantDecay(boundaries: [5, 20], values: [1, 0.5, 0.1]),
      rates: [0: 1, 5: 1, 6: 0.5, 20: 0.5, 21: 0.1]),
    Case(
      schedule: CosineDecay(initialLearningRate: 0.1, decaySteps: 100, alpha: 0.25),
      rates: [0: 0.1, 25: 0.0890165042945, 50: 0.0625, 100: 0.025, 200: 0.025]),
    Case(
      schedule: CosineDecay(
        initialLearningRate: 0.1, decaySteps: 100, warmupTarget: 0.5, warmupSteps: 10),
      rates: [0: 0.1, 5: 0.3, 10: 0.5, 60: 0.25, 110: 0, 300: 0]),
    Case(
      schedule: CosineDecayRestarts(initialLearningRate: 0.1, firstDecaySteps: 10),
      rates: [
        0: 0.1, 5: 0.05, 9: 0.00244717418524, 10: 0.1, 29: 0.000615582970243, 30: 0.1,
        69: 0.000154133313344, 70: 0.1,
      ]),
    Case(
      schedule: CosineDecayRestarts(
        initialLearningRate: 0.1, firstDecaySteps: 10, tMul: 1, mMul: 0.5, alpha: 0.1),
      rates: [0: 0.1, 5: 0.055, 10: 0.055, 29: 0.0105506141917, 30: 0.02125]),
    Case(
      schedule: CosineDecayRestarts(
        initialLearningRate: 0.1, firstDecaySteps: 13, tMul: 1.5, mMul: 0.8),
      rates: [
        12: 0.0014529091287, 13: 0.08, 33: 0.0639538678581, 100: 0.00204852624233,
        500: 0.0147069428194,
      ]),
    Case(
      schedule: OneCycle(maxLearningRate: 0.1, totalSteps: 100),
      rates: [
        0: 0.004, 10: 0.029516394846410082, 28: 0.09971862194340926, 29: 0.1,
        30: 0.09994965352845243, 50: 0.0793893450575732, 98: 5.07464715475788e-05, 99: 4e-07,
        500: 4e-07,
      ]),
  ]
}
