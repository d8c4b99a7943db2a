/// A step with its plan, and what each of the plan's leaves stands for.
final class HeldStep {
  /// Which step can be replayed for another, as far as the process and the thread go.
  struct Moment: Equatable {
    let kind: Int
    let settings: PlanSettings
    /// How often all plans were forgotten.
    let plans: Int

    init(_ kind: Int, _ recorder: Recorder) {
      self.kind = kind
      settings = PlanSettings(recorder)
      plans = PlanCache.shared.generation
    }
  }

  /// Variables as they are before a step.
  struct Start {
    let variables: [Variable]
    let nodes: [Node]
    /// Whether nobody else holds a variable's value: its memory may be overwritten.
    let isAlone: [Bool]
    let isKnown: Bool

    init(_ variables: [Variable]) {
      self.variables = variables
      nodes = variables.map { $0.latest.node }
      (isAlone, isKnown) = graphLock.withLock {
        (variables.map { $0.isAlone }, variables.allSatisfy { $0.latest.node.storage != nil })
      }
    }

    func isSame(as others: [Variable]) -> Bool { variables.elementsEqual(others, by: ===) }
  }

  /// What a leaf of the plan stands for.
  private enum Binding {
    case input(Int)
    case variable(Int)
    /// A tensor that is the same in every step.
    case fixed(Node)
    /// A number that is the same in every step.
    case number(UInt64, UInt64)
    case scalar(Int)
    case draw(Int)
  }

  let moment: Moment
  let seen: ChangesSeen
  private let inputTypes: [TensorType]
  /// For each input, the first that is the same tensor.
  private let inputAliases: [Int]
  private let plan: Plan
  private let bindings: [Binding]
  /// The variables that the step reads or assigns.
  private let variables: [Variable]
  /// For each of them, whether nobody else held its value; nil for those that are only read.
  private let wasAlone: [Bool?]
  /// Which variable gets which output, and whether it may keep its node: nobody else has the node or
  /// the output, so that nobody sees a value change.
  private let assigned: [(variable: Int, output: Int, keepsNode: Bool)]
  private let results: [Int]
  private let outputTypes: [TensorType]
  private let scalars: [(dtype: DType, formula: () -> Double)]
  private let draws: [RandomSource]
  /// What counts the step, and the phase for which it was recorded.
  private let counters: [(counter: any StepCounter, phase: Int)]

