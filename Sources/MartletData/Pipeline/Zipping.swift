/// How the elements of two sources become one.
enum Pairing: Sendable {
  /// Inputs to inputs, targets to targets, weights to weights.
  case sideBySide
  /// The inputs of the second are the targets for those of the first.
  case inputsAndTargets

  func callAsFunction(_ a: Batch, _ b: Batch) -> Batch {
    switch self {
    case .sideBySide:
      Batch(
        inputs: a.inputs + b.inputs, targets: a.targets + b.targets,
        weights: a.weights == nil && b.weights == nil ? nil : (a.weights ?? []) + (b.weights ?? []),
        inputNames: joined(a.inputNames, b.inputNames),
        targetNames: joined(a.targetNames, b.targetNames),
        weightNames: a.weights == nil || b.weights == nil
          ? a.weightNames ?? b.weightNames : joined(a.weightNames, b.weightNames))
    case .inputsAndTargets:
      Batch(
        inputs: a.inputs, targets: b.inputs, weights: a.weights, inputNames: a.inputNames,
        targetNames: b.inputNames, weightNames: a.weightNames)
    }
  }

  private func joined(_ a: [String]?, _ b: [String]?) -> [String]? {
    if let a, let b { a + b } else { nil }
  }
}

/// The elements of two indexed sources side by side, as many as the shorter one has.
struct Zipped: IndexedBatchSource {
  let first: any IndexedBatchSource
  let second: any IndexedBatchSource
  let pairing: Pairing

  var count: Int { min(first.count, second.count) }
  var cardinality: Cardinality {
    first.cardinality == .endless && second.cardinality == .endless ? .endless : .finite(count)
  }
  var seeds: [UInt64] { first.seeds + second.seeds }

  func reseeded(with seeds: [UInt64]) -> Zipped {
    let share = first.seeds.count
    return Zipped(
      first: first.reseeded(with: Array(seeds.prefix(share))),
      second: second.reseeded(with: Array(seeds.dropFirst(share))), pairing: pairing)
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    try pairing(
      first.element(at: index, epoch: epoch), second.element(at: index, epoch: epoch))
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    try pairing(first.stacked(indices, epoch: epoch), second.stacked(indices, epoch: epoch))
  }
}

/// The elements of any two sources side by side, until one of them ends.
struct StreamZipped: BatchSource, Sendable {
  let first: any BatchSource & Sendable
  let second: any BatchSource & Sendable
  let pairing: Pairing

  var cardinality: Cardinality {
    switch (first.cardinality, second.cardinality) {
    case (.finite(let a), .finite(let b)): .finite(min(a, b))
    case (.finite(let count), .endless), (.endless, .finite(let count)): .finite(count)
    case (.endless, .endless): .endless
    default: .unknown
    }
  }
  var seeds: [UInt64] { first.seeds + second.seeds }

  func reseeded(with seeds: [UInt64]) -> StreamZipped {
    let share = first.seeds.count
    return StreamZipped(
      first: first.reseeded(with: Array(seeds.prefix(share))),
      second: second.reseeded(with: Array(seeds.dropFirst(share))), pairing: pairing)
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    let readers = (
      try first.makeReader(epoch: epoch, from: position),
      try second.makeReader(epoch: epoch, from: position)
    )
    return ClosureReader {
      guard let a = try readers.0.next(), let b = try readers.1.next() else { return nil }
      return pairing(a, b)
    }
  }
}
