/// Elementwise values that are cheaper to compute again than to keep.
///
/// A value that several kernels read costs one write to memory and a read for each of them. Where
/// it follows in a few steps from what they read anyway (a tensor less its mean), each computes it
/// for itself, to the same bits.
extension Fusion {
  /// Smaller values stay in the cache.
  private static var worthwhile: Int { 16_384 }
  /// The most steps that are repeated.
  private static var stepLimit: Int { 8 }

  /// Copies members into the units that read them, where that saves memory traffic.
  func copyCheapMembers() {
    for node in graph.nodes.indices
    where graph.isNeeded[node] && graph.isElementwise(node)
      && graph.nodes[node].type.count >= Fusion.worthwhile && !isFixed(node)
    {
      let home = unit(of: node)
      let readers = readers(of: node).sorted()
      guard !readers.isEmpty, readers.allSatisfy({ canCompute(node, $0) }),
        let chain = chain(to: node, in: home)
      else { continue }
      // In bytes for each element of the node; a step costs about what a byte does.
      var cost = 0
      for reader in readers {
        let own = Set(units[reader].members)
        let read = Set((units[reader].members + units[reader].hosts).flatMap { graph.inputs[$0] })
        cost += chain.members.count { !own.contains($0) }
        for input in chain.inputs where !read.contains(input) {
          cost += byteCount(of: input) / graph.nodes[node].type.count
        }
        if own.count + chain.members.count > Fusion.memberLimit { cost = .max / 2 }
      }
      if cost >= graph.nodes[node].type.dtype.byteCount * (readers.count + 1) { continue }
      for reader in readers { copy(chain, to: reader) }
    }
  }

  /// Gives each unit the members that it needs, in their order, and says which of them are written.
  func settleMembers() {
    var read: Set<Int> = []
    for number in ordered().reversed() {
      let unit = units[number]
      unit.written = unit.members.filter {
        resolve(unitOf[$0]) == number && (read.contains($0) || isFixed($0))
      }
      let members = Set(unit.members)
      var stack = unit.written + unit.hosts.flatMap { graph.inputs[$0] }.filter(members.contains)
      var live = Set(stack)
      while let member = stack.popLast() {
        for input in graph.inputs[member]
        where members.contains(input) && live.insert(input).inserted {
          stack.append(input)
        }
      }
      unit.members = unit.members.filter(live.contains)
      for node in unit.members + unit.hosts {
        for input in graph.inputs[node] where input >= 0 && !live.contains(input) {
          read.insert(input)
        }
      }
    }
  }

  /// A value in a few steps from others that lie in memory.
  private struct Chain {
    var members: [Int] = []
    var inputs: Set<Int> = []
  }

  private func chain(to node: Int, in home: Int) -> Chain? {
    var chain = Chain()
    var stack = [node]
    var seen: Set<Int> = [node]
    while let member = stack.popLast() {
      guard graph.isCheap(member), chain.members.count < Fusion.stepLimit else { return nil }
      chain.members.append(member)
      for input in graph.inputs[member] where seen.insert(input).inserted {
        guard input >= 0, !graph.isView(input), computes(home, input), !isFixed(input),
          readers(of: input).isEmpty
        else {
          chain.inputs.insert(input)
          continue
        }
        // Computed here and nowhere written: what a host leaves for its epilogue is no value.
        if !graph.isElementwise(input) { return nil }
        stack.append(input)
      }
    }
    return chain
  }

  private func copy(_ chain: Chain, to reader: Int) {
    let unit = units[reader]
    let new = chain.members.filter { !computes(reader, $0) }
    for member in new { copies[member, default: []].append(reader) }
    unit.members = (unit.members + new).sorted()
    if unit.host.map(graph.canHostMap) == true { unit.isMap = true }
    for member in new {
      for producer in graph.producers(of: member) where resolve(unitOf[producer]) != reader {
        unit.dependencies.insert(resolve(unitOf[producer]))
      }
    }
  }

  /// Whether a unit could compute a value that it reads.
  private func canCompute(_ node: Int, _ reader: Int) -> Bool {
    let unit = units[reader]
    // All members of a unit have one shape: a value that is stretched where it is read has another.
    if let member = unit.members.first, !graph.hasSameShape(member, node) { return false }
    guard let host = unit.host else { return true }
    return graph.canHostMap(host)
      || graph.canHostEpilogue(host) && !graph.inputs[host].contains(node)
  }

  /// Whether a unit has a node's value without reading it from memory.
  private func computes(_ number: Int, _ node: Int) -> Bool {
    resolve(unitOf[node]) == number || (copies[node]?.contains { resolve($0) == number } ?? false)
  }

  /// Whether a value has to lie in memory, whatever its readers compute.
  private func isFixed(_ node: Int) -> Bool {
    graph.isKept[node] || graph.consumers[node].contains(where: graph.isView)
  }

  /// The units that read a value from memory.
  private func readers(of node: Int) -> Set<Int> {
    var found: Set<Int> = []
    for consumer in graph.consumers[node] where !graph.isView(consumer) {
      for unit in [resolve(unitOf[consumer])] + (copies[consumer] ?? []).map(resolve)
      where !computes(unit, node) {
        found.insert(unit)
      }
    }
    return found
  }

  /// The memory behind a value, seen through views.
  private func byteCount(of reference: Int) -> Int {
    var reference = reference
    var least = graph.type(of: reference).byteCount
    while reference >= 0, graph.isView(reference) {
      reference = graph.inputs[reference][0]
      least = min(least, graph.type(of: reference).byteCount)
    }
    return least
  }
}
