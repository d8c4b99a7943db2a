import CKernels
import Foundation
import Martlet

/// One figure: how it is measured and what it is divided by.
struct Benchmark: Sendable {
  let name: String
  let what: String
  let run: @Sendable (Settings) -> [Figure]
}

/// What the command line chose.
struct Settings: Sendable {
  /// The threads to measure with; nil measures each benchmark's own choice.
  var threads: Int?
  var seconds = 0.5
  /// Whether workloads show the time of each of their kernels.
  var profile = false
  var peers = PeerOptions()
}

/// A measured figure, one line of JSON.
struct Figure: Sendable {
  let name: String
  let value: Double
  let unit: String
  var details: [(String, String)] = []
  /// Whether it is the time of a workload's step: `work` and `ms` in JSON.
  var isStep = false
  /// What is printed behind the figures: the profile of a step.
  var note: String?

  var json: String {
    let first =
      isStep
      ? [("work", "\"\(name)\""), ("ms", Figure.number(value))]
      : [("name", "\"\(name)\""), ("value", Figure.number(value)), ("unit", "\"\(unit)\"")]
    let fields =
      first
      + details.map { ($0.0, Double($0.1) != nil ? $0.1 : "\"\($0.1)\"") }
    return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
  }

  static func number(_ value: Double) -> String { String(format: "%.4g", value) }
}

/// The median time of a closure in nanoseconds, over as many samples as fit a time.
///
/// Each sample repeats the closure until it takes 20 µs at least.
func medianNanoseconds(_ seconds: Double, _ body: () -> Void) -> Double {
  body()
  var repeats = 1
  while true {
    let begin = mk_clock()
    for _ in 0..<repeats { body() }
    if mk_clock() - begin > 20_000 || repeats > 1 << 24 { break }
    repeats *= 2
  }
  var samples: [Double] = []
  let end = mk_clock() + UInt64(seconds * 1e9)
  while mk_clock() < end || samples.count < 5 {
    let begin = mk_clock()
    for _ in 0..<repeats { body() }
    samples.append(Double(mk_clock() - begin) / Double(repeats))
  }
  samples.sort()
  return samples[samples.count / 2]
}

/// Runs a closure with a number of threads.
func withThreads<Result>(_ count: Int, _ body: () -> Result) -> Result {
  let before = mk_threads()
  mk_set_threads(UInt32(count))
  defer { mk_set_threads(before) }
  return body()
}
