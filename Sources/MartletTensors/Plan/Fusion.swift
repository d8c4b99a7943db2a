import CKernels

/// What runs as one kernel: a single operation, or elementwise operations fused into one program,
/// on their own, behind a matrix product (its epilogue) or before a reduction (its map).
final class Unit {
  /// The operation that is not elementwise, if any.
  let host: Int?
  /// Further reductions of what a map computes.
  var siblings: [Int] = []
  /// The elementwise operations, in the order of recording.
  var members: [Int]
  /// Those of them whose values go to memory.
  var written: [Int] = []
  /// Whether the members run before the host (a map) instead of behind it (an epilogue).
  var isMap = false
  /// Whether nothing more can be fused with it.
  var isClosed = false
  /// Numbers of the units whose results this one reads; see `Fusion.resolve`.
  var dependencies: Set<Int> = []
  /// Those of them that are read through a view, element by element from other places: they have to
  /// be finished first, so they can never become one with this unit.
  var viewed: Set<Int> = []
  var last: Int
  /// Whether a member makes its elements from their numbers: they have to be walked in their order.
  var hasSource = false

  /// What is not elementwise.
  var hosts: [Int] { (host.map { [$0] } ?? []) + siblings }

  init(host: Int) {
    self.host = host
    members = []
    last = host
  }

  init(member: Int) {
    host = nil
    members = [member]
    last = member
  }
}

/// Groups the nodes of a graph into units, as few as the order of dependence allows.
final class Fusion {
  /// A longer program gains nothing and needs more registers.
  static let memberLimit = 64
  /// The most reductions beside the first that one map serves.
  static let siblingLimit = Int(MK_REDUCE_MORE)

  let graph: CanonicalGraph
  private(set) var units: [Unit] = []
  var parent: [Int] = []
  /// The unit of each node; -1 for views and for nodes nobody needs.
  var unitOf: [Int]
  /// For each node that other units than its own compute as well: those.
  var copies: [Int: [Int]] = [:]
  /// For each unit, the last search that came by.
  private var visited: [Int] = []
  private var stamp = 0

  init(_ graph: CanonicalGraph, enabled: Bool) {
    self.graph = graph
    unitOf = [Int](repeating: -1, count: graph.nodes.count)
    for node in graph.nodes.indices where graph.isNeeded[node] && !graph.isView(node) {
      place(node, fusing: enabled && graph.isElementwise(node))
    }
    if enabled {
      absorbMaps()
      copyCheapMembers()
    }
    settleMembers()
  }

  /// The number of the unit that a node ended up in.
  func unit(of node: Int) -> Int { resolve(unitOf[node]) }

  /// A number of a unit, through all merges.
  func resolve(_ number: Int) -> Int {
    var number = number
    while parent[number] != number { number = parent[number] }
    return number
  }

  /// Units in an order that computes everything before it is read, close to that of recording.
  func ordered() -> [Int] {
    let roots = units.indices.filter { parent[$0] == $0 }.sorted { units[$0].last < units[$1].last }
    var state = [UInt8](repeating: 0, count: units.count)
    var order: [Int] = []
    for root in roots {
      var stack = [root]
      while let number = stack.last {
        if state[number] == 2 {
          stack.removeLast()
        } else if state[number] == 1 {
          state[number] = 2
          order.append(number)
          stack.removeLast()
        } else {
          state[number] = 1
          let next = units[number].dependencies.map(resolve).filter { $0 != number }
          for dependency in Set(next).sorted(by: { units[$0].last > units[$1].last })
          where state[dependency] == 0 {
            stack.append(dependency)
          }
        }
      }
    }
    return order
  }

