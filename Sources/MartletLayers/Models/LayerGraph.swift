import MartletTensors

/// The calls of a functional model between its inputs and its outputs, in the order they run.
struct LayerGraph {
  let inputs: [SymbolicTensor]
  let outputs: [SymbolicTensor]
  /// One for each call, inputs before those that need them.
  let calls: [LayerCall]
  /// Each layer once, in Keras' order: by depth, then by first visit from the outputs.
  let layers: [Layer]
  /// For each input, the layers that are called on it, and as which of their own inputs.
  let readers: [[(layer: Layer, input: Int)]]
  private let steps: [Step]
  private let slotCount: Int
  private let outputSlots: [Int]

  private struct Step {
    let layer: Layer
    let inputs: [Int]
    let outputs: [Int]
    /// The inputs whose last reader this is.
    let last: [Int]
  }

  /// Throws the first mistake made while the tensors were wired, or names an input that was
  /// forgotten.
  init(inputs: [SymbolicTensor], outputs: [SymbolicTensor], owner: String) throws {
    if let failure = outputs.lazy.compactMap(\.failure).first { throw failure }
    if inputs.isEmpty || outputs.isEmpty {
      throw Diagnostic(
        owner, "a model needs inputs and outputs", expected: "at least one of each",
        got: "\(inputs.count) inputs, \(outputs.count) outputs")
    }
    self.inputs = inputs
    self.outputs = outputs
    let calls = try LayerGraph.ordered(inputs, outputs, owner)
    self.calls = calls

    readers = inputs.map { input in
      calls.flatMap { call in
        call.inputs.enumerated().compactMap { place, read in
          read.call === input.call && read.index == input.index ? (call.layer, place) : nil
        }
      }
    }

    var slots: [ObjectIdentifier: [Int: Int]] = [:]
    var next = 0
    func slot(_ call: LayerCall, _ index: Int) -> Int {
      if let found = slots[ObjectIdentifier(call)]?[index] { return found }
      slots[ObjectIdentifier(call), default: [:]][index] = next
      next += 1
      return next - 1
    }
    for input in inputs { _ = slot(input.call, input.index) }
    let isInput = Set(inputs.map { ObjectIdentifier($0.call) })
    var wired: [(layer: Layer, inputs: [Int], outputs: [Int])] = []
    for call in calls where !isInput.contains(ObjectIdentifier(call)) {
      let count = Swift.max(call.outputs.count, (call.outputs.map(\.index).max() ?? 0) + 1)
      wired.append(
        (
          call.layer, call.inputs.map { slot($0.call, $0.index) },
          (0..<count).map { slot(call, $0) }
        ))
    }
    let outputSlots = outputs.map { slot($0.call, $0.index) }
    var lastReader: [Int: Int] = [:]
    for (index, step) in wired.enumerated() {
      for input in step.inputs { lastReader[input] = index }
    }
    for output in outputSlots { lastReader[output] = nil }
    steps = wired.enumerated().map { index, step in
      Step(
        layer: step.layer, inputs: step.inputs, outputs: step.outputs,
        last: Set(step.inputs).filter { lastReader[$0] == index }.sorted())
    }
    self.outputSlots = outputSlots
    slotCount = next
    layers = LayerGraph.layersByDepth(calls, outputs)
  }

  /// The outputs' values and masks.
  ///
  /// Values are let go after their last reader.
  func run(_ values: [Tensor], _ context: CallContext) -> (outputs: [Tensor], masks: [Tensor?]) {
    var slots = [(tensor: Tensor, mask: Tensor?)?](repeating: nil, count: slotCount)
    for (index, value) in values.enumerated() {
      slots[index] = (value, index < context.masks.count ? context.masks[index] : nil)
    }
    for step in steps {
      let inputs = step.inputs.map { slots[$0]! }
      let (outputs, masks) = step.layer.run(
        inputs.map(\.tensor), context.with(masks: inputs.map(\.mask)))
      for (index, slot) in step.outputs.enumerated() where index < outputs.count {
        slots[slot] = (outputs[index], masks[index])
      }
      for slot in step.last { slots[slot] = nil }
    }
    let found = outputSlots.map { slots[$0]! }
    return (found.map(\.tensor), found.map(\.mask))
  }

