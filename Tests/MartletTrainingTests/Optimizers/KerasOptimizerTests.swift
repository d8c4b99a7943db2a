import KerasGoldens
import MartletTensors
import Testing

@testable import MartletTraining

/// Every optimizer over 100 steps of given gradients, against Keras: weights on the way, slots and
/// learning rates at the end.
@Suite struct KerasOptimizerTests {
  static let cases = KerasFamily("optimizers").cases

  @Test("100 steps are Keras'", arguments: cases)
  func steps(_ given: KerasCase) throws {
    let optimizer = try Optimizer.make(given.configuration)
    guard case .list(let described)? = given.fields["variables"] else { return }
    let variables = described.map { value in
      guard case .object(let row) = value else { fatalError("a variable is no object") }
      return Variable(
        given.tensor(row["tensor"]!.asString!), name: row["name"]!.asString!)
    }
    if let constraint = given.fields["constraint"]?.asConfiguration {
      let made = try Constraint(configuration: constraint)
      variables[0].constraint = { made($0) }
    }
    optimizer.excludeFromWeightDecay(names: given.strings("excluded_from_weight_decay"))
    let streams = given.tensors("gradients")
    let steps = given.fields["steps"]!.asInts!
    var expected = given.tensors("outputs")[...]
    var rates: [Double] = []
    for step in 1...steps.last! {
      let rate = optimizer.learningRate
      optimizer.apply(streams.map { $0[step - 1] }, to: variables)
      if !steps.contains(step) { continue }
      rates.append(rate)
      for variable in variables {
        let mistake = given.mistake(in: variable.value, expecting: expected.removeFirst())
        #expect(mistake == nil, "\(given): \"\(variable.name)\" after \(step) steps")
      }
    }
    #expect(expected.isEmpty)
    let wanted = given.tensors("learning_rates")[0].scalars(of: Double.self)
    for (a, b) in zip(rates, wanted) { #expect(abs(a - b) <= 1e-6 * b) }
    let own = optimizer.variables.filter { !["iteration", "learning_rate"].contains($0.name) }
    for (slot, value) in zip(own, given.tensors("slots")) {
      let mistake = given.mistake(in: slot.value, expecting: value)
      #expect(mistake == nil, "\(given): \(slot.name)")
    }
    // Nadam's product has no name of its own in Keras: "variable", numbered.
    let names = given.strings("slot_names").map { $0.hasPrefix("variable") ? "u_product" : $0 }
    #expect(own.map(\.name) == names)
    optimizer.finalizeVariables()
    for (variable, value) in zip(variables, given.tensors("finalized")) {
      #expect(given.mistake(in: variable.value, expecting: value) == nil, "\(given): finalized")
    }
  }
}
