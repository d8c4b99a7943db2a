import Testing

@testable import MartletTensors

@Suite struct ConstructionTests {
  @Test func `literals are float32 at any depth of nesting`() {
    #expect(Tensor(2).dtype == .float32)
    #expect(Tensor(2.5).dtype == .float32)
    #expect(Tensor([2.0]).dtype == .float32)
    #expect(Tensor([1, 2]).dtype == .float32)
    #expect(Tensor([1, 2.5]).scalars == [1, 2.5])
    #expect(Tensor([[1, 2], [3, 4]]).dtype == .float32)
    #expect(Tensor([[1, 2, 3], [4, 5, 6]]).shape == [2, 3])
    #expect(Tensor([[[1], [2]], [[3], [4]], [[5], [6]]]).shape == [3, 2, 1])
    #expect(Tensor([[[[1.5]]]]).shape == [1, 1, 1, 1])
    #expect(Tensor([[[[[1, 2]]]]]).shape == [1, 1, 1, 1, 2])
    #expect(Tensor([[[[[[1, 2]]]]]]).dtype == .float32)
    #expect(Tensor([1, 2, 3, 4], shape: [2, 2]).dtype == .float32)
    #expect(Tensor([-1, -2.5]).scalars == [-1, -2.5])
  }

  @Test func `typed arrays keep their type and Int becomes int32`() {
    let doubles: [Double] = [1, 2]
    let integers: [Int] = [1, 2]
    let rows: [[Int]] = [[1, 2], [3, 4]]
    let longs: [Int64] = [1, 2]
    let bytes: [[UInt8]] = [[1], [255]]
    #expect(Tensor(doubles).dtype == .float64)
    #expect(Tensor(integers).dtype == .int32)
    #expect(Tensor(integers, shape: [2, 1]).dtype == .int32)
    #expect(Tensor(rows).dtype == .int32)
    #expect(Tensor(rows).scalars(of: Int.self) == [1, 2, 3, 4])
    #expect(Tensor(longs).dtype == .int64)
    #expect(Tensor(bytes).dtype == .uint8)
    #expect(Tensor(bytes).scalars(of: Int.self) == [1, 255])
    #expect(Tensor([true, false]).dtype == .bool)
    #expect(Tensor([[true], [false]]).scalars(of: Bool.self) == [true, false])
    #expect(Tensor(integers[0]).dtype == .int32)
    #expect(Tensor(doubles[0]).dtype == .float64)
    #expect(Tensor(true).dtype == .bool)
  }

