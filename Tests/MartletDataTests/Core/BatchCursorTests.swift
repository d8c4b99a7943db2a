import Foundation
import MartletTensors
import Testing

@testable import MartletData

@Suite struct BatchCursorTests {
  /// The pipelines that must resume, all over the same numbers.
  static let pipelines: [(name: String, make: @Sendable (TensorDataset) -> Dataset)] = [
    ("in memory", { Dataset($0.shuffled(seed: 1).batched(4)) }),
    ("random map", { Dataset($0.shuffled(seed: 1)).map(seed: 2, jitter).batched(4) }),
    ("map of batches", { Dataset($0.batched(4)).map(seed: 2, jitter) }),
    ("buffer", { Dataset($0).shuffled(seed: 3, buffer: 7).batched(4).map(seed: 4, jitter) }),
    ("repeated", { Dataset($0.shuffled(seed: 5)).repeated().batched(4).taking(11) }),
    ("filter", { Dataset($0).filter { $0.targets[0].item() != 3 }.repeated(3).batched(4) }),
    ("cache", { Dataset($0.shuffled(seed: 6)).cached().shuffled(seed: 7).batched(4) }),
    ("prefetch", { Dataset($0.shuffled(seed: 8).batched(4)).map(seed: 9, jitter).prefetched(3) }),
    ("zip", { Dataset($0.shuffled(seed: 1)).zipped(with: $0.shuffled(seed: 2)).batched(4) }),
    (
      "stream",
      { data in
        Dataset { epoch in
          let reader = try data.makeReader(epoch: epoch, from: 0)
          return { try reader.next() }
        }.shuffled(seed: 1, buffer: 5).map(seed: 2, jitter).cached().repeated(2).batched(4)
      }
    ),
  ]

  @Sendable static func jitter(_ x: Tensor, _ y: Tensor) -> (Tensor, Tensor) {
    (x + Tensor.randomUniform(x.shape), y)
  }

  private func numbers(_ batch: Batch) -> [[Float]] { batch.tensors.map { $0.scalars } }

  @Test(arguments: pipelines.indices)
  func `reading goes on with the same bits`(index: Int) throws {
    let make = Self.pipelines[index].make
    let data = try numbered(23)
    let whole = BatchCursor(make(data))
    var expected: [[[Float]]] = []
    for epoch in 0..<2 {
      whole.start(epoch: epoch)
      while let batch = try whole.next() { expected.append(numbers(batch)) }
    }
    let perEpoch = expected.count / 2
    #expect(perEpoch >= 5)
    for stop in [0, 1, 3, perEpoch - 1] {
      let first = BatchCursor(make(data), epoch: 1)
      for _ in 0..<stop { _ = try first.next() }
      let saved = try JSONEncoder().encode(first.state)
      let state = try JSONDecoder().decode(DatasetState.self, from: saved)
      let second = try BatchCursor(make(data), resuming: state)
      #expect(second.position == stop)
      var rest: [[[Float]]] = []
      while let batch = try second.next() { rest.append(numbers(batch)) }
      #expect(rest == Array(expected[(perEpoch + stop)...]), "\(Self.pipelines[index].name)")
    }
  }

  @Test func `a state brings its seeds along`() throws {
    let data = try numbered(30)
    let first = BatchCursor(data.shuffled().batched(30))
    let resumed = try BatchCursor(data.shuffled().batched(30), resuming: first.state)
    #expect(try resumed.next().map(numbers) == first.next().map(numbers))
    #expect(first.state.seeds.count == 1)
  }

  @Test func `a state of another data set is refused`() throws {
    let data = try numbered(4)
    let state = BatchCursor(data.batched(2)).state
    #expect(throws: Diagnostic.self) {
      try BatchCursor(data.shuffled(seed: 1).batched(2), resuming: state)
    }
  }
}
