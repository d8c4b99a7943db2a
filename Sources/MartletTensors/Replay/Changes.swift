/// Counts what was set on a layer or an optimizer that shapes the steps it takes part in: its
/// hyperparameters, whether it is frozen, its wiring.
package final class Changes {
  fileprivate var count = 0

  package init() {}

  /// Says that something was set.
  package func add() { count &+= 1 }
}

/// What had been set when a step was recorded, on all that takes part in it.
struct ChangesSeen {
  let parts: [Changes]
  private let variables: [Variable]
  private let count: Int

  init(_ parts: [Changes], _ variables: [Variable]) {
    self.parts = parts
    self.variables = variables
    count = ChangesSeen.count(parts, variables)
  }

  /// Whether nothing was set since.
  var isAll: Bool { count == ChangesSeen.count(parts, variables) }

  private static func count(_ parts: [Changes], _ variables: [Variable]) -> Int {
    var count = 0
    for part in parts { count &+= part.count }
    for variable in variables { count &+= variable.changeCount }
    return count
  }
}
