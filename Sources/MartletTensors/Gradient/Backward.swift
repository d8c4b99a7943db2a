/// What a gradient rule may use: the gradient of the operation's result, the result, the inputs.
struct Backward {
  let node: Node
  let inputs: [Node]
  /// The gradient of the result, of the result's shape; of an operation of several results, that of
  /// one of them.
  let dy: Tensor
  /// The gradients of the results of an operation of several (`Part`).
  var parts: [Int: Tensor] = [:]
  /// The result.
  var y: Tensor { Tensor(node) }
  /// The only, or the first, input.
  var x: Tensor { Tensor(inputs[0]) }
  /// The first input.
  var a: Tensor { Tensor(inputs[0]) }
  /// The second input.
  var b: Tensor { Tensor(inputs[1]) }
  /// The gradient of one of several results; nil where nothing arrived.
  func part(_ index: Int) -> Tensor? { parts[index] }
  /// The input at an index.
  subscript(index: Int) -> Tensor { Tensor(inputs[index]) }
}

/// Walks the recorded graph back from `outputs`, whose gradients are `seeds`, and returns the
/// gradients of `sources`, recorded like any other operation; nil where nothing depends on one.
///
/// The one place where broadcasting is undone and gradients are summed.
func backward(
  from outputs: [Node], seeds: [Tensor], to sources: [Node], within scope: GradientScope
) -> [Tensor?] {
  let isSource = Set(sources.map(ObjectIdentifier.init))
  let graph = graphLock.withLock { reach(outputs, until: sources, after: scope.firstSerial) }
  var index: [ObjectIdentifier: Int] = [:]
  index.reserveCapacity(graph.count)
  for (position, entry) in graph.enumerated() { index[ObjectIdentifier(entry.node)] = position }
  // Which nodes depend on a source at all, in the order of recording.
  var depends = [Bool](repeating: false, count: graph.count)
  for (position, entry) in graph.enumerated() {
    depends[position] =
      isSource.contains(ObjectIdentifier(entry.node))
      || entry.inputs.contains { index[ObjectIdentifier($0)].map { depends[$0] } ?? false }
  }
  var gradients = [Tensor?](repeating: nil, count: graph.count)
  var parts: [Int: [Int: Tensor]] = [:]
  var slices: [Int: SliceGradients] = [:]
  for (output, seed) in zip(outputs, seeds) {
    guard let position = index[ObjectIdentifier(output)] else { continue }
    gradients[position] = gradients[position].map { $0 + seed } ?? seed
  }
  for position in graph.indices.reversed() where depends[position] {
    let (node, inputs) = graph[position]
    if let sliced = slices.removeValue(forKey: position)?.gradient(of: node.type.shape) {
      gradients[position] = gradients[position].map { $0 + sliced } ?? sliced
    }
    let arrived = parts.removeValue(forKey: position) ?? [:]
    guard let dy = gradients[position] ?? arrived.min(by: { $0.key < $1.key })?.value,
      !isSource.contains(ObjectIdentifier(node))
    else { continue }
    gradients[position] = nil
    if let part = node.operation as? Part {
      guard let whole = index[ObjectIdentifier(inputs[0])], depends[whole] else { continue }
      let before = parts[whole]?[part.index]
      parts[whole, default: [:]][part.index] = before.map { $0 + dy } ?? dy
      continue
    }
    if let slice = node.operation as? Slice {
      guard let whole = index[ObjectIdentifier(inputs[0])], depends[whole] else { continue }
      slices[whole, default: SliceGradients()].add(slice.region, dy)
      continue
    }
    let targets = inputs.map { index[ObjectIdentifier($0)].flatMap { depends[$0] ? $0 : nil } }
    let shares = node.operation.gradients(
      Backward(node: node, inputs: inputs, dy: dy, parts: arrived),
      wanted: targets.map { $0 != nil })
    for (slot, share) in shares.enumerated() {
      guard let target = targets[slot],
        let share = share?.unbroadcast(to: inputs[slot].type.shape)
      else { continue }
      gradients[target] = gradients[target].map { $0 + share } ?? share
    }
  }
  return sources.map { source in
    index[ObjectIdentifier(source)].flatMap { gradients[$0] }
  }
}

/// The nodes recorded from `firstSerial` on that `outputs` depend on, and the sources among what
/// they read, in the order of recording, with their inputs.
///
/// Called under the lock.
private func reach(
  _ outputs: [Node], until sources: [Node], after firstSerial: Int
) -> [(node: Node, inputs: [Node])] {
  var found: [(node: Node, inputs: [Node])] = []
  var stack: [Node] = []
  for source in sources where source.mark == 0 {
    source.mark = 1
    found.append((source, []))
  }
  for output in outputs where output.mark == 0 && output.serial >= firstSerial {
    output.mark = 1
    stack.append(output)
    while let node = stack.popLast() {
      found.append((node, node.inputs))
      for input in node.inputs where input.mark == 0 && input.serial >= firstSerial {
        input.mark = 1
        stack.append(input)
      }
    }
  }
  for entry in found { entry.node.mark = 0 }
  found.sort { $0.node.serial < $1.node.serial }
  return found
}

extension Tensor {
  /// The sum over the axes along which `shape` was broadcast to this tensor's shape.
  func unbroadcast(to shape: Shape) -> Tensor {
    if self.shape == shape { return self }
    let extra = rank - shape.count
    // A scalar rule on a broadcast result: the gradient may itself be smaller.
    if extra < 0 || !(broadcastShape(self.shape, shape) == self.shape) {
      return broadcast(to: broadcastShape(self.shape, shape) ?? shape).unbroadcast(to: shape)
    }
    let axes = self.shape.indices.filter { axis in
      axis < extra || (shape[axis - extra] == 1 && self.shape[axis] != 1)
    }
    let summed = axes.isEmpty ? self : sum(along: axes)
    return summed.shape == shape ? summed : summed.reshaped(to: shape)
  }
}