  private func place(_ node: Int, fusing: Bool) {
    let producers = graph.producers(of: node).map { resolve(unitOf[$0]) }
    let viewed = Set(graph.producersThroughViews(of: node).map { resolve(unitOf[$0]) })
    var target: Int?
    if fusing {
      // What a host computes first: a mask that is drawn has no place behind it.
      let inputs = Set(graph.inputs[node].filter { $0 >= 0 }).sorted {
        (graph.isSource($1) ? 1 : 0, $0) > (graph.isSource($0) ? 1 : 0, $1)
      }
      for input in inputs {
        guard !graph.isView(input), graph.hasSameShape(input, node),
          graph.isElementwise(input) || graph.canHostEpilogue(input) || graph.hasTail(input, node)
        else { continue }
        let candidate = resolve(unitOf[input])
        if units[candidate].isClosed { continue }
        if candidate == target || units[candidate].members.count >= Fusion.memberLimit { continue }
        if viewed.contains(candidate) { continue }
        // What else the node reads must not come from the unit that it would become part of.
        if producers.contains(where: {
          resolve($0) != candidate && resolve($0) != target && depends(resolve($0), on: candidate)
        }) {
          continue
        }
        if let chosen = target {
          if canMerge(chosen, candidate) { target = merge(chosen, candidate) }
        } else {
          target = candidate
        }
      }
    }
    let number: Int
    if let target {
      number = target
      units[number].members.append(node)
      units[number].last = node
      if let host = units[number].host, graph.hasTail(host, node) { units[number].isClosed = true }
    } else {
      number = units.count
      units.append(graph.isElementwise(node) ? Unit(member: node) : Unit(host: node))
      parent.append(number)
    }
    unitOf[node] = number
    if graph.isSource(node) { units[number].hasSource = true }
    for producer in producers where resolve(producer) != number {
      units[number].dependencies.insert(producer)
    }
    units[number].viewed.formUnion(viewed)
  }

  /// Whether two units can become one without a third standing between them.
  private func canMerge(_ a: Int, _ b: Int) -> Bool {
    if units[a].host != nil && units[b].host != nil { return false }
    // A host's pieces are no stretches of elements in their order.
    if (units[a].host ?? units[b].host) != nil, units[a].hasSource || units[b].hasSource {
      return false
    }
    if units[a].members.count + units[b].members.count > Fusion.memberLimit { return false }
    func passesOutside(_ from: Int, _ to: Int) -> Bool {
      units[from].dependencies.contains { dependency in
        let number = resolve(dependency)
        return number != to && number != from && depends(number, on: to)
      }
    }
    func views(_ from: Int, _ to: Int) -> Bool {
      units[from].viewed.contains { resolve($0) == to }
    }
    if views(a, b) || views(b, a) || passesOutside(a, b) || passesOutside(b, a) { return false }
    // A host runs before its epilogue: what it reads must not come from the other group.
    if let host = units[a].host { return !feeds(b, host) }
    if let host = units[b].host { return !feeds(a, host) }
    return true
  }

  private func feeds(_ unit: Int, _ host: Int) -> Bool {
    graph.producers(of: host).contains { resolve(unitOf[$0]) == unit }
  }

  private func merge(_ a: Int, _ b: Int) -> Int {
    let (kept, gone) = units[b].host != nil ? (b, a) : (a, b)
    parent[gone] = kept
    units[kept].members = (units[kept].members + units[gone].members).sorted()
    units[kept].dependencies.formUnion(units[gone].dependencies)
    units[kept].viewed.formUnion(units[gone].viewed)
    units[kept].last = max(units[kept].last, units[gone].last)
    units[kept].hasSource = units[kept].hasSource || units[gone].hasSource
    return kept
  }

  /// Whether unit `a` needs, directly or not, what unit `b` computes.
  ///
  /// Units run as a whole, so the order of recording says nothing about the way there.
  func depends(_ a: Int, on b: Int) -> Bool {
    stamp += 1
    visited.append(contentsOf: repeatElement(0, count: units.count - visited.count))
    visited[a] = stamp
    var stack = [a]
    while let number = stack.popLast() {
      for dependency in units[number].dependencies {
        let next = resolve(dependency)
        if next == b { return true }
        if visited[next] != stamp {
          visited[next] = stamp
          stack.append(next)
        }
      }
    }
    return false
  }
}
