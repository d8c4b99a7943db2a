import Foundation
import MartletTensors
import Testing

@testable import MartletData

/// A data set whose row i is [i, 10 i], with the label i.
func numbered(_ count: Int) throws -> TensorDataset {
  let rows = (0..<count).flatMap { [Float($0), Float(10 * $0)] }
  return try TensorDataset(Tensor(rows, shape: [count, 2]), Tensor(0..<count))
}

/// The labels of all batches, in their order.
func labels(_ pairs: some Sequence<(Tensor, Tensor)>) -> [[Int]] {
  pairs.map { (pair: (Tensor, Tensor)) in pair.1.scalars(of: Int.self) }
}

@Suite struct TensorDatasetTests {
  @Test func `rows come in batches, in order, the last one short`() throws {
    let batches = try numbered(7).batched(3)
    #expect(batches.count == 3)
    #expect(labels(batches) == [[0, 1, 2], [3, 4, 5], [6]])
    for (x, y) in batches {
      #expect(x.shape == [y.count, 2])
      #expect(x[.all, 1].scalars == y.scalars.map { 10 * $0 })
    }
    #expect(labels(try numbered(7).batched(3, dropRemainder: true)) == [[0, 1, 2], [3, 4, 5]])
    #expect(try numbered(6).batched(3).count == 2)
  }

  @Test func `without batches, elements are single rows`() throws {
    var seen: [Int] = []
    for (x, y) in try numbered(3) {
      #expect(x.shape == [2])
      #expect(y.shape == [])
      seen.append(y.item(of: Int.self))
    }
    #expect(seen == [0, 1, 2])
  }

  @Test func `each epoch has an order of its own, and the same for the same seed`() throws {
    let data = try numbered(50)
    let batches = data.shuffled(seed: 1).batched(50)
    let (first, second) = (labels(batches), labels(batches))
    #expect(first != second)
    #expect(first[0].sorted() == Array(0..<50))
    #expect(labels(data.shuffled(seed: 1).batched(50)) == first)
    #expect(labels(batches.epoch(1)) == second)
    #expect(labels(data.shuffled(seed: 2).batched(50)) != first)
    batches.nextEpoch = 0
    #expect(labels(batches) == first)
    let frozen = data.shuffled(seed: 1, anewEachEpoch: false).batched(50)
    #expect(labels(frozen) == labels(frozen))
  }

  @Test func `without a seed, the program's seed decides`() throws {
    let data = try numbered(50)
    func order(_ seed: UInt64) -> [[Int]] {
      withRandomSeed(seed) { labels(data.shuffled().batched(50)) }
    }
    #expect(order(3) == order(3))
    #expect(order(3) != order(4))
  }

  @Test func `a pair can be made of each pair`() throws {
    let batches = try numbered(5).batched(2).map { x, y in (x * 2, y) }
    for (x, y) in batches { #expect(x[.all, 0].scalars == y.scalars.map { 2 * $0 }) }
    let sums = batches.map { x, _ in x.sum().item() }
    #expect(sums == [22, 110, 88])
  }

  @Test func `steps compose`() throws {
    let data = try numbered(10)
    #expect(labels(data.taking(4).batched(4)) == [[0, 1, 2, 3]])
    #expect(labels(data.skipping(8).batched(4)) == [[8, 9]])
    #expect(labels(data.selecting([7, 1]).batched(4)) == [[7, 1]])
    #expect(labels(data.taking(2).repeated(2).batched(3)) == [[0, 1, 0], [1]])
    #expect(data.repeated().cardinality == .endless)
    #expect(data.repeated().batched(3).batchCount == nil)
    let endless = data.repeated().batched(4).taking(4)
    #expect(labels(endless) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1], [2, 3, 4, 5]])
  }

  @Test func `several inputs, targets and weights keep their names and stay together`() throws {
    let x = Tensor([0, 1, 2, 3])
    var rows = Batch(inputs: ["b": x, "a": x * 10], targets: ["y": x * 2])
    rows.weights = [x / 4]
    let batch = try #require(
      Array(TensorDataset(rows).shuffled(seed: 5).batched(4).elements()).first)
    #expect(batch.inputNames == ["a", "b"])
    #expect(batch.targetNames == ["y"])
    let order = batch.inputs[1].scalars
    #expect(batch.inputs[0].scalars == order.map { 10 * $0 })
    #expect(batch.targets[0].scalars == order.map { 2 * $0 })
    #expect(batch.weights?[0].scalars == order.map { $0 / 4 })
  }

  @Test func `every element type can be gathered`() throws {
    for dtype in DType.allCases {
      let x = Tensor([0, 1, 0, 1, 1, 0], dtype: dtype).reshaped(to: [3, 2])
      let batch = try TensorDataset(x).selecting([2, 0]).batched(2).element(at: 0, epoch: 0)
      #expect(batch.inputs[0].dtype == dtype)
      #expect(batch.inputs[0].scalars(of: Int.self) == [1, 0, 0, 1])
    }
  }

  @Test func `tensors of different lengths are refused`() throws {
    let error = #expect(throws: Diagnostic.self) {
      try TensorDataset(Tensor.zeros([4, 2]), Tensor.zeros([3]))
    }
    #expect(error?.got?.contains("[4, 2]") == true)
    #expect(throws: Diagnostic.self) { try TensorDataset(Tensor(1)) }
  }
}