  /// Nil if the step cannot be replayed.
  init?(
    _ moment: Moment, _ seen: ChangesSeen, _ inputs: [Tensor], _ start: Start,
    _ recording: StepRecording, _ found: [Tensor]
  ) {
    guard start.isKnown, let evaluation = recording.evaluation else { return nil }
    // A constant is no leaf of the plan that could be bound to another value.
    if inputs.contains(where: \.node.isConstant) { return nil }
    self.moment = moment
    self.seen = seen
    let plan = evaluation.plan
    self.plan = plan
    inputTypes = inputs.map(\.type)
    inputAliases = HeldStep.aliases(inputs)
    scalars = recording.scalars.map { ($0.dtype, $0.formula) }
    draws = recording.draws.map(\.source)
    counters = recording.counters

    var outputs: [ObjectIdentifier: Int] = [:]
    for (index, output) in evaluation.outputs.enumerated() {
      outputs[ObjectIdentifier(output)] = index
    }
    outputTypes = evaluation.outputs.map(\.type)
    var taken = Set<Int>()
    var results: [Int] = []
    for tensor in found {
      guard let output = outputs[ObjectIdentifier(tensor.node)] else { return nil }
      results.append(output)
      taken.insert(output)
    }
    self.results = results
    var assigned: [(variable: Int, output: Int)] = []
    var isAssigned = [Bool](repeating: false, count: start.variables.count)
    for (index, variable) in start.variables.enumerated() {
      let node = variable.latest.node
      if node === start.nodes[index] { continue }
      guard let output = outputs[ObjectIdentifier(node)] else { return nil }
      assigned.append((index, output))
      isAssigned[index] = true
      taken.insert(output)
    }
    // What is somebody else's is computed once.
    let isForeign = graphLock.withLock {
      evaluation.outputs.indices.contains {
        !taken.contains($0) && evaluation.outputs[$0].holders > 0
      }
    }
    if isForeign { return nil }

    var known: [ObjectIdentifier: Binding] = [:]
    for (index, node) in start.nodes.enumerated() {
      if known.updateValue(.variable(index), forKey: ObjectIdentifier(node)) != nil { return nil }
    }
    for (index, input) in inputs.enumerated() where inputAliases[index] == index {
      if known.updateValue(.input(index), forKey: ObjectIdentifier(input.node)) != nil {
        return nil
      }
    }
    for (index, scalar) in recording.scalars.enumerated() {
      known[ObjectIdentifier(scalar.node)] = .scalar(index)
    }
    for (index, draw) in recording.draws.enumerated() {
      known[ObjectIdentifier(draw.node)] = .draw(index)
    }
    var bindings: [Binding] = []
    var isUsed = isAssigned
    for (index, leaf) in evaluation.leaves.enumerated() {
      var binding = known[ObjectIdentifier(leaf)]
      if binding == nil {
        binding =
          (leaf.operation as? Constant).map { .number($0.bits.0, $0.bits.1) } ?? .fixed(leaf)
      }
      if case .variable(let variable)? = binding {
        isUsed[variable] = true
        if evaluation.donated[index], !isAssigned[variable] || !start.isAlone[variable] {
          return nil
        }
      } else if evaluation.donated[index] {
        return nil
      }
      if let binding { bindings.append(binding) }
    }
    // Variables that the step does not touch are left out.
    var places = [Int](repeating: -1, count: isUsed.count)
    var variables: [Variable] = []
    var wasAlone: [Bool?] = []
    for (index, variable) in start.variables.enumerated() where isUsed[index] {
      places[index] = variables.count
      variables.append(variable)
      wasAlone.append(isAssigned[index] ? start.isAlone[index] : nil)
    }
    self.variables = variables
    self.wasAlone = wasAlone
    self.assigned = assigned.map { entry in
      let takers =
        assigned.count { $0.output == entry.output } + results.count { $0 == entry.output }
      var isNew = false
      if case .output = plan.results[entry.output] { isNew = true }
      return (
        places[entry.variable], entry.output,
        start.isAlone[entry.variable] && takers == 1 && isNew
      )
    }
    self.bindings = bindings.map {
      if case .variable(let variable) = $0 { .variable(places[variable]) } else { $0 }
    }
  }

  private static func aliases(_ inputs: [Tensor]) -> [Int] {
    inputs.indices.map { index in
      inputs.firstIndex { $0.node === inputs[index].node } ?? index
    }
  }

  /// Whether inputs are of the shapes and types that the step was recorded for, and what counts it is
  /// in the same phase.
  func fits(_ inputs: [Tensor]) -> Bool {
    if inputs.count != inputTypes.count { return false }
    for (counter, phase) in counters where counter.phase != phase { return false }
    for (index, input) in inputs.enumerated() {
      let (type, node) = (inputTypes[index], input.node)
      if node.type.dtype != type.dtype || node.type.shape != type.shape { return false }
      for earlier in 0..<index where inputs[earlier].node === node {
        if inputAliases[index] != earlier { return false }
        break
      }
      if inputAliases[index] < index, inputs[inputAliases[index]].node !== node { return false }
    }
    return true
  }

