/// The extent of one call of `gradient`: nodes recorded inside keep their inputs, evaluated or not,
/// until the call has walked back over them.
///
/// Unchecked `Sendable`: guarded by `graphLock`.
final class GradientScope: @unchecked Sendable {
  let parent: GradientScope?
  /// Nodes recorded before this one cannot depend on the scope's arguments.
  let firstSerial: Int
  private(set) var isOpen = true
  private var evaluated: [Node] = []

  init(parent: GradientScope?, firstSerial: Int) {
    self.parent = parent
    self.firstSerial = firstSerial
  }

  /// The innermost scope still open, from this one outwards.
  ///
  /// Called under the lock.
  var open: GradientScope? {
    var scope: GradientScope? = self
    while let candidate = scope, !candidate.isOpen { scope = candidate.parent }
    return scope
  }

  /// Remembers a node that was evaluated and keeps its inputs.
  ///
  /// Called under the lock.
  func keep(_ node: Node) { evaluated.append(node) }

  /// Ends the scope: what was evaluated inside lets its inputs go, unless an outer scope is open.
  func close() {
    var freed: [[Node]] = []
    graphLock.withLock {
      isOpen = false
      if let outer = parent?.open {
        for node in evaluated { outer.keep(node) }
      } else {
        for node in evaluated {
          freed.append(node.takeInputs())
        }
      }
      evaluated = []
    }
    while let inputs = freed.popLast() { Node.release(inputs) }
  }

  /// Runs what a rule records and walks back over by itself, in a scope of its own.
  static func nested<Result>(_ body: (GradientScope) -> Result) -> Result {
    let recorder = Recorder.current
    let scope = GradientScope(parent: recorder.scope, firstSerial: nextSerial())
    recorder.scope = scope
    defer {
      recorder.scope = scope.parent
      scope.close()
    }
    return body(scope)
  }
}
