/// A value whose way from its inputs is forgotten and walked again for the gradient: an alias of
/// its first input.
///
/// The other inputs are the arguments, then what the closure captured.
final class Recomputation: AliasOperation {
  let name = "recomputation"
  private let argumentCount: Int
  private let keys: [Tensor]
  private let body: @Sendable ([Tensor]) -> Tensor

  init(
    argumentCount: Int, keys: [Tensor], _ body: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.argumentCount = argumentCount
    self.keys = keys
    self.body = body
  }

  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    GradientScope.nested { scope in
      // Barriers keep the plan from seeing that this has been computed before.
      let arguments = at.inputs[1...argumentCount].map {
        Recorder.current.record(Barrier(), [$0], $0.type)
      }
      let value = DrawnKeys.handingBack(keys) { body(arguments) }
      let sources = arguments.map(\.node) + at.inputs.dropFirst(argumentCount + 1)
      return [nil] + backward(from: [value.node], seeds: [at.dy], to: sources, within: scope)
    }
  }
}

/// The same value under a name that no common operation is found by.
struct Barrier: ViewOperation {
  let name = "barrier"
  let isUnique = true
  func view(of layout: Layout, as shape: Shape) -> Layout? { layout }
  func gradient(_ index: Int, _ at: Backward) -> Tensor? { at.dy }
}

/// The value of a closure whose intermediate results are not kept for the gradient but computed
/// anew: less memory for more time.
///
/// Random tensors that the closure draws are the same both times, whatever their source, and no
/// source moves on for the second.
///
/// - Parameters:
///   - inputs: The arguments of the closure, one at least.
///   - body: A function of the arguments, and of tensors and variables that it captures: gradients
///     pass to all of them.
/// - Source: Griewank and Walther, Revolve, ACM TOMS 26 (2000); Chen et al., 2016.
public func recomputing(
  _ inputs: [Tensor], file: StaticString = #fileID, line: UInt = #line,
  _ body: @escaping @Sendable ([Tensor]) -> Tensor
) -> Tensor {
  check(
    !inputs.isEmpty,
    Diagnostic(
      "recomputing", "there are no arguments", expected: "one tensor at least",
      got: "an empty array", fix: "pass what the closure reads, rather than capture it"),
    file: file, line: line)
  let first = nextSerial()
  let (value, keys) = DrawnKeys.noting {
    body(inputs.map { Recorder.current.record(Identity(), [$0.node], $0.type) })
  }
  let captured = graphLock.withLock { frontier(of: value.node, before: first) }
    .filter { node in !inputs.contains { $0.node === node } && node.type.dtype.isFloating }
  let operation = Recomputation(argumentCount: inputs.count, keys: keys, body)
  return Recorder.current.record(
    operation, [value.stoppingGradient().node] + inputs.map(\.node) + captured, value.type)
}

/// The nodes recorded before `first` that later ones on the way to `node` read.
///
/// Called under the lock.
private func frontier(of node: Node, before first: Int) -> [Node] {
  var found: [Node] = []
  var touched = [node]
  var stack = [node]
  node.mark = 1
  while let next = stack.popLast() {
    for input in next.inputs where input.mark == 0 {
      input.mark = 1
      touched.append(input)
      if input.serial < first { found.append(input) } else { stack.append(input) }
    }
  }
  for node in touched { node.mark = 0 }
  return found
}
