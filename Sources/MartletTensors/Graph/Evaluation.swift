import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What an evaluation computes: the part of the graph that is needed and not yet known, taken down
/// in the order of recording so that it can be planned without the lock.
struct Snapshot {
  /// Nodes to compute, in the order of recording.
  var nodes: [Node] = []
  /// For each node, its inputs: a node's index, or the complement of a leaf's.
  var inputs: [[Int]] = []
  /// Values that are known, in the order of first use.
  var leaves: [Node] = []
  /// The memory of each leaf; nil for constants.
  var storages: [Storage?] = []
  /// Leaves whose memory may be overwritten, since nobody will read it again.
  var donated: [Bool] = []
  /// The indices of nodes whose values somebody keeps.
  var outputs: [Int] = []
  let settings: PlanSettings

  init(_ settings: PlanSettings) { self.settings = settings }
}

/// Computes values of the recorded graph.
enum Evaluation {
  /// Plans longer than this are cut into pieces.
  static let pieceLimit = 4096
  /// The most memory that the plans of one graph's pieces occupy, beside the one at work.
  static let pieceMemory = 32 << 20

  /// Computes `roots`, and with them everything recorded on this thread that somebody still holds,
  /// so that no work is done twice.
  static func run(_ roots: [Node], recorder: Recorder = .current) {
    recorder.recorded = 0
    while true {
      let ready: Snapshot? = graphLock.withLock {
        var snapshot = capture(roots, recorder)
        // Another evaluation is overwriting a leaf: it will publish what this one needs.
        if snapshot.leaves.contains(where: \.isGivenAway) { return nil }
        let fits = snapshot.nodes.count <= pieceLimit
        settleMemory(&snapshot, donating: fits)
        for (leaf, donated) in zip(snapshot.leaves, snapshot.donated) where donated {
          leaf.isGivenAway = true
        }
        return snapshot
      }
      guard var snapshot = ready else {
        usleep(20)
        continue
      }
      if snapshot.nodes.isEmpty {
        return
      } else if snapshot.nodes.count <= pieceLimit {
        let plan = PlanCache.shared.plan(for: snapshot) { recorder.profile?.plansMade += 1 }
        recorder.recording?.note(snapshot, plan)
        publish(snapshot, plan.run(snapshot, profile: recorder.profile))
        return
      } else {
        recorder.recording?.isRefused = true
        runInPieces(&snapshot, recorder)
        return
      }
    }
  }

  /// Computes all that was recorded on the calling thread and is held by somebody.
  static func settle(_ recorder: Recorder) {
    let pending = graphLock.withLock { recorder.pendingNodes() }
    if !pending.isEmpty { run(pending, recorder: recorder) }
  }

  /// The plan that would compute one node, and nothing else.
  static func plan(of node: Node) -> Plan { Planner(snapshot(of: node)).finish() }

  /// What computing one node, and nothing else, would take.
  static func snapshot(of node: Node) -> Snapshot {
    graphLock.withLock {
      var snapshot = capture([node], nil)
      settleMemory(&snapshot, donating: true)
      return snapshot
    }
  }

  /// Takes down what has to be computed: `roots` and, if there is a recorder, all that its thread
  /// still holds.
  ///
  /// Called under the lock.
  private static func capture(_ roots: [Node], _ recorder: Recorder?) -> Snapshot {
    var snapshot = Snapshot(PlanSettings(recorder ?? Recorder.current))
    var wanted: [Node] = []
    for root in roots where !root.isKnown { wanted.append(root) }
    if wanted.isEmpty { return snapshot }
    if let recorder { wanted.append(contentsOf: recorder.pendingNodes()) }

    var stack: [Node] = []
    for root in wanted where root.mark == 0 {
      root.mark = 1
      stack.append(root)
      while let node = stack.popLast() {
        snapshot.nodes.append(node)
        for input in node.inputs where input.mark == 0 && !input.isKnown {
          input.mark = 1
          stack.append(input)
        }
      }
    }
    for root in roots where !root.isKnown { root.mark = -1 }
    snapshot.nodes.sort { $0.serial < $1.serial }
    snapshot.inputs.reserveCapacity(snapshot.nodes.count)
    for (index, node) in snapshot.nodes.enumerated() {
      if node.mark == -1 || node.holders > 0 && recorder != nil { snapshot.outputs.append(index) }
      node.mark = Int32(index + 1)
      var references: [Int] = []
      references.reserveCapacity(node.inputs.count)
      for input in node.inputs {
        if input.mark == 0 {
          snapshot.leaves.append(input)
          input.mark = Int32(-snapshot.leaves.count)
        }
        references.append(input.mark > 0 ? Int(input.mark) - 1 : Int(input.mark))
      }
      snapshot.inputs.append(references)
    }
    for node in snapshot.nodes { node.mark = 0 }
    for leaf in snapshot.leaves { leaf.mark = 0 }
    return snapshot
  }

