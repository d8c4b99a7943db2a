import MartletTensors

/// Runs a cell over time: input (batch, steps, …), output the last step's, or with
/// `returnSequences` all of them, (batch, steps, …).
///
/// Called with a list [x, state, …] it starts from those states, else from zeros, or from where the
/// last call ended if it is `stateful`. A masked step leaves states and output as they were.
public class RNN: Layer, ConfigurableLayer {
  /// What is done in each step.
  public final let cell: RecurrentCell
  /// How time is run through.
  public final let options: RNNOptions
  private var kept: [Variable]?

  /// Creates the layer.
  public init(
    _ cell: RecurrentCell, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, zeroOutputForMask: Bool = false,
    name: String? = nil
  ) {
    self.cell = cell
    options = RNNOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, zeroOutputForMask: zeroOutputForMask)
    super.init(name: name)
  }

  /// A layer over several cells, one on top of the other.
  public convenience init(
    _ cells: [RecurrentCell], returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, zeroOutputForMask: Bool = false,
    name: String? = nil
  ) {
    self.init(
      StackedRNNCells(cells), returnSequences: returnSequences, returnState: returnState,
      goBackwards: goBackwards, stateful: stateful, zeroOutputForMask: zeroOutputForMask,
      name: name)
  }

  init(cell: RecurrentCell, options: RNNOptions, name: String?) {
    self.cell = cell
    self.options = options
    super.init(name: name)
  }

  public required convenience init(configuration c: Configuration) throws {
    // A list of cells is a stack.
    var nested = c.values["cell"]?.asConfiguration
    if case .list? = c.values["cell"] {
      nested = Configuration("StackedRNNCells", ["cells": c.values["cell"] ?? .null])
    }
    guard let nested, let cell = try Layer.make(from: nested) as? RecurrentCell else {
      throw Diagnostic("RNN", "its configuration names no cell", expected: "a recurrent cell")
    }
    self.init(cell: cell, options: try RNNOptions(c), name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    options.write(to: &c)
    c["cell"] = .configuration(cell.configuration)
    return c
  }

  public override var sublayers: [(name: String, layer: Layer)] { [("cell", cell)] }

  /// A stateful layer makes and forgets the variables of its states while it runs.
  public override var isReplayable: Bool { super.isReplayable && !options.stateful }

  public override func build(inputs: [PartialShape]) throws {
    try require(rank: 3..., inputs[0])
    let step = stepInput(inputs[0])
    let states = try cell.stateShapes(step)
    try cell.build(
      for: [step] + states.map { [nil] + $0 }, dtypes: [dtype] + states.map { _ in dtype })
  }

  private func stepInput(_ input: PartialShape) -> PartialShape {
    [input[0]] + input.dropFirst(2)
  }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    let input = inputs[0]
    try require(rank: 3..., input)
    let states = try cell.stateShapes(stepInput(input))
    if inputs.count != 1 && inputs.count != states.count + 1 {
      throw Diagnostic(
        path, "the number of initial states is not that of the cell",
        expected: "\(states.count)", got: "\(inputs.count - 1)")
    }
    let step = try cell.stepShape(stepInput(input))
    let output = options.returnSequences ? [step[0], input[1]] + step.dropFirst() : step
    return [output] + (options.returnState ? states.map { [input[0]] + $0 } : [])
  }

  public override var supportsMasking: Bool { true }
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    [options.returnSequences ? masks.first ?? nil : nil]
  }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let x = inputs[0]
    let steps = RecurrentSteps(isTraining: context.isTraining)
    let starts = startingStates(inputs, batch: x.shape[0], context)
    let startsAtZero = inputs.count == 1 && !options.stateful
    let (result, states) =
      scanned(x, startsAtZero ? [] : starts, steps, context.mask)
      ?? unrolled(x, starts, steps, context.mask)
    if let kept, !context.isProbing {
      for (variable, state) in zip(kept, states) { variable.assign(state) }
    }
    return [result] + (options.returnState ? states : [])
  }

  /// Step by step: any cell.
  final func unrolled(
    _ x: Tensor, _ starts: [Tensor], _ steps: RecurrentSteps, _ mask: Tensor?
  ) -> (result: Tensor, states: [Tensor]) {
    let (batch, count) = (x.shape[0], x.shape[1])
    var states = starts
    var outputs: [Tensor] = []
    var last: Tensor?
    let order = Array(0..<count)
    for time in options.goBackwards ? order.reversed() : order {
      var (output, next) = cell.step(x[0..., time], states, steps)
      if let mask {
        let counts = mask[0..., time]
        next = zip(next, states).map { choose(counts, $0, $1) }
        // Keras takes the first state for the output before; zeros only where all steps are kept.
        let isZero = options.zeroOutputForMask && options.returnSequences
        // The first state of a stack is not the output's.
        let before = states[0].shape == output.shape ? states[0] : last
        let zeros = Tensor.zeros(output.shape, dtype: output.dtype)
        let otherwise = isZero ? zeros : before ?? zeros
        output = choose(counts, output, otherwise)
      }
      states = next
      if options.returnSequences { outputs.append(output) }
      last = output
    }
    let result =
      options.returnSequences
      ? Tensor.stack(outputs, along: 1) : last ?? emptyOutput(x, batch)
    return (result, states)
  }

  /// Elements of `new` where a sample's step counts, else of `old`.
  private func choose(_ counts: Tensor, _ new: Tensor, _ old: Tensor) -> Tensor {
    let shape = [counts.shape[0]] + [Int](repeating: 1, count: new.rank - 1)
    return Tensor.where(counts.cast(to: .bool).reshaped(to: shape), new, old)
  }

  private func emptyOutput(_ x: Tensor, _ batch: Int) -> Tensor {
    let shape = (try? cell.stepShape([batch] + x.shape.dropFirst(2).map(Optional.some))) ?? []
    return Tensor.zeros(shape.map { $0 ?? 0 }, dtype: x.dtype)
  }

  private func startingStates(
    _ inputs: [Tensor], batch: Int, _ context: CallContext
  ) -> [Tensor] {
    if inputs.count > 1 { return Array(inputs.dropFirst()) }
    let keepsStates = options.stateful && !context.isProbing
    if keepsStates, let kept {
      if let mistake = mistake(batch: batch) {
        trap(mistake, file: context.file, line: context.line)
      }
      return kept.map(\.value)
    }
    let step = [batch] + inputs[0].shape.dropFirst(2).map(Optional.some)
    let shapes = (try? cell.stateShapes(step)) ?? []
    let zeros = shapes.map { shape in
      Tensor.zeros([batch] + shape.map { $0 ?? 0 }, dtype: inputs[0].dtype)
    }
    if keepsStates { kept = zeros.map { Variable($0, name: path + "/state") } }
    return zeros
  }

  /// The states from which a stateful layer goes on; nil where it starts from zeros.
  package final var keptStates: [Tensor]? {
    get { options.stateful ? kept?.map(\.value) : nil }
    set { if options.stateful { resetStates(newValue) } }
  }

  /// What is wrong with a batch of so many samples: a stateful layer goes on from states of another
  /// number.
  package final func mistake(batch count: Int) -> Diagnostic? {
    guard options.stateful, let size = kept?.first?.shape.first, size != count else { return nil }
    return Diagnostic(
      path, "the batch has not the size of the states from which the layer goes on",
      expected: "\(size) samples", got: "\(count)",
      fix: "give batches of one size, or call resetStates() in between")
  }

  /// Lets a stateful layer start from zeros again, or from given states.
  public final func resetStates(_ states: [Tensor]? = nil) {
    kept = states.map { $0.map { Variable($0, name: path + "/state") } }
  }
}

