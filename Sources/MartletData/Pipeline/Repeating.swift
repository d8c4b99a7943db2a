/// The elements of an indexed source several times over, or for ever.
struct Repeated: IndexedBatchSource {
  let upstream: any IndexedBatchSource
  /// How often; nil for ever.
  let times: Int?

  var count: Int {
    guard let times else { return upstream.count == 0 ? 0 : .max }
    return upstream.count * times
  }
  var cardinality: Cardinality {
    times == nil && upstream.count > 0 ? .endless : .finite(count)
  }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> Repeated {
    Repeated(upstream: upstream.reseeded(with: seeds), times: times)
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    try upstream.element(
      at: index % upstream.count,
      epoch: innerEpoch(epoch, pass: index / upstream.count, of: times))
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    let pass = (indices.first ?? 0) / max(upstream.count, 1)
    guard indices.allSatisfy({ $0 / upstream.count == pass }) else {
      return try Batch.stacked(indices.map { try element(at: $0, epoch: epoch) })
    }
    return try upstream.stacked(
      indices.map { $0 - pass * upstream.count },
      epoch: innerEpoch(epoch, pass: pass, of: times))
  }
}

/// The epoch that a repeated source reads in one of its passes: each has its own.
private func innerEpoch(_ epoch: Int, pass: Int, of times: Int?) -> Int {
  times.map { epoch * $0 + pass } ?? epoch << 32 + pass
}

/// The elements of any source several times over, or for ever.
struct StreamRepeated: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  let times: Int?

  var cardinality: Cardinality {
    switch (upstream.cardinality, times) {
    case (.finite(let count), let times?): .finite(count * times)
    case (.finite(0), nil): .finite(0)
    case (.finite, nil), (.endless, _): .endless
    case (.unknown, _): .unknown
    }
  }
  var seeds: [UInt64] { upstream.seeds }

  func reseeded(with seeds: [UInt64]) -> StreamRepeated {
    StreamRepeated(upstream: upstream.reseeded(with: seeds), times: times)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    var (pass, start) = (0, position)
    // Where the passes' length is known, whole ones need not be read again.
    let length = upstream.cardinality.count
    if let length, length > 0 { (pass, start) = position.quotientAndRemainder(dividingBy: length) }
    var reader: (any BatchReader)?
    var isEmpty = false
    let repeated = ClosureReader {
      while !isEmpty, pass < times ?? .max {
        let isNew = reader == nil
        let current =
          try reader
          ?? upstream.makeReader(
            epoch: innerEpoch(epoch, pass: pass, of: times), from: length == nil ? 0 : start)
        reader = current
        if let batch = try current.next() { return batch }
        // A pass without an element would be repeated for ever.
        isEmpty = isNew && start == 0
        (reader, start) = (nil, 0)
        pass += 1
      }
      return nil
    }
    if length == nil {
      start = 0
      try repeated.discard(position)
    }
    return repeated
  }
}
