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
  let walk = graphLock.withLock { Walk(outputs, until: sources, after: scope.firstSerial) }
  // Which nodes depend on a source at all, in the order of recording.
  var isSource = [Bool](repeating: false, count: walk.nodes.count)
  for place in walk.sources { isSource[place] = true }
  var depends = isSource
  for place in depends.indices where !isSource[place] {
    depends[place] = walk.places(of: place).contains { $0 >= 0 && depends[$0] }
  }
  var gradients = [Tensor?](repeating: nil, count: walk.nodes.count)
  var parts: [Int: [Int: Tensor]] = [:]
  var slices: [Int: SliceGradients] = [:]
  for (place, seed) in zip(walk.outputs, seeds) where place >= 0 {
    gradients[place] = gradients[place].map { $0 + seed } ?? seed
  }
  for place in depends.indices.reversed() where depends[place] {
    let node = walk.nodes[place]
    if let sliced = slices.removeValue(forKey: place)?.gradient(of: node.type.shape) {
      gradients[place] = gradients[place].map { $0 + sliced } ?? sliced
    }
    let arrived = parts.removeValue(forKey: place) ?? [:]
    guard let dy = gradients[place] ?? arrived.min(by: { $0.key < $1.key })?.value,
      !isSource[place]
    else { continue }
    gradients[place] = nil
    let targets = walk.places(of: place)
    if let piece = node.operation.piece, let whole = targets.first {
      guard whole >= 0, depends[whole] else { continue }
      switch piece {
      case .part(let index):
        let before = parts[whole]?[index]
        parts[whole, default: [:]][index] = before.map { $0 + dy } ?? dy
      case .region(let region):
        slices[whole, default: SliceGradients()].add(region, dy)
      }
      continue
    }
    let inputs = walk.inputs[place]
    let shares = node.operation.gradients(
      Backward(node: node, inputs: inputs, dy: dy, parts: arrived),
      wanted: targets.map { $0 >= 0 && depends[$0] })
    for (share, (input, target)) in zip(shares, zip(inputs, targets)) {
      guard target >= 0, depends[target], let share = share?.unbroadcast(to: input.type.shape)
      else { continue }
      gradients[target] = gradients[target].map { $0 + share } ?? share
    }
  }
  return walk.sources.map { gradients[$0] }
}

/// What a backward pass walks: the nodes recorded in a scope that its outputs depend on, and the
/// sources among what they read, in the order of recording.
private struct Walk {
  private(set) var nodes: [Node] = []
  /// The inputs of each node; none of a source.
  private(set) var inputs: [[Node]] = []
  /// Where the outputs are among the nodes; -1 for those that are not.
  private(set) var outputs: [Int] = []
  /// Where the sources are.
  private(set) var sources: [Int] = []
  /// Where the inputs of all nodes are, one after the other, and where those of each begin.
  private var places: [Int] = []
  private var firsts: [Int] = [0]

  /// The part of the graph that `outputs` depend on, up to `sources`, recorded from `firstSerial` on.
  ///
  /// Called under the lock.
  init(_ outputs: [Node], until sources: [Node], after firstSerial: Int) {
    var stack: [Node] = []
    for source in sources where source.mark == 0 {
      source.mark = -1
      nodes.append(source)
    }
    for output in outputs where output.mark == 0 && output.serial >= firstSerial {
      output.mark = 1
      stack.append(output)
      while let node = stack.popLast() {
        nodes.append(node)
        for input in node.inputs where input.mark == 0 && input.serial >= firstSerial {
          input.mark = 1
          stack.append(input)
        }
      }
    }
    nodes.sort { $0.serial < $1.serial }
    inputs.reserveCapacity(nodes.count)
    firsts.reserveCapacity(nodes.count + 1)
    for (place, node) in nodes.enumerated() {
      inputs.append(node.mark < 0 ? [] : node.inputs)
      node.mark = Int32(place + 1)
      for input in inputs[place] { places.append(Int(input.mark) - 1) }
      firsts.append(places.count)
    }
    self.outputs = outputs.map { Int($0.mark) - 1 }
    self.sources = sources.map { Int($0.mark) - 1 }
    for node in nodes { node.mark = 0 }
  }

  /// Where the inputs of a node are; -1 for those that are not among the nodes.
  func places(of node: Int) -> ArraySlice<Int> { places[firsts[node]..<firsts[node + 1]] }
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