  /// Whether another recording would be replayed in the same way.
  func isAlike(_ other: HeldStep) -> Bool {
    plan === other.plan && moment == other.moment && results == other.results
      && inputAliases == other.inputAliases && wasAlone == other.wasAlone
      && inputTypes.elementsEqual(other.inputTypes) { $0.shape == $1.shape && $0.dtype == $1.dtype }
      && variables.elementsEqual(other.variables, by: ===)
      && draws.elementsEqual(other.draws, by: ===)
      && counters.elementsEqual(other.counters) {
        $0.counter === $1.counter && $0.phase == $1.phase
      }
      && scalars.elementsEqual(other.scalars) { $0.dtype == $1.dtype }
      && assigned.elementsEqual(other.assigned, by: ==)
      && bindings.elementsEqual(other.bindings) {
        switch ($0, $1) {
        case (.input(let a), .input(let b)): a == b
        case (.variable(let a), .variable(let b)): a == b
        case (.fixed(let a), .fixed(let b)): a === b
        case (.number(let a, let b), .number(let c, let d)): a == c && b == d
        case (.scalar(let a), .scalar(let b)): a == b
        case (.draw(let a), .draw(let b)): a == b
        default: false
        }
      }
  }

  /// Runs the step; nil if somebody holds values that it would overwrite, or other ones than before.
  func replay(_ inputs: [Tensor], _ recorder: Recorder) -> [Tensor]? {
    var storages = [Storage?](repeating: nil, count: bindings.count)
    switch bind(&storages, inputs) {
    case .done: break
    case .holdersDiffer: return nil
    case .pending(let node):
      Evaluation.run([node], recorder: recorder)
      guard case .done = bind(&storages, inputs) else { return nil }
    }
    let keys = draws.map { $0.nextKey() }
    for (counter, _) in counters { counter.moveToPresent() }
    var failed = false
    let outputs = plan.replay(storages, profile: recorder.profile) { words in
      var next = 0
      for binding in bindings {
        switch binding {
        case .number(let low, let high): (words[next], words[next + 1]) = (low, high)
        case .scalar(let index):
          let (dtype, formula) = scalars[index]
          (words[next], words[next + 1]) = (dtype.bits(of: formula()), 0)
        case .draw(let index): (words[next], words[next + 1]) = keys[index]
        case .input, .variable, .fixed: continue
        }
        next += 2
      }
    } failed: { _, _, _ in
      failed = true
    }
    // Recording it anew finds the mistake again, with the operation and the values to name.
    if failed { return nil }
    let results = publish(storages, outputs)
    for (counter, _) in counters { counter.stepsDone += 1 }
    return results
  }

  private enum Bound {
    case done, holdersDiffer
    case pending(Node)
  }

  /// Finds the memory of the leaves.
  private func bind(_ storages: inout [Storage?], _ inputs: [Tensor]) -> Bound {
    graphLock.lock()
    defer { graphLock.unlock() }
    for (variable, wasAlone) in zip(variables, wasAlone) {
      let node = variable.latest.node
      if !node.isKnown { return .pending(node) }
      if let wasAlone, wasAlone != variable.isAlone { return .holdersDiffer }
    }
    for (index, binding) in bindings.enumerated() {
      let node: Node
      switch binding {
      case .input(let input): node = inputs[input].node
      case .variable(let variable): node = variables[variable].latest.node
      case .fixed(let fixed): node = fixed
      case .number, .scalar, .draw: continue
      }
      guard let storage = node.storage else {
        // The value is a constant without memory: another plan.
        return node.isKnown ? .holdersDiffer : .pending(node)
      }
      storages[index] = storage
    }
    return .done
  }

  /// Gives the variables their values, and returns the results.
  private func publish(_ storages: [Storage?], _ outputs: [Storage]) -> [Tensor] {
    var tensors = [Tensor?](repeating: nil, count: outputTypes.count)
    func tensor(_ output: Int) -> Tensor {
      if let known = tensors[output] { return known }
      let storage =
        switch plan.results[output] {
        case .output(let index): outputs[index]
        case .leaf(let leaf): storages[leaf]!
        }
      let made = Tensor(storage: storage, type: outputTypes[output])
      tensors[output] = made
      return made
    }
    graphLock.lock()
    for (variable, output, keepsNode) in assigned {
      if keepsNode, case .output(let index) = plan.results[output] {
        variables[variable].latest.node.storage = outputs[index]
      } else {
        _ = variables[variable].exchange(tensor(output))
      }
    }
    graphLock.unlock()
    return results.map { tensor($0) }
  }
}
