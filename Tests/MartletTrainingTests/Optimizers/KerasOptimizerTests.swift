import KerasGoldens
import MartletTensors
import Testing

@testable import MartletTraining

/// Every optimizer over 100 steps of given gradients, against Keras: weights on the way, slots and
/// learning rates at the end.
@Suite struct KerasOptimizerTests {
  @Test("100 steps are Keras'", arguments: allNames)
  func steps(_ name: String) throws {
    let cases = try #require(try KerasCase.byClass(["optimizers", "matrix_optimizers"])[name])
    #expect(cases.count >= 10)
    for given in cases { try check(given) }
  }

  private func check(_ given: KerasCase) throws {
    let optimizer = try Optimizer.make(given.configuration)
    let variables = try given.list("variables").map { described in
      guard case .object(let row) = described, let name = row["name"]?.asString,
        let start = row["tensor"]?.asString
      else { throw KerasFileError(what: "\(given.name): \(described) is no variable") }
      return Variable(try given.tensor(start), name: name)
    }
    if let constraint = given.row["constraint"]?.asConfiguration {
      let made = try Constraint(configuration: constraint)
      variables[0].constraint = { made($0) }
    }
    optimizer.excludeFromWeightDecay(
      names: given.list("excluded_from_weight_decay").compactMap(\.asString))
    let streams = try given.tensors("gradients")
    let steps = try #require(given.row["steps"]?.asInts)
    #expect(steps.last == 100, "\(given.name)")
    var outputs: [Tensor] = []
    var rates: [Double] = []
    for step in 1...(steps.last ?? 1) {
      let rate = optimizer.learningRate
      optimizer.apply(streams.map { $0[step - 1] }, to: variables)
      if !steps.contains(step) { continue }
      rates.append(rate)
      outputs += variables.map { $0.value.evaluated() }
    }
    #expect(try given.failures(outputs, "outputs") == [])
    let rateTensor = Tensor(rates.map { Float($0) }, shape: [rates.count])
    #expect(try given.failures([rateTensor], "learning_rates") == [])
    let own = optimizer.variables.filter { !["iteration", "learning_rate"].contains($0.name) }
    #expect(try given.failures(own.map(\.value), "slots") == [])
    // Nadam's product has no name of its own in Keras: "variable", numbered.
    let names = given.list("slot_names").compactMap(\.asString).map {
      $0.hasPrefix("variable") ? "u_product" : $0
    }
    // Adafactor's rows and columns have the variable's own name there.
    let ownNames = own.map { slot in
      ["_row", "_column"].first { slot.name.hasSuffix($0) }
        .map { String(slot.name.dropLast($0.count)) } ?? slot.name
    }
    #expect(ownNames == names)
    if given.row["finalized"] == nil { return }
    optimizer.finalizeVariables()
    #expect(try given.failures(variables.map(\.value), "finalized") == [])
  }
}