  /// Decides which leaves are donated and takes hold of the leaves' memory.
  ///
  /// Called under the lock.
  ///
  /// A leaf is donated if nobody can read it once this evaluation is done: nobody holds it, its
  /// memory is its alone, and every node that uses it will let it go.
  private static func settleMemory(_ snapshot: inout Snapshot, donating: Bool) {
    if !donating {
      snapshot.donated = snapshot.leaves.map { _ in false }
      snapshot.storages = snapshot.leaves.map(\.storage)
      return
    }
    let count = snapshot.nodes.count
    var isOutput = [Bool](repeating: false, count: count)
    for index in snapshot.outputs { isOutput[index] = true }
    // From the last node back: uses that come from nodes which will be released.
    var releasedUses = [Int32](repeating: 0, count: count)
    var leafUses = [Int32](repeating: 0, count: snapshot.leaves.count)
    for index in stride(from: count - 1, through: 0, by: -1) {
      let node = snapshot.nodes[index]
      guard node.scope?.open == nil, isOutput[index] || releasedUses[index] == node.uses else {
        continue
      }
      for input in snapshot.inputs[index] {
        if input >= 0 { releasedUses[input] += 1 } else { leafUses[~input] += 1 }
      }
    }
    for (index, leaf) in snapshot.leaves.enumerated() {
      snapshot.donated.append(
        leaf.holders == 0 && leafUses[index] == leaf.uses && leaf.storage != nil
          && isKnownUniquelyReferenced(&leaf.storage))
      snapshot.storages.append(leaf.storage)
    }
  }

  /// Gives the outputs their values, once, and lets their inputs go.
  private static func publish(_ snapshot: Snapshot, _ results: [Storage]) {
    var freed: [[Node]] = []
    graphLock.withLock {
      for (index, storage) in zip(snapshot.outputs, results) {
        let node = snapshot.nodes[index]
        guard node.storage == nil else { continue }
        node.storage = storage
        if let scope = node.scope?.open {
          scope.keep(node)
        } else {
          freed.append(node.takeInputs())
        }
      }
    }
    while let inputs = freed.popLast() { Node.release(inputs) }
  }

  /// Computes a long graph piece by piece, earliest first.
  ///
  /// Pieces often repeat, so plans are kept until the last one is done, but push no other plan out.
  private static func runInPieces(_ whole: inout Snapshot, _ recorder: Recorder) {
    var lastUse = [Int](repeating: -1, count: whole.nodes.count)
    for (index, inputs) in whole.inputs.enumerated() {
      for input in inputs where input >= 0 { lastUse[input] = index }
    }
    for index in whole.outputs { lastUse[index] = Int.max }
    let done = Node(Leaf(), inputs: [], type: TensorType(scalar: .bool), serial: 0, scope: nil)
    let plans = PlanCache(byteLimit: pieceMemory)
    for begin in stride(from: 0, to: whole.nodes.count, by: pieceLimit) {
      let end = min(begin + pieceLimit, whole.nodes.count)
      var piece = Snapshot(whole.settings)
      piece.nodes = Array(whole.nodes[begin..<end])
      var leaves: [Int: Int] = [:]  // by reference in the whole
      for index in begin..<end {
        piece.inputs.append(
          whole.inputs[index].map { input in
            if input >= begin { return input - begin }
            if let known = leaves[input] { return known }
            piece.leaves.append(input >= 0 ? whole.nodes[input] : whole.leaves[~input])
            let reference = ~(piece.leaves.count - 1)
            leaves[input] = reference
            return reference
          })
        if lastUse[index] >= end { piece.outputs.append(index - begin) }
      }
      graphLock.withLock { settleMemory(&piece, donating: false) }
      let plan = plans.plan(for: piece) { recorder.profile?.plansMade += 1 }
      publish(piece, plan.run(piece, profile: recorder.profile))
      // A value of an earlier piece is let go once no later piece reads it.
      for input in leaves.keys where input >= 0 && lastUse[input] < end {
        whole.nodes[input] = done
      }
      for index in begin..<end where lastUse[index] < end { whole.nodes[index] = done }
    }
  }
}
