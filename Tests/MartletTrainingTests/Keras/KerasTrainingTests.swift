import KerasGoldens
import MartletLayers
import MartletTensors
import MartletTraining
import Testing

/// Losses, metrics, optimizers and schedules against Keras.
@Suite struct KerasTrainingTests {
  static let losses = cases("losses")
  static let metrics = cases("metrics")
  static let optimizers = cases("optimizers")
  static let schedules = cases("schedules")

  private static func cases(_ family: String) -> [String: [KerasCase]] {
    (try? KerasCase.byClass([family])) ?? [:]
  }

  @Test(arguments: losses.keys.sorted())
  func `a loss and its gradient are Keras'`(className: String) throws {
    for golden in Self.losses[className] ?? [] {
      let loss = try Loss(configuration: golden.configuration)
      let inputs = try golden.tensors("inputs")
      let weight = try golden.optionalTensor("sample_weight")
      let mask = try golden.optionalTensor("mask")
      let value = loss(inputs[0], inputs[1], sampleWeight: weight, mask: mask)
      report(try golden.failures([value], "outputs"))
      let cotangent = try golden.tensors("cotangents").first
      let slope = gradient(at: inputs[1]) { prediction in
        let value = loss(inputs[0], prediction, sampleWeight: weight, mask: mask)
        return cotangent.map { (value * $0).sum() } ?? value
      }
      report(try golden.failures([slope], "input_gradients"))
    }
  }

  @Test(arguments: metrics.keys.sorted())
  func `a metric gives Keras' results in every stream`(className: String) throws {
    for golden in Self.metrics[className] ?? [] {
      let metric = try Metric.configured(by: golden.configuration)
      // Twice: nothing of the first stream may be left after a reset.
      for _ in 0..<2 {
        metric.reset()
        report(try golden.failures(try results(metric, golden), "outputs"))
      }
    }
  }

  private func results(_ metric: Metric, _ golden: KerasCase) throws -> [Tensor] {
    try golden.list("updates").map { update in
      guard case .object(let update) = update, case .list(let names)? = update["inputs"] else {
        throw KerasFileError(what: "\(golden.name): an update without inputs")
      }
      let inputs = try names.compactMap(\.asString).map(golden.tensor)
      let weight = try update["sample_weight"]?.asString.map(golden.tensor)
      let mask = try update["mask"]?.asString.map(golden.tensor)
      switch metric {
      case let mean as Mean where inputs.count == 1: mean.update(inputs[0], sampleWeight: weight)
      case let sum as Sum where inputs.count == 1: sum.update(inputs[0], sampleWeight: weight)
      default: metric.update(inputs[0], inputs[1], sampleWeight: weight, mask: mask)
      }
      return metric.result()
    }
  }

  @Test(arguments: optimizers.keys.sorted())
  func `an optimizer takes Keras' hundred steps`(className: String) throws {
    for golden in Self.optimizers[className] ?? [] {
      report(try OptimizerRun(golden).failures())
    }
  }

  @Test(arguments: schedules.keys.sorted())
  func `a schedule gives Keras' rates`(className: String) throws {
    for golden in Self.schedules[className] ?? [] {
      let schedule = try LearningRateSchedules.make(golden.configuration)
      let steps = golden.row["steps"]?.asInts ?? []
      let rates = Tensor(steps.map { Float(schedule(Int($0))) })
      report(try golden.failures([rates], "outputs"))
    }
  }

  @Test func `there are enough cases of each kind`() {
    #expect(Self.losses.count >= 20)
    for (name, cases) in Self.losses { #expect(cases.count >= 8, "\(name)") }
    #expect(Self.metrics.count >= 40)
    for (name, cases) in Self.metrics { #expect(cases.count >= 5, "\(name)") }
    #expect(Self.optimizers.count >= 11)
    for (name, cases) in Self.optimizers { #expect(cases.count >= 8, "\(name)") }
    #expect(Self.schedules.count >= 6)
  }

  private func report(_ failures: [String]) {
    for failure in failures { Issue.record("\(failure)") }
  }
}

/// A hundred steps with given gradients.
private struct OptimizerRun {
  let golden: KerasCase

  init(_ golden: KerasCase) { self.golden = golden }

  func failures() throws -> [String] {
    let optimizer = try Optimizer.make(golden.configuration)
    let variables = try golden.list("variables").map { entry in
      guard case .object(let entry) = entry, let name = entry["name"]?.asString,
        let tensor = entry["tensor"]?.asString
      else { throw KerasFileError(what: "\(golden.name): a variable without name or tensor") }
      return Variable(try golden.tensor(tensor), name: name)
    }
    if let given = golden.row["constraint"]?.asConfiguration {
      let constraint = try Constraint(configuration: given)
      variables[0].constraint = { constraint($0) }
    }
    let names = golden.list("excluded_from_weight_decay").compactMap(\.asString)
    if !names.isEmpty { optimizer.excludeFromWeightDecay(names: names) }
    let gradients = try golden.tensors("gradients")
    let recorded = golden.row["steps"]?.asInts ?? []
    var outputs: [Tensor] = []
    var rates: [Float] = []
    for step in 1...100 {
      if recorded.contains(step) { rates.append(Float(optimizer.learningRate)) }
      optimizer.apply(gradients.map { $0[step - 1] }, to: variables)
      if recorded.contains(step) { outputs += variables.map { $0.value.evaluated() } }
    }
    var failures = try golden.failures(outputs, "outputs")
    failures += try golden.failures([Tensor(rates)], "learning_rates")
    let hasRate = optimizer.schedule == nil
    let slots = optimizer.variables.dropFirst(hasRate ? 2 : 1)
    failures += try golden.failures(slots.map(\.value), "slots")
    optimizer.finalizeVariables()
    if golden.row["finalized"] != nil {
      failures += try golden.failures(variables.map(\.value), "finalized")
    }
    return failures
  }
}
