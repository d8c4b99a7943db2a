/// The plans of the graphs that were asked for, least recently used first out.
///
/// Unchecked `Sendable`: guarded by `lock`.
final class PlanCache: @unchecked Sendable {
  static let shared = PlanCache(byteLimit: 256 << 20)

  private struct Entry {
    let plan: Plan
    let byteCount: Int
    var lastUse: Int
  }

  private let lock = Lock()
  private let byteLimit: Int
  private var entries: [PlanKey: Entry] = [:]
  private var byteCount = 0
  private var clock = 0
  private var madeCount = 0
  private var forgottenCount = 0

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// The plan of a snapshot: a kept one if the same graph was asked for before.
  ///
  /// - Parameter made: Called if there was none.
  func plan(for snapshot: Snapshot, made: () -> Void = {}) -> Plan {
    let key = PlanKey(snapshot)
    let known: Plan? = lock.withLock {
      clock += 1
      guard let index = entries.index(forKey: key) else { return nil }
      entries.values[index].lastUse = clock
      return entries.values[index].plan
    }
    if let known { return known }
    let plan = Planner(snapshot).finish()
    made()
    var dropped: [Plan] = []  // let go outside the lock
    lock.withLock {
      madeCount += 1
      let size = plan.byteCount + key.byteCount
      guard size <= byteLimit, entries[key] == nil else { return }
      entries[key] = Entry(plan: plan, byteCount: size, lastUse: clock)
      byteCount += size
      while byteCount > byteLimit,
        let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        byteCount -= oldest.value.byteCount
        dropped.append(oldest.value.plan)
        entries[oldest.key] = nil
      }
    }
    return plan
  }

  /// How many plans are kept, how many bytes they occupy, and how many were made so far.
  var statistics: (count: Int, byteCount: Int, made: Int) {
    lock.withLock { (entries.count, byteCount, madeCount) }
  }

  /// Forgets all plans.
  func removeAll() {
    let dropped = lock.withLock {
      let dropped = entries
      entries = [:]
      byteCount = 0
      forgottenCount += 1
      return dropped
    }
    // Who holds on to a plan, because it is running or will be again, keeps little of it.
    for entry in dropped.values { entry.plan.dropArena() }
  }

  /// How often all plans were forgotten.
  var generation: Int { lock.withLock { forgottenCount } }
}
