/// A snapshot with every node that merely repeats another taken out: new names for a value, and
/// operations that do what an earlier one did to the same inputs.
struct CanonicalGraph {
  let nodes: [Node]
  /// For each node, its inputs: a node's index, or the complement of a leaf's.
  private(set) var inputs: [[Int]]
  /// What each node of the snapshot became: itself, an earlier node, or a leaf.
  private(set) var canonical: [Int]
  /// For each node, whether an output depends on it.
  private(set) var isNeeded: [Bool]
  /// For each node, whether it is an output itself.
  private(set) var isKept: [Bool]
  /// For each node, the needed nodes that read it.
  private(set) var consumers: [[Int]]
  private let leafTypes: [TensorType]
  private let roles: [OperationRole]

  init(_ snapshot: Snapshot) {
    nodes = snapshot.nodes
    leafTypes = snapshot.leaves.map(\.type)
    roles = nodes.map(\.operation.role)
    let count = nodes.count
    inputs = []
    inputs.reserveCapacity(count)
    canonical = []
    canonical.reserveCapacity(count)
    isNeeded = [Bool](repeating: false, count: count)
    isKept = [Bool](repeating: false, count: count)
    consumers = [[Int]](repeating: [], count: count)
    var known: [PlanKey: Int] = [:]
    for index in 0..<count {
      let node = nodes[index]
      let own = snapshot.inputs[index].map { $0 >= 0 ? canonical[$0] : $0 }
      inputs.append(own)
      if roles[index] == .alias {
        canonical.append(own[0])
      } else if node.operation.isUnique {
        canonical.append(index)
      } else {
        let key = PlanKey(node.operation, node.type, inputs: own)
        canonical.append(known[key, default: index])
        if canonical[index] == index { known[key] = index }
      }
    }
    for output in snapshot.outputs where canonical[output] >= 0 {
      isKept[canonical[output]] = true
      isNeeded[canonical[output]] = true
    }
    for index in stride(from: count - 1, through: 0, by: -1) where isNeeded[index] {
      let read = isView(index) ? inputs[index].prefix(1) : inputs[index][...]
      for input in Set(read) where input >= 0 {
        isNeeded[input] = true
        consumers[input].append(index)
      }
    }
  }

  func type(of reference: Int) -> TensorType {
    reference >= 0 ? nodes[reference].type : leafTypes[~reference]
  }

  func isView(_ node: Int) -> Bool { roles[node] == .view || roles[node] == .alias }
  /// Whether an elementwise program can compute a node.
  func isElementwise(_ node: Int) -> Bool { roles[node] == .elementwise || isSource(node) }
  /// Whether it makes its elements from their numbers.
  func isSource(_ node: Int) -> Bool { roles[node] == .source }
  /// Whether computing an element costs no more than fetching it.
  func isCheap(_ node: Int) -> Bool {
    (nodes[node].operation as? any ElementwiseOperation)?.isCheap ?? false
  }
  func canHostEpilogue(_ node: Int) -> Bool { roles[node] == .epilogueHost }
  func canHostMap(_ node: Int) -> Bool { roles[node] == .mapHost }

  /// Whether a node's loop goes on through an elementwise one, which is all that reads it.
  func hasTail(_ host: Int, _ tail: Int) -> Bool {
    guard !isKept[host], consumers[host] == [tail],
      let operation = nodes[host].operation as? any TailHost
    else { return false }
    return operation.takes(
      nodes[tail].operation, reading: inputs[tail], as: host, reading: inputs[host])
  }

  /// Whether a host of a map walks what it reads in the order of memory.
  func reducesInOrder(_ host: Int) -> Bool {
    (nodes[host].operation as? any MapHost)?.isInOrder(type(of: inputs[host][0]).shape) ?? false
  }

  /// Whether one walk serves two hosts of maps.
  func reducesAlike(_ a: Int, _ b: Int) -> Bool {
    guard let first = nodes[a].operation as? any MapHost,
      let second = nodes[b].operation as? any MapHost
    else { return false }
    let (x, y) = (type(of: inputs[a][0]), type(of: inputs[b][0]))
    return x.shape == y.shape && x.dtype == y.dtype && first.isAlike(second)
  }

  func hasSameShape(_ a: Int, _ b: Int) -> Bool { nodes[a].type.shape == nodes[b].type.shape }

  /// The nodes that compute what a node reads, seen through views.
  func producers(of node: Int) -> [Int] { inputs[node].compactMap(producer) }

  /// Those of them that the node reads through a view.
  func producersThroughViews(of node: Int) -> [Int] {
    inputs[node].compactMap { $0 >= 0 && isView($0) ? producer($0) : nil }
  }

  /// The node that computes what a reference shows; nil for a leaf.
  private func producer(_ reference: Int) -> Int? {
    var reference = reference
    while reference >= 0, isView(reference) { reference = inputs[reference][0] }
    return reference >= 0 ? reference : nil
  }
}

/// An operation whose finished pieces an elementwise program can take over: matrix products and
/// convolutions.
protocol EpilogueHost: Operation {}

extension EpilogueHost {
  var role: OperationRole { .epilogueHost }
}

/// An operation whose loop can go on through one elementwise operation: the gradient of a pool,
/// which has at hand what the gradient of relu reads.
protocol TailHost: Operation {
  /// Whether it can, as the node `host`; numbers are those of what the two read.
  func takes(
    _ tail: any Operation, reading tailInputs: [Int], as host: Int, reading inputs: [Int]
  ) -> Bool
}

extension TailHost {
  var role: OperationRole { .tailHost }
}

/// An operation that can compute what it reads, block by block: reductions.
protocol MapHost: Operation {
  /// Whether it walks elements of a shape in the order of memory.
  func isInOrder(_ shape: Shape) -> Bool
  /// Whether it walks elements as another does, and does the same with them.
  func isAlike(_ other: any MapHost) -> Bool
}

extension MapHost {
  var role: OperationRole { .mapHost }
}