extension Layer {
  /// The stateful recurrent layers inside, in a fixed order: their states are a part of a checkpoint.
  package final var statefulLayers: [RNN] {
    var found: [RNN] = []
    walk { if let layer = $0 as? RNN, layer.options.stateful { found.append(layer) } }
    return found
  }
}

/// How a recurrent layer runs through time.
public struct RNNOptions: Sendable, Equatable {
  /// Whether the output holds all steps, not the last alone.
  public var returnSequences = false
  /// Whether the states after the last step are outputs too.
  public var returnState = false
  /// Whether time is run through from its end; outputs stay in that order.
  public var goBackwards = false
  /// Whether a call starts where the last one ended.
  public var stateful = false
  /// Whether masked steps give zeros, not the output before them.
  public var zeroOutputForMask = false

  init(
    returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
    stateful: Bool = false, zeroOutputForMask: Bool = false
  ) {
    self.returnSequences = returnSequences
    self.returnState = returnState
    self.goBackwards = goBackwards
    self.stateful = stateful
    self.zeroOutputForMask = zeroOutputForMask
  }

  init(_ c: Configuration) throws(Diagnostic) {
    returnSequences = try c.bool("return_sequences", default: false)
    returnState = try c.bool("return_state", default: false)
    goBackwards = try c.bool("go_backwards", default: false)
    stateful = try c.bool("stateful", default: false)
    zeroOutputForMask = try c.bool("zero_output_for_mask", default: false)
  }

