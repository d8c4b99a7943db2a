import MartletTensors
import Testing

@testable import MartletData

/// Elements that a closure gives one by one: 0, 1, 2, … as input and target.
func counting(_ count: Int, failingAt failure: Int? = nil) -> Dataset {
  Dataset { _ in
    var next = 0
    return {
      if next == failure { throw Diagnostic("test", "element \(next) is broken") }
      if next == count { return nil }
      defer { next += 1 }
      return Batch(Tensor(Float(next)), Tensor(Float(next)))
    }
  }
}

/// The targets of all elements of an epoch.
func targets(_ data: some BatchSource, epoch: Int = 0) throws -> [[Int]] {
  var result: [[Int]] = []
  let reader = try data.makeReader(epoch: epoch, from: 0)
  while let batch = try reader.next() { result.append(batch.targets[0].scalars(of: Int.self)) }
  return result
}

@Suite struct DatasetTests {
  @Test func `each reading is the next epoch`() throws {
    let data = Dataset(try numbered(20).shuffled(seed: 1)).batched(20)
    func order(epoch: Int? = nil) throws -> [Int] {
      var result: [Int] = []
      try data.forEachBatch(epoch: epoch) { _, y in result += y.scalars(of: Int.self) }
      return result
    }
    let first = try order()
    #expect(try order() != first)
    #expect(data.nextEpoch == 2)
    #expect(try order(epoch: 0) == first)
    data.nextEpoch = 0
    #expect(try order() == first)
  }

  @Test func `what a reader throws comes through every step`() throws {
    let broken = counting(100, failingAt: 10)
    for data in [
      broken, broken.map { x, y in (x + 1, y) }, broken.batched(4), broken.prefetched(3),
      broken.shuffled(seed: 1, buffer: 3), broken.cached(), broken.repeated(2), broken.taking(50),
      broken.zipped(with: counting(100)), broken.filter { _ in true },
      broken.map { x, y in (x + 1, y) }.batched(4).prefetched(),
    ] {
      var count = 0
      let error = #expect(throws: Diagnostic.self) {
        try data.forEachBatch { batch in count += max(batch.sampleCount, 1) }
      }
      #expect(error?.what == "element 10 is broken")
      #expect(count <= 10)
    }
  }

  @Test func `a closure's error ends the reading`() throws {
    struct Stop: Error {}
    var count = 0
    #expect(throws: Stop.self) {
      try counting(100).prefetched(2).forEachBatch { _ in
        count += 1
        if count == 3 { throw Stop() }
      }
    }
    #expect(count == 3)
  }

  @Test func `elements without a target are no pairs`() throws {
    let data = Dataset(try TensorDataset(Tensor([1, 2, 3])))
    #expect(throws: Diagnostic.self) { try data.forEachBatch { x, y in } }
    #expect(throws: Diagnostic.self) { try data.map { x, y in (x, y) }.forEachBatch { _ in } }
  }

  @Test func `one's own source is a data set`() throws {
    struct Squares: IndexedBatchSource {
      var count: Int { 6 }
      func element(at index: Int, epoch: Int) -> Batch {
        Batch(Tensor(Float(index)), Tensor(Float(index * index)))
      }
    }
    let data = Dataset(Squares()).shuffled(seed: 1).batched(4)
    #expect(data.batchCount == 2)
    #expect(try targets(data).flatMap { $0 }.sorted() == [0, 1, 4, 9, 16, 25])
  }

  @Test func `any sequence of batches is a source`() throws {
    let pairs = [(Tensor([1]), Tensor([10])), (Tensor([2]), Tensor([20]))]
    let source = SequenceBatches(pairs)
    #expect(source.batchCount == 2)
    #expect(try targets(source) == [[10], [20]])
    let reader = try source.makeReader(epoch: 3, from: 1)
    #expect(try reader.next()?.targets[0].scalars == [20])
    #expect(try targets(SequenceBatches(pairs.lazy.map { Batch($0.0, $0.1) })) == [[10], [20]])
  }

  @Test func `an element describes itself`() {
    let batch = Batch(
      inputs: ["b": Tensor([1, 2]), "a": Tensor(1)], targets: ["y": Tensor([1], dtype: .int32)])
    #expect(batch.description == "(a: [] float32, b: [2] float32) → (y: [1] int32)")
    #expect(Batch(Tensor([1])).description == "([1] float32)")
  }
}
