import Foundation
import MartletTensors

/// A closure that makes another element of an element, and the seed of what it draws.
///
/// It runs with the tensors' random numbers tied to seed, epoch and position, so that neither the
/// thread nor the order of the calls matters.
struct Transform: Sendable {
  let seed: UInt64
  let body: @Sendable (Batch) throws -> Batch

  func callAsFunction(_ element: Batch, at index: Int, epoch: Int) throws -> Batch {
    var random = KeyedRandom(seed: seed, epoch, index)
    return try withRandomSeed(random.next()) { try body(element).evaluated() }
  }

  /// How many elements are made at once.
  static let width = max(ProcessInfo.processInfo.activeProcessorCount, 1)

  /// What a closure makes of the numbers `0 ..< count`, on several threads, in their order.
  static func inParallel<Value: Sendable>(
    _ count: Int, _ body: @Sendable (Int) throws -> Value
  ) -> [Result<Value, any Error>] {
    if count == 1 || width == 1 { return (0..<count).map { index in Result { try body(index) } } }
    let results = Slots<Result<Value, any Error>>(count)
    // Runs of neighbours, so that handing out work costs little.
    let runs = min(count, 4 * width)
    DispatchQueue.concurrentPerform(iterations: runs) { run in
      for index in (run * count / runs)..<((run + 1) * count / runs) {
        results[index] = Result { try body(index) }
      }
    }
    return results.filled()
  }
}

/// Places that several threads fill, each its own.
///
/// Unchecked `Sendable`: no place is touched by two threads, and nobody reads before all are done.
private final class Slots<Value>: @unchecked Sendable {
  private let places: UnsafeMutablePointer<Value?>
  private let count: Int

  init(_ count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil, count: count)
    self.count = count
  }

  deinit {
    places.deinitialize(count: count)
    places.deallocate()
  }

  subscript(index: Int) -> Value? {
    get { places[index] }
    set { places[index] = newValue }
  }

  func filled() -> [Value] { (0..<count).compactMap { places[$0] } }
}

/// The elements that a closure makes of those of an indexed source.
struct Mapped: IndexedBatchSource {
  let upstream: any IndexedBatchSource
  let transform: Transform

  var count: Int { upstream.count }
  var cardinality: Cardinality { upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds + [transform.seed] }

  func reseeded(with seeds: [UInt64]) -> Mapped {
    Mapped(
      upstream: upstream.reseeded(with: seeds.dropLast()),
      transform: Transform(seed: seeds.last ?? transform.seed, body: transform.body))
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    try transform(upstream.element(at: index, epoch: epoch), at: index, epoch: epoch)
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    let elements = Transform.inParallel(indices.count) { place in
      try element(at: indices[place], epoch: epoch)
    }
    return try Batch.stacked(elements.map { try $0.get() })
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    var next = position
    return WindowReader { width in
      let start = next
      next = min(next + width, count)
      if start >= next { return [] }
      return Transform.inParallel(next - start) { try element(at: start + $0, epoch: epoch) }
    }
  }
}

/// The elements that a closure makes of those of any source.
struct StreamMapped: BatchSource, Sendable {
  let upstream: any BatchSource & Sendable
  let transform: Transform

  var cardinality: Cardinality { upstream.cardinality }
  var seeds: [UInt64] { upstream.seeds + [transform.seed] }

  func reseeded(with seeds: [UInt64]) -> StreamMapped {
    StreamMapped(
      upstream: upstream.reseeded(with: seeds.dropLast()),
      transform: Transform(seed: seeds.last ?? transform.seed, body: transform.body))
  }

  func makeReader(epoch: Int, from position: Int) throws -> any BatchReader {
    let reader = try upstream.makeReader(epoch: epoch, from: position)
    var next = position
    return WindowReader { width in
      var elements: [Batch] = []
      var failure: (any Error)?
      do {
        while elements.count < width, let element = try reader.next() { elements.append(element) }
      } catch {
        // What was read before the failure still comes before it.
        failure = error
      }
      let start = next
      next += elements.count
      let found = elements
      let made = Transform.inParallel(found.count) {
        try transform(found[$0], at: start + $0, epoch: epoch)
      }
      return made + (failure.map { [.failure($0)] } ?? [])
    }
  }
}

/// Hands out one by one what is made several at once.
private final class WindowReader: BatchReader {
  private let make: (_ width: Int) throws -> [Result<Batch, any Error>]
  private var window: [Result<Batch, any Error>] = []

  init(_ make: @escaping (_ width: Int) throws -> [Result<Batch, any Error>]) { self.make = make }

  func next() throws -> Batch? {
    if window.isEmpty { window = try make(Transform.width).reversed() }
    return try window.popLast()?.get()
  }
}