  func write(to c: inout Configuration) {
    c["return_sequences"] = .bool(returnSequences)
    c["return_state"] = .bool(returnState)
    c["go_backwards"] = .bool(goBackwards)
    c["stateful"] = .bool(stateful)
    c["zero_output_for_mask"] = .bool(zeroOutputForMask)
  }
}

/// Cells one on top of the other, as one cell.
public final class StackedRNNCells: RecurrentCell, ConfigurableLayer {
  /// The cells, the lowest first.
  public let cells: [RecurrentCell]

  /// Creates the cell from those it is made of, the lowest first; traps if there are none.
  public init(
    _ cells: [RecurrentCell], name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    if cells.isEmpty {
      trap(
        Diagnostic("StackedRNNCells", "there are no cells", expected: "one at least"),
        file: file, line: line)
    }
    self.cells = cells
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let cells = try c.list("cells").compactMap(\.asConfiguration).map {
      try Layer.make(from: $0) as? RecurrentCell
    }
    guard !cells.isEmpty, !cells.contains(where: { $0 == nil }) else {
      throw Diagnostic("StackedRNNCells", "its configuration names no cells")
    }
    self.init(cells.compactMap { $0 })
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["cells"] = .list(cells.map { .configuration($0.configuration) })
    return c
  }

  public override var sublayers: [(name: String, layer: Layer)] {
    listNames("cells", cells)
  }

  public override func build(_ input: PartialShape) throws {
    var shape = input
    for cell in cells {
      let states = try cell.stateShapes(shape)
      try cell.build(
        for: [shape] + states.map { [nil] + $0 }, dtypes: [dtype] + states.map { _ in dtype })
      shape = try cell.stepShape(shape)
    }
  }

  public override func stateShapes(_ input: PartialShape) throws -> [PartialShape] {
    var shape = input
    return try cells.flatMap { cell in
      let states = try cell.stateShapes(shape)
      shape = [shape[0]] + states[0]
      return states
    }
  }

  public override func stepShape(_ input: PartialShape) throws -> PartialShape {
    try cells.reduce(input) { try $1.stepShape($0) }
  }

  public override func step(
    _ x: Tensor, _ states: [Tensor], _ steps: RecurrentSteps
  ) -> (output: Tensor, states: [Tensor]) {
    var (x, rest, next) = (x, states[...], [Tensor]())
    for cell in cells {
      let count = (try? cell.stateShapes(x.shape.map(Optional.some)).count) ?? 1
      let (output, states) = cell.step(x, Array(rest.prefix(count)), steps)
      rest = rest.dropFirst(count)
      next += states
      x = output
    }
    return (x, next)
  }
}
