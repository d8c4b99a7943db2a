/// A source of random numbers: a seed, and a count of the draws made from it.
///
/// Every random tensor takes one draw when it is recorded; its elements are then a function of seed,
/// draw and position alone, whatever the threads, the order of evaluation or a recomputation.
/// Saving `seed` and `draws` saves the whole state.
///
/// Unchecked `Sendable`: guarded by a lock.
public final class RandomSource: @unchecked Sendable {
  /// What tells this source from others.
  public var seed: UInt64 { lock.withLock { state.seed } }
  private let lock = Lock()
  private var state: (seed: UInt64, draws: UInt64)

  /// Creates a source; `draws` continues one that was saved.
  public init(seed: UInt64, draws: UInt64 = 0) {
    state = (seed, draws)
  }

  /// A source that nobody can foresee.
  public convenience init() { self.init(seed: .random(in: .min ... .max)) }

  /// The number of draws made so far.
  public var draws: UInt64 {
    get { lock.withLock { state.draws } }
    set { lock.withLock { state.draws = newValue } }
  }

  /// Starts the source over from a saved state, or from a new seed.
  public func restart(seed: UInt64, draws: UInt64 = 0) {
    lock.withLock { state = (seed, draws) }
  }

  /// A source of its own for a layer or a data set, with a seed that depends only on this source's
  /// state: the next draw.
  public func makeSource() -> RandomSource {
    Replay.refuse()
    let key = DrawnKeys.next { .constant(bits: nextKey(), .int64) }
    guard let (seed, draw) = (key.node.operation as? Constant)?.bits else {
      internalError("a key is no constant")
    }
    return RandomSource(seed: RandomSource.mixed(seed, draw))
  }

  /// Two numbers as one that looks like neither (the finalizer of SplitMix64).
  private static func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var z = a &+ b &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The key of the next draw.
  func nextKey() -> (UInt64, UInt64) {
    lock.withLock {
      state.draws += 1
      return (state.seed, state.draws)
    }
  }

  /// The source that `withRandomSeed` set for the running task.
  @TaskLocal static var current: RandomSource?

  /// The source to draw from where none is named.
  public static var implicit: RandomSource { current ?? shared }

  fileprivate static let shared = RandomSource()
}

/// Makes everything random that follows, and names no source, reproducible: the same numbers in every
/// run of the program.
///
/// Call it first thing in a program; inside `withRandomSeed` that scope's seed holds.
public func setRandomSeed(_ seed: UInt64) { RandomSource.shared.restart(seed: seed) }

/// Runs a closure in which every random tensor that names no source draws from one with this seed:
/// the same numbers every time.
public func withRandomSeed<Result>(
  _ seed: UInt64, _ body: () throws -> Result
) rethrows -> Result {
  try RandomSource.$current.withValue(RandomSource(seed: seed), operation: body)
}

/// The same for a closure that suspends.
public func withRandomSeed<Result>(
  _ seed: UInt64, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async rethrows -> Result {
  try await RandomSource.$current.withValue(RandomSource(seed: seed), operation: body)
}
