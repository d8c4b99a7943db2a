/// Reductions that compute what they reduce, block by block, instead of reading it from memory.
extension Fusion {
  /// Joins reductions with the elementwise operations before them.
  func absorbMaps() {
    for number in units.indices where parent[number] == number {
      guard let host = units[number].host, graph.canHostMap(host), units[number].members.isEmpty,
        let input = graph.inputs[host].first, input >= 0, !graph.isView(input),
        graph.isElementwise(input)
      else { continue }
      let group = resolve(unitOf[input])
      if units[group].isMap {
        join(number, to: group)
      } else if units[group].host == nil, canMap(group, for: host) {
        parent[group] = number
        units[number].members = units[group].members
        units[number].isMap = true
        units[number].hasSource = units[group].hasSource
        units[number].dependencies.formUnion(units[group].dependencies)
        units[number].viewed.formUnion(units[group].viewed)
      }
    }
    joinReadersOfOneInput()
  }

  /// Whether a reduction can walk a group's elements.
  ///
  /// What others read as well is written on the way, and what is drawn is drawn, in the order of
  /// memory.
  private func canMap(_ group: Int, for host: Int) -> Bool {
    if graph.reducesInOrder(host) { return true }
    return !units[group].hasSource
      && units[group].members.allSatisfy { member in
        !graph.isKept[member]
          && graph.consumers[member].allSatisfy { consumer in
            consumer == host && graph.inputs[host].first == member
              || !graph.isView(consumer) && resolve(unitOf[consumer]) == group
          }
      }
  }

  /// Reductions of memory that a map reads anyway.
  private func joinReadersOfOneInput() {
    for number in units.indices where parent[number] == number {
      guard let host = units[number].host, graph.canHostMap(host), units[number].members.isEmpty,
        let input = graph.inputs[host].first, input >= 0, !graph.isView(input)
      else { continue }
      for consumer in graph.consumers[input] where !graph.isView(consumer) {
        let other = resolve(unitOf[consumer])
        if other != number, units[other].isMap, graph.isElementwise(consumer),
          !depends(other, on: number), !depends(number, on: other), join(number, to: other)
        {
          break
        }
      }
    }
  }

  /// Makes one unit of a reduction and a map, if they walk the same elements the same way.
  @discardableResult
  private func join(_ number: Int, to map: Int) -> Bool {
    guard let host = units[number].host, let first = units[map].host,
      graph.reducesAlike(host, first), units[map].siblings.count < Fusion.siblingLimit
    else { return false }
    parent[number] = map
    units[map].siblings.append(host)
    units[map].dependencies.formUnion(units[number].dependencies)
    units[map].last = max(units[map].last, units[number].last)
    return true
  }
}
