/// Some elements of an indexed source, by their numbers.
struct Selected: IndexedBatchSource {
  /// Which elements: a range, or any numbers.
  enum Choice: Sendable {
    case range(Range<Int>)
    case numbers([Int])

    var count: Int {
      switch self {
      case .range(let range): range.count
      case .numbers(let numbers): numbers.count
      }
    }

    subscript(index: Int) -> Int {
      switch self {
      case .range(let range): range.lowerBound + index
      case .numbers(let numbers): numbers[index]
      }
    }
  }

  let upstream: any IndexedBatchSource
  let choice: Choice

  var count: Int { choice.count }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> Selected {
    Selected(upstream: upstream.reseeded(with: seeds), choice: choice)
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    try upstream.element(at: choice[index], epoch: epoch)
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    try upstream.stacked(indices.map { choice[$0] }, epoch: epoch)
  }
}

/// Some elements of any source: after `skipped` of them, at most `limit`, of those that `isKept`.
struct StreamSelected: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  var skipped = 0
  var limit: Int?
  var isKept: (@Sendable (Batch) throws -> Bool)?

  var cardinality: Cardinality {
    if isKept != nil { return .unknown }
    switch upstream.cardinality {
    case .finite(let count): return .finite(min(max(count - skipped, 0), limit ?? .max))
    case .endless: return limit.map(Cardinality.finite) ?? .endless
    case .unknown: return limit == 0 ? .finite(0) : .unknown
    }
  }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> StreamSelected {
    StreamSelected(
      upstream: upstream.reseeded(with: seeds), skipped: skipped, limit: limit, isKept: isKept)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    // What a condition leaves out is known only by reading.
    let start = isKept == nil ? position : 0
    let reader = try upstream.makeReader(epoch: epoch, from: skipped + start)
    var left = (limit ?? .max) - start
    let selected = ClosureReader {
      while left > 0, let batch = try reader.next() {
        guard try isKept?(batch) ?? true else { continue }
        left -= 1
        return batch
      }
      return nil
    }
    if isKept != nil { try selected.discard(position) }
    return selected
  }
}
