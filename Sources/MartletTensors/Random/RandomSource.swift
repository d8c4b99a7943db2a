/// A source of random numbers: a seed, and a count of the draws made from it.
///
/// Every random tensor takes one draw when it is recorded; its elements are then a function of seed,
/// draw and position alone, whatever the threads, the order of evaluation or a recomputation.
/// Saving `seed` and `draws` saves the whole state.
///
/// Unchecked `Sendable`: guarded by a lock.
public final class RandomSource: @unchecked Sendable {
  /// What tells this source from others.
  public let seed: UInt64
  private let lock = Lock()
  private var drawn: UInt64

  /// Creates a source; `draws` continues one that was saved.
  public init(seed: UInt64, draws: UInt64 = 0) {
    self.seed = seed
    drawn = draws
  }

  /// A source that nobody can foresee.
  public convenience init() { self.init(seed: .random(in: .min ... .max)) }

  /// The number of draws made so far.
  public var draws: UInt64 {
    get { lock.withLock { drawn } }
    set { lock.withLock { drawn = newValue } }
  }

  /// The key of the next draw.
  func nextKey() -> (UInt64, UInt64) {
    lock.withLock {
      drawn += 1
      return (seed, drawn)
    }
  }

  /// The source that `withRandomSeed` set for the running task.
  @TaskLocal static var current: RandomSource?

  /// The source to draw from where none is named.
  static var implicit: RandomSource { current ?? shared }

  private static let shared = RandomSource()
}

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
