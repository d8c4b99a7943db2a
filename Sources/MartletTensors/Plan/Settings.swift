import CKernels

/// How many threads evaluations may use, the caller's among them, where `withThreads` says nothing.
///
/// At first as many as the process may run on (its affinity mask), or what the environment variable
/// `MARTLET_THREADS` says. No result depends on it: the bits are the same for any number.
public enum Threads {
  /// The number of threads, 1 at least and 64 at most.
  public static var count: Int {
    get { Int(mk_threads()) }
    set { mk_set_threads(UInt32(clamping: Swift.max(newValue, 1))) }
  }
}

/// What of the process and the thread shapes plans besides the graph.
struct PlanSettings: Equatable {
  let threads: Int
  let level: Int
  let fusion: Bool
  let winograd: Bool

  init(_ recorder: Recorder) {
    threads = recorder.threads ?? Threads.count
    level = Int(mk_isa())
    fusion = recorder.fusion
    winograd = recorder.winograd
  }
}

/// The plans that are kept for graphs that were asked for before.
public enum Plans {
  /// How many plans are kept, the bytes they occupy, and how many were made since the start.
  public static var statistics: (count: Int, byteCount: Int, made: Int) {
    PlanCache.shared.statistics
  }

  /// Forgets all plans and gives their memory back.
  public static func removeAll() { PlanCache.shared.removeAll() }
}

/// Runs a closure whose evaluations use at most `count` threads, the caller's among them: 1 leaves the
/// other processors to the rest of the program.
///
/// No result depends on it, and no other thread of the program notices.
public func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
  try Recorder.with(\.threads, min(max(count, 1), Int(MK_MOST_THREADS)), body)
}

/// Runs a closure in which every operation is a kernel of its own: for finding out what fusion does.
///
/// The bits of all results are the same with and without.
public func withoutFusion<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Recorder.with(\.fusion, false, body)
}

/// Runs a closure in which every convolution is summed directly: without Winograd's way of few
/// multiplications.
///
/// Convolutions in float32 with windows of 3 × 3 or 5 × 5 elements, one apart, and 32 channels or
/// more on both sides are otherwise worked out from transformed squares, several times as fast. The
/// results of both differ from the true sums by rounding: measured, at most 2e-6 of the largest
/// element, where direct sums are off by up to 1e-6. Other types and shapes are always direct. The
/// environment variable `MARTLET_WINOGRAD`, if it is 0, does the same for a whole process.
///
/// - Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
public func withoutWinograd<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Recorder.with(\.winograd, false, body)
}
