import MartletTensors
import Testing

@testable import MartletData

@Suite struct SplittingTests {
  private func numbers(_ data: TensorDataset) -> [Int] {
    data.map { (pair: (Tensor, Tensor)) in pair.1.item(of: Int.self) }
  }

  // Keras 3.15: split_dataset(range(10), left_size=0.8), (…, right_size=3), (…, left_size=0.25).
  @Test func `sizes are Keras'`() throws {
    let data = try numbered(10)
    let (left, right) = try splitDataset(data, leftSize: 0.8)
    #expect(numbers(left) == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(numbers(right) == [8, 9])
    #expect(try numbers(splitDataset(data, rightSize: 3).right) == [7, 8, 9])
    let quarter = try splitDataset(data, leftSize: 0.25)
    #expect(quarter.left.count == 2 && quarter.right.count == 8)
    let gap = try splitDataset(data, leftSize: 2, rightSize: 3)
    #expect(numbers(gap.left) == [0, 1] && numbers(gap.right) == [7, 8, 9])
  }

  @Test func `a seed decides the order`() throws {
    let data = try numbered(100)
    let (left, right) = try splitDataset(data, leftSize: 0.7, shuffle: true, seed: 4)
    #expect(Set(numbers(left) + numbers(right)) == Set(0..<100))
    #expect(numbers(left) != Array(0..<70))
    #expect(
      try numbers(splitDataset(data, leftSize: 0.7, shuffle: true, seed: 4).left) == numbers(left))
  }

  @Test(arguments: [true, false])
  func `stratified parts have each class in its proportion`(shuffle: Bool) throws {
    // 60 of class 0, 30 of class 1, 10 of class 5, mixed.
    let classes = (0..<100).map { $0 % 10 < 6 ? 0 : $0 % 10 < 9 ? 1 : 5 }
    let (left, right) = try splitDataset(
      numbered(100), leftSize: 0.8, shuffle: shuffle,
      stratifiedBy: Tensor(classes), seed: 1)
    func count(_ data: TensorDataset, _ name: Int) -> Int {
      numbers(data).filter { classes[$0] == name }.count
    }
    #expect([0, 1, 5].map { count(left, $0) } == [48, 24, 8])
    #expect([0, 1, 5].map { count(right, $0) } == [12, 6, 2])
    #expect(Set(numbers(left)).isDisjoint(with: numbers(right)))
    #expect((numbers(left) == numbers(left).sorted()) == !shuffle)
  }

  @Test func `proportions that do not come out whole still add up`() throws {
    let classes = [0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2]
    let split = try trainTestSplit(
      Tensor(0..<11), Tensor(classes), testSize: 4, stratifiedBy: Tensor(classes), seed: 2)
    // 4 · 3/11 = 1.09, 4 · 2/11 = 0.73, 4 · 6/11 = 2.18.
    #expect(split.test.y.scalars.sorted() == [0, 1, 2, 2])
    #expect(split.train.y.count == 7)
    let all = split.train.x.scalars(of: Int.self) + split.test.x.scalars(of: Int.self)
    #expect(all.sorted() == Array(0..<11))
  }

  @Test func `rows of both tensors stay together`() throws {
    let split = try trainTestSplit(Tensor(0..<20), Tensor(100..<120), seed: 3)
    #expect(split.test.x.count == 5 && split.train.x.count == 15)
    #expect((split.test.y - split.test.x).scalars == [Float](repeating: 100, count: 5))
    #expect((split.train.y - split.train.x).scalars == [Float](repeating: 100, count: 15))
  }

  @Test func `empty and overlapping parts are refused`() throws {
    let data = try numbered(10)
    #expect(throws: Diagnostic.self) { try splitDataset(data) }
    #expect(throws: Diagnostic.self) { try splitDataset(data, leftSize: 10) }
    #expect(throws: Diagnostic.self) { try splitDataset(data, leftSize: 0.01) }
    #expect(throws: Diagnostic.self) { try splitDataset(data, leftSize: 1.0) }
    #expect(throws: Diagnostic.self) { try splitDataset(data, leftSize: 0.8, rightSize: 0.4) }
    #expect(throws: Diagnostic.self) {
      try splitDataset(data, leftSize: 0.5, stratifiedBy: Tensor.zeros([10, 2], dtype: .int32))
    }
    #expect(throws: Diagnostic.self) { try trainTestSplit(Tensor(0..<4), Tensor(0..<5)) }
  }
}