  @Test func `a named type converts`() {
    #expect(Tensor([1, 2], dtype: .int64).dtype == .int64)
    #expect(Tensor([1, 2], dtype: .int64).scalars(of: Int.self) == [1, 2])
    #expect(Tensor([[1.9, -1.9]], dtype: .int32).scalars(of: Int.self) == [1, -1])
    #expect(Tensor([0, 2, -1], dtype: .bool).scalars(of: Bool.self) == [false, true, true])
    #expect(Tensor(0.1, dtype: .float64).item() == 0.1)
    #expect(
      Tensor([9_007_199_254_740_993], dtype: .int64).item(of: Int.self) == 9_007_199_254_740_993)
    #expect(Tensor([Int32.max], dtype: .float64).item() == 2_147_483_647)
  }

  @Test func `empty arrays have empty shapes`() {
    #expect(Tensor([] as [Float]).shape == [0])
    #expect(Tensor([[], []] as [[Float]]).shape == [2, 0])
    #expect(Tensor([] as [[Double]]).shape == [0, 0])
    #expect(Tensor([[[]]] as [[[Int]]]).shape == [1, 1, 0])
  }

  @Test func `ranges become integers`() {
    #expect(Tensor(2..<5).scalars(of: Int.self) == [2, 3, 4])
    #expect(Tensor(-1...1).scalars(of: Int.self) == [-1, 0, 1])
    #expect(Tensor(3..<3).shape == [0])
    #expect(Tensor(0..<2, dtype: .float64).dtype == .float64)
  }

  @Test(arguments: DType.allCases)
  func `zeros, ones and full exist in every type`(dtype: DType) {
    #expect(Tensor.zeros([2, 3], dtype: dtype).scalars == [0, 0, 0, 0, 0, 0])
    #expect(Tensor.ones([2], dtype: dtype).scalars == [1, 1])
    #expect(Tensor.full([3], 7, dtype: dtype).scalars(of: Bool.self) == [true, true, true])
    #expect(Tensor.full([3], 7, dtype: dtype).dtype == dtype)
    #expect(Tensor.zeros([0, 2], dtype: dtype).scalars == [])
    #expect(Tensor.ones([], dtype: dtype).item() == 1)
    #expect(Tensor.eye(2, dtype: dtype).scalars == [1, 0, 0, 1])
    let x = Tensor.ones([2, 1], dtype: dtype)
    #expect(Tensor.zeros(like: x).dtype == dtype)
    #expect(Tensor.full(like: x, 3, dtype: .int32).shape == [2, 1])
    #expect(Tensor.ones(like: x, dtype: .float64).dtype == .float64)
  }

  // NumPy: np.eye(3, 4, k)
  @Test func `eye stands on any diagonal`() {
    #expect(Tensor.eye(2, 3).scalars == [1, 0, 0, 0, 1, 0])
    #expect(Tensor.eye(3, 4, offset: 2).scalars == [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    #expect(Tensor.eye(3, 2, offset: -1).scalars == [0, 0, 1, 0, 0, 1])
    #expect(Tensor.eye(2, offset: 2).scalars == [0, 0, 0, 0])
    #expect(Tensor.eye(2, offset: -5).scalars == [0, 0, 0, 0])
    #expect(Tensor.eye(0).shape == [0, 0])
    #expect(Tensor.eye(0, 3).shape == [0, 3])
  }

  // NumPy: np.arange
  @Test func `arange counts up and down`() {
    #expect(Tensor.arange(4).scalars(of: Int.self) == [0, 1, 2, 3])
    #expect(Tensor.arange(4).dtype == .int32)
    #expect(Tensor.arange(0).shape == [0])
    #expect(Tensor.arange(-3).shape == [0])
    #expect(Tensor.arange(from: 2, to: 9, by: 3).scalars(of: Int.self) == [2, 5, 8])
    #expect(Tensor.arange(from: 2, to: 8, by: 3).scalars(of: Int.self) == [2, 5])
    #expect(Tensor.arange(from: 5, to: 0, by: -2).scalars(of: Int.self) == [5, 3, 1])
    #expect(
      Tensor.arange(from: 5, to: 0, by: -2, dtype: .uint8).scalars(of: Int.self) == [5, 3, 1])
    #expect(Tensor.arange(from: 0, to: 5, by: -1).shape == [0])
    #expect(Tensor.arange(from: 0, to: 1, by: 0.25).scalars == [0, 0.25, 0.5, 0.75])
    #expect(Tensor.arange(from: 1.0, to: 0, by: -0.5, dtype: .float64).scalars == [1, 0.5])
    #expect(Tensor.arange(3, dtype: .float64).scalars == [0, 1, 2])
    let large = 4_611_686_018_427_387_904
    #expect(
      Tensor.arange(from: large, to: large + 3, dtype: .int64).scalars(of: Int.self)
        == [large, large + 1, large + 2])
  }

  // NumPy: np.linspace
  @Test func `linspace ends where it says`() {
    #expect(Tensor.linspace(from: 0, to: 1, count: 5).scalars == [0, 0.25, 0.5, 0.75, 1])
    #expect(
      Tensor.linspace(from: 0, to: 1, count: 4, includingEnd: false).scalars == [
        0, 0.25, 0.5, 0.75,
      ])
    #expect(Tensor.linspace(from: 3, to: 9, count: 1).scalars == [3])
    #expect(Tensor.linspace(from: 3, to: 9, count: 0).shape == [0])
    #expect(
      Tensor.linspace(from: 0.1, to: 0.7, count: 7, dtype: .float64).scalars(of: Double.self).last
        == 0.7)
    #expect(Tensor.linspace(from: 2, to: -2, count: 3, dtype: .int32).scalars == [2, 0, -2])
  }

  @Test func `ragged arrays trap with the caller's line`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([[1, 2, 3], [4, 5]])
    }
    expectMessage(
      result,
      """
      ConstructionTests.swift:\(#line - 6): Fatal error: Tensor: the nested arrays are ragged.
        expected arrays of the same length at each depth: 3 at depth 1, as in the first one
        got      one of 2
        fix      pad the shorter arrays
      """)
  }

  @Test func `elements that do not fit the shape trap`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2, 3], shape: [2, 2])
    }
    expectMessage(
      result,
      """
      ConstructionTests.swift:\(#line - 6): Fatal error: Tensor: the number of elements does not fit \
      the shape.
        expected 4 elements for shape [2, 2]
        got      3
      """)
  }

  @Test func `an integer past int32 traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let labels = [1, 3_000_000_000]
      _ = Tensor(labels)
    }
    expectMessage(
      result,
      """
      ConstructionTests.swift:\(#line - 7): Fatal error: Tensor: an integer does not fit the element \
      type.
        expected int32, -2147483648 to 2147483647
        got      3000000000
        fix      name a wider type, dtype: .int64 say
      """)
  }

  @Test func `negative sizes trap`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, -1])
    }
    expectMessage(result, "ConstructionTests.swift:\(#line - 3): Fatal error: ")
    expectMessage(result, "got      -1 at axis 1, shape [2, -1]")
  }

  @Test func `arange without a step traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.arange(from: 0, to: 3, by: 0)
    }
    expectMessage(
      result,
      """
      ConstructionTests.swift:\(#line - 6): Fatal error: arange: the step is 0.
        expected a positive or negative step
        got      0
      """)
  }
}
