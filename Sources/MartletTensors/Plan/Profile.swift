/// The time each kind of kernel took while a closure ran.
public final class Profile: CustomStringConvertible {
  /// What one kernel did, over all its calls.
  public struct Entry: Sendable {
    /// The kernel and the operations fused into it.
    public let kernel: String
    /// Its sizes.
    public let sizes: String
    /// How often it ran.
    public var calls: Int
    /// How long it took in all, in nanoseconds.
    public var nanoseconds: Int
  }

  private var table: [String: Entry] = [:]

  /// How many plans were made anew, where none was found in the cache.
  public internal(set) var plansMade = 0

  init() {}

  /// Runs a closure, evaluating on the way whatever it asks for, and returns its result with the
  /// time spent in each kernel of the calling thread's plans.
  public static func take<Result>(_ body: () throws -> Result) rethrows -> (Result, Profile) {
    let profile = Profile()
    return (try Recorder.with(\.profile, profile, body), profile)
  }

  func add(_ step: Plan.Step, nanoseconds: Int) {
    let key = step.label + " " + step.detail
    table[
      key, default: Entry(kernel: step.label, sizes: step.detail, calls: 0, nanoseconds: 0)
    ].nanoseconds += nanoseconds
    table[key]?.calls += 1
  }

  /// The kernels, those that took longest first.
  public var entries: [Entry] {
    table.sorted { ($1.value.nanoseconds, $0.key) < ($0.value.nanoseconds, $1.key) }.map(\.value)
  }

  /// The number of kernel calls.
  public var kernelCount: Int { table.values.reduce(0) { $0 + $1.calls } }

  public var description: String {
    let total = max(table.values.reduce(0) { $0 + $1.nanoseconds }, 1)
    var lines = ["\(Double(total) / 1000) µs in \(kernelCount) kernel calls"]
    for entry in entries {
      let share = Double(entry.nanoseconds * 1000 / total) / 10
      lines.append(
        "  \(share) %  \(Double(entry.nanoseconds) / 1000) µs  \(entry.calls) ×  \(entry.kernel)"
          + "  \(entry.sizes)")
    }
    return lines.joined(separator: "\n")
  }
}
