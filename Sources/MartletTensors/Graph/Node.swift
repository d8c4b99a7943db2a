/// One operation of the recorded graph, or one value that is already known (a leaf).
///
/// The structure never changes. What does change stands under the marks below and is guarded by
/// `graphLock`: a node goes from *recorded* to *evaluated* exactly once, and then lets its inputs go
/// unless an open gradient scope still needs them.
///
/// Unchecked `Sendable` for those guarded fields.
final class Node: @unchecked Sendable {
  let operation: any Operation
  let type: TensorType
  /// The node's place in the order of recording: an input's is always smaller.
  let serial: Int
  /// The gradient scope that was open when the node was recorded.
  let scope: GradientScope?

  // Guarded by graphLock.
  var inputs: [Node]
  var storage: Storage?
  /// How many live `Handle`s, that is tensors in someone's hands, refer to the node.
  var holders: Int32 = 0
  /// How many inputs of other nodes this node is.
  var uses: Int32 = 0
  /// Whether an evaluation that is under way overwrites the memory: nobody else may read it.
  var isGivenAway = false
  /// A traversal's own number for the node, while it holds the lock; 0 otherwise.
  var mark: Int32 = 0

  init(
    _ operation: any Operation, inputs: [Node], type: TensorType, serial: Int,
    scope: GradientScope?, storage: Storage? = nil
  ) {
    self.operation = operation
    isConstant = operation.role == .constant
    self.type = type
    self.serial = serial
    self.scope = scope
    self.inputs = inputs
    self.storage = storage
  }

  /// A value that is known: memory that already holds the elements.
  convenience init(storage: Storage, type: TensorType) {
    self.init(Leaf(), inputs: [], type: type, serial: 0, scope: nil, storage: storage)
  }

  /// Whether nothing has to run to know the value.
  var isKnown: Bool { storage != nil || isConstant }
  /// Whether the node is a scalar or a key whose bits stand in its operation.
  let isConstant: Bool

  deinit {
    // Releasing a chain of a million nodes by recursion would overflow the stack.
    if !inputs.isEmpty { Node.release(takeInputs()) }
  }

  /// Empties the list of inputs and returns what it held.
  func takeInputs() -> [Node] {
    var taken: [Node] = []
    swap(&taken, &inputs)
    return taken
  }

  /// Lets inputs that were taken go, iteratively.
  static func release(_ inputs: consuming [Node]) {
    var worklist = inputs
    forgetUses(of: worklist)
    while var node = worklist.popLast() {
      guard isKnownUniquelyReferenced(&node), !node.inputs.isEmpty else { continue }
      let freed = node.takeInputs()
      forgetUses(of: freed)
      // In a chain the lists follow each other; nothing has to be copied.
      if worklist.isEmpty { worklist = freed } else { worklist.append(contentsOf: freed) }
    }
  }

  private static func forgetUses(of inputs: [Node]) {
    graphLock.lock()
    for input in inputs { input.uses -= 1 }
    graphLock.unlock()
  }
}

/// What a tensor in someone's hands holds on to: a node, and the knowledge that someone does.
///
/// As long as a recorded node has a handle, the next evaluation computes it too. Handles of recorded
/// nodes stand in a list of the recorder of the thread that made them.
///
/// Unchecked `Sendable`: the links are guarded by `graphLock`.
final class Handle: @unchecked Sendable {
  let node: Node
  /// Lives as long as any handle is in its list.
  fileprivate(set) unowned(unsafe) var recorder: Recorder?
  fileprivate unowned(unsafe) var previous: Handle?
  fileprivate unowned(unsafe) var next: Handle?

  /// Wraps a node; `pending` says that it is recorded and not evaluated.
  ///
  /// Called under the lock.
  init(_ node: Node, pending recorder: Recorder?) {
    self.node = node
    self.recorder = recorder
    node.holders += 1
    if let recorder { recorder.link(self) }
  }

  deinit {
    graphLock.lock()
    node.holders -= 1
    recorder?.unlink(self)
    graphLock.unlock()
  }
}

extension Recorder {
  /// Puts a handle at the end of the list of those that wait for a value.
  ///
  /// Called under the lock. The list as a whole keeps its recorder alive: its thread may end first.
  fileprivate func link(_ handle: Handle) {
    handle.previous = last
    handle.next = nil
    if let last {
      last.next = handle
    } else {
      first = handle
      _ = Unmanaged.passRetained(self)
    }
    last = handle
  }

  /// Takes a handle out of the list of those that wait for a value.
  ///
  /// Called under the lock.
  func unlink(_ handle: Handle) {
    if let previous = handle.previous { previous.next = handle.next } else { first = handle.next }
    if let next = handle.next { next.previous = handle.previous } else { last = handle.previous }
    handle.previous = nil
    handle.next = nil
    handle.recorder = nil
    if first == nil { Unmanaged.passUnretained(self).release() }
  }

  /// The recorded nodes in someone's hands, in the order of recording.
  ///
  /// Called under the lock.
  func pendingNodes() -> [Node] {
    var nodes: [Node] = []
    var cursor = first
    while let handle = cursor {
      cursor = handle.next
      if handle.node.isKnown { unlink(handle) } else { nodes.append(handle.node) }
    }
    return nodes
  }
}