  /// The output shapes for other input shapes than those the model was wired with.
  func outputShapes(_ shapes: [PartialShape]) throws -> [PartialShape] {
    var slots = [PartialShape?](repeating: nil, count: slotCount)
    for (index, shape) in shapes.enumerated() { slots[index] = shape }
    for step in steps {
      let found = try step.layer.outputShapes(step.inputs.map { slots[$0]! })
      for (index, slot) in step.outputs.enumerated() where index < found.count {
        slots[slot] = found[index]
      }
    }
    return outputSlots.map { slots[$0]! }
  }

  /// The calls that the outputs need, inputs first; without recursion, since models can be deep.
  private static func ordered(
    _ inputs: [SymbolicTensor], _ outputs: [SymbolicTensor], _ owner: String
  ) throws -> [LayerCall] {
    let given = Set(inputs.map { ObjectIdentifier($0.call) })
    var done = Set<ObjectIdentifier>()
    var order: [LayerCall] = []
    var stack: [(call: LayerCall, next: Int)] = []
    for input in inputs where done.insert(ObjectIdentifier(input.call)).inserted {
      order.append(input.call)
    }
    for output in outputs {
      if !done.contains(ObjectIdentifier(output.call)) { stack.append((output.call, 0)) }
      while let (call, next) = stack.last {
        if done.contains(ObjectIdentifier(call)) {
          stack.removeLast()
        } else if next < call.inputs.count, !given.contains(ObjectIdentifier(call)) {
          stack[stack.count - 1].next += 1
          let input = call.inputs[next].call
          if !done.contains(ObjectIdentifier(input)) { stack.append((input, 0)) }
        } else {
          if call.layer is InputLayer, !given.contains(ObjectIdentifier(call)) {
            throw Diagnostic(
              owner, "an output depends on an input that the model does not have",
              expected: "every Input in inputs", got: "\"\(call.layer.name)\" is missing",
              fix: "add it to Model(inputs:outputs:)")
          }
          done.insert(ObjectIdentifier(call))
          order.append(call)
          stack.removeLast()
        }
      }
    }
    return order
  }

  /// Keras' order of layers: the longest way to an output first; layers of one depth in the order
  /// in which a walk from the outputs, inputs before their readers, meets them.
  private static func layersByDepth(
    _ calls: [LayerCall], _ outputs: [SymbolicTensor]
  ) -> [Layer] {
    var visit: [ObjectIdentifier: Int] = [:]
    var seen = Set<ObjectIdentifier>()
    // Keras numbers a layer when the walk first reaches it, before its inputs.
    var stack: [LayerCall] = outputs.reversed().map(\.call)
    while let call = stack.popLast() {
      guard seen.insert(ObjectIdentifier(call)).inserted else { continue }
      let layer = ObjectIdentifier(call.layer)
      if visit[layer] == nil { visit[layer] = visit.count }
      for input in call.inputs.reversed() { stack.append(input.call) }
    }
    for call in calls where visit[ObjectIdentifier(call.layer)] == nil {
      visit[ObjectIdentifier(call.layer)] = visit.count
    }
    var depth: [ObjectIdentifier: Int] = [:]
    var layerDepth: [ObjectIdentifier: Int] = [:]
    for call in calls.reversed() {
      let here = Swift.max(
        depth[ObjectIdentifier(call), default: 0], layerDepth[ObjectIdentifier(call.layer)] ?? 0)
      depth[ObjectIdentifier(call)] = here
      layerDepth[ObjectIdentifier(call.layer)] = here
      for input in call.inputs {
        let key = ObjectIdentifier(input.call)
        depth[key] = Swift.max(depth[key, default: 0], here + 1)
      }
    }
    for call in calls where call.layer is InputLayer {
      // Keras keeps inputs at the depth their readers give them.
      layerDepth[ObjectIdentifier(call.layer)] = depth[ObjectIdentifier(call), default: 0]
    }
    var layers: [Layer] = []
    var listed = Set<ObjectIdentifier>()
    for call in calls where listed.insert(ObjectIdentifier(call.layer)).inserted {
      layers.append(call.layer)
    }
    return layers.sorted {
      let (a, b) = (ObjectIdentifier($0), ObjectIdentifier($1))
      let (da, db) = (layerDepth[a, default: 0], layerDepth[b, default: 0])
      return da != db ? da > db : visit[a]! < visit[b]!
    }
  }
}
