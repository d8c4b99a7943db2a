import Testing

@testable import MartletTensors

// Expected values were read off NumPy 2.4.6: x = np.arange(24).reshape(2, 3, 4) and so on.

@Suite struct SubscriptTests {
  let x = Tensor.arange(24).reshaped(to: [2, 3, 4])
  let row = Tensor.arange(10)

  func positions(_ elements: [Int], _ shape: Shape? = nil) -> Tensor {
    Tensor(elements, shape: shape ?? [elements.count])
  }

  func integers(_ tensor: Tensor) -> [Int] { tensor.scalars(of: Int.self) }

  @Test func `a position drops its axis`() {
    #expect(x[1].shape == [3, 4])
    #expect(integers(x[1, 2]) == [20, 21, 22, 23])
    #expect(integers(x[-1, -3]) == [12, 13, 14, 15])
    #expect(x[1, 2, 3].shape == [])
    #expect(x[1, 2, 3].item() == 23)
    let k = 1
    #expect(integers(x[k - 1, k]) == [4, 5, 6, 7])
  }

  @Test func `ranges keep their axis`() {
    #expect(integers(row[2..<5]) == [2, 3, 4])
    #expect(integers(row[2...4]) == [2, 3, 4])
    #expect(integers(row[7...]) == [7, 8, 9])
    #expect(integers(row[(-3)...]) == [7, 8, 9])
    #expect(integers(row[..<2]) == [0, 1])
    #expect(integers(row[..<(-8)]) == [0, 1])
    #expect(integers(row[...1]) == [0, 1])
    #expect(integers(row[...(-9)]) == [0, 1])
    #expect(integers(row[-3..<(-1)]) == [7, 8])
    #expect(integers(row[-2...(-1)]) == [8, 9])
    #expect(row[3..<3].shape == [0])
    #expect(row[10...].shape == [0])
    #expect(row[..<(-10)].shape == [0])
    #expect(integers(x[0..<1, 1..<3, 2...]) == [6, 7, 10, 11])
    #expect(x[.all, 1..<2].shape == [2, 1, 4])
  }

  @Test func `strides go either way`() {
    #expect(integers(row[.every(3)]) == [0, 3, 6, 9])
    #expect(integers(row[.every(-1)]) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(integers(row[.every(-4)]) == [9, 5, 1])
    #expect(integers(row[.every(2, of: 1..<9)]) == [1, 3, 5, 7])
    #expect(integers(row[.every(-2, of: 1..<9)]) == [8, 6, 4, 2])
    #expect(integers(row[.every(2, of: (-4)...)]) == [6, 8])
    #expect(integers(row[.every(100)]) == [0])
    #expect(row[.every(-1, of: 4..<4)].shape == [0])
    #expect(integers(row[.stride(from: 8, to: 2, by: -3)]) == [8, 5])
    #expect(integers(row[.stride(from: nil, to: 6, by: -1)]) == [9, 8, 7])
    #expect(integers(row[.stride(from: 2, to: nil, by: -1)]) == [2, 1, 0])
    #expect(integers(row[.stride(from: 1, to: -1, by: 3)]) == [1, 4, 7])
    #expect(integers(row[.stride(from: 1, to: -5)]) == [1, 2, 3, 4])
    #expect(integers(row[.stride(from: -1, to: -4, by: -2)]) == [9, 7])
    #expect(row[.stride(from: 3, to: 3, by: -1)].shape == [0])
    #expect(integers(x[.every(-1), 0, .every(-2)]) == [15, 13, 3, 1])
    #expect(Tensor.zeros([0, 2])[.every(-1)].shape == [0, 2])
    #expect(Tensor.zeros([0])[.stride(from: nil, to: nil, by: -2)].shape == [0])
  }

  @Test func `an ellipsis stands for the axes that are left`() {
    #expect(integers(x[..., 0]) == [0, 4, 8, 12, 16, 20])
    #expect(integers(x[.ellipsis, 0]) == [0, 4, 8, 12, 16, 20])
    #expect(integers(x[1, ..., 3]) == [15, 19, 23])
    #expect(integers(x[1, 2, ..., 3]) == [23])
    #expect(integers(x[1, 0..<1, ...]) == [12, 13, 14, 15])
    #expect(x[...].shape == [2, 3, 4])
    #expect(x[0, ...].shape == [3, 4])
    #expect(Tensor(3)[...].item() == 3)
  }

  @Test func `new axes have size 1`() {
    #expect(x[.newAxis].shape == [1, 2, 3, 4])
    #expect(x[..., .newAxis].shape == [2, 3, 4, 1])
    #expect(x[0, .newAxis, .all, .newAxis].shape == [1, 3, 1, 4])
    #expect(Tensor(3)[.newAxis, .newAxis].shape == [1, 1])
    #expect(x[at: [.newAxis, 1, .ellipsis, 0..<2]].shape == [1, 3, 2])
  }

  @Test func `parts of views are read without a copy`() {
    let part = (x.cast(to: .float32) * 2).transposed()[1..<3, .every(-1), 0]
    #expect(part.shape == [2, 3])
    #expect(part.scalars == [18, 10, 2, 20, 12, 4])
    let count = x.cast(to: .float32)[0, 1...].relu().plan.steps.count
    #expect(count == 2, "a cast and a relu of the slice")
  }

  @Test func `an index tensor picks along its axis`() {
    #expect(integers(row[positions([3, 3, -1, 0])]) == [3, 3, 9, 0])
    #expect(x[positions([1, 0, 1])].shape == [3, 3, 4])
    #expect(x[.all, positions([0, 2, 1, 0], [2, 2])].shape == [2, 2, 2, 4])
    #expect(integers(x[1, .all, positions([3])]) == [15, 19, 23])
    #expect(integers(x[..., positions([-1, 0])][0, 0]) == [3, 0])
    #expect(integers(row[Tensor([1, 2], dtype: .int64)]) == [1, 2])
    #expect(row[Tensor([] as [Int])].shape == [0])
    #expect(row[Tensor(4 as Int)].item() == 4)
  }

  @Test func `several index tensors broadcast together`() {
    // x[[0, 1], [2, 0]]
    #expect(integers(x[positions([0, 1]), positions([2, 0])]) == [8, 9, 10, 11, 12, 13, 14, 15])
    // x[[[0], [1]], [2, 0], -1 of every]
    let grid = x[positions([0, 1], [2, 1]), positions([2, 0]), positions([-1])]
    #expect(grid.shape == [2, 2])
    #expect(integers(grid) == [11, 3, 23, 15])
    // x[:, [0, 2], [1, 1]]
    #expect(integers(x[.all, positions([0, 2]), positions([1, 1])]) == [1, 9, 13, 21])
    // Apart, their shape comes first: x[[0, 1, 1], :, [0, 1, 2]]
    let apart = x[positions([0, 1, 1]), .all, positions([0, 1, 2])]
    #expect(apart.shape == [3, 3])
    #expect(integers(apart) == [0, 4, 8, 13, 17, 21, 14, 18, 22])
  }

  @Test func `a mask picks where it holds`() {
    #expect(integers(x[x .> 20]) == [21, 22, 23])
    #expect(x[x .> 100].shape == [0])
    #expect(integers(row[row % 3 .== 0]) == [0, 3, 6, 9])
    let rows = Tensor([[true, false, true], [false, true, false]])
    #expect(x[rows].shape == [3, 4])
    #expect(integers(x[rows, 0]) == [0, 8, 16])
    #expect(integers(x[0, .all, Tensor([false, true, true, false])]) == [1, 2, 5, 6, 9, 10])
    // x[:, [True, False, True], [0, 3]]
    let mixed = x[.all, Tensor([true, false, true]), positions([0, 3])]
    #expect(integers(mixed) == [0, 11, 12, 23])
  }

  @Test func `assigning replaces a part of one name's tensor`() {
    var y = x
    y[0, 1] = Tensor(7)
    y[1, ..., 0] = Tensor([1, 2, 3], dtype: .int32)
    y[0, 0, .every(-2)] = Tensor([50, 60], dtype: .int32)
    #expect(
      integers(y)
        == [0, 60, 2, 50, 7, 7, 7, 7, 8, 9, 10, 11, 1, 13, 14, 15, 2, 17, 18, 19, 3, 21, 22, 23])
    #expect(integers(x[0, 1]) == [4, 5, 6, 7])
    y[...] = Tensor(1)
    #expect(y.isEqual(to: Tensor.ones([2, 3, 4], dtype: .int32)))
    y[0..<0] = Tensor(5)
    #expect(y.isEqual(to: Tensor.ones([2, 3, 4], dtype: .int32)))
    var z = Tensor.zeros([2, 2])
    z[.newAxis, 1] = Tensor([[1, 2]])
    z[0] += Tensor([3, 4])
    #expect(z.scalars == [3, 4, 1, 2])
  }

  @Test func `assigning by index tensors keeps the last of several values`() {
    var y = Tensor.zeros([5])
    y[positions([1, 3, 1, -1])] = Tensor([1, 2, 3, 4])
    #expect(y.scalars == [0, 3, 0, 2, 4])
    var z = Tensor.zeros([2, 3])
    z[.all, positions([2, 0])] = Tensor([[1, 2], [3, 4]])
    #expect(z.scalars == [2, 0, 1, 4, 0, 3])
    z[positions([0, 1]), positions([1, 1])] = Tensor(9)
    #expect(z.scalars == [2, 9, 1, 4, 9, 3])
    z[positions([1, 0])][0] = Tensor(0)
    #expect(z.scalars == [2, 9, 1, 0, 0, 0])
    z[Tensor([] as [Int])] = Tensor(5)
    #expect(z.scalars == [2, 9, 1, 0, 0, 0])
    var w = Tensor.zeros([2, 2, 2])
    w[positions([0, 1]), .all, positions([1, 0])] = Tensor([[1, 2], [3, 4]])
    #expect(w.scalars == [0, 1, 0, 2, 3, 0, 4, 0])
  }

  @Test func `assigning through a mask`() {
    var y = Tensor([3, -1, Float.nan, -2])
    y[y .< 0] = Tensor(0)
    #expect(y[..<2].scalars == [3, 0])
    y[y.isNaN()] = Tensor([8])
    #expect(y.scalars == [3, 0, 8, 0])
    y[y .== 0] = Tensor([5, 6])
    #expect(y.scalars == [3, 5, 8, 6])
    var z = Tensor.zeros([2, 3])
    z[Tensor([false, true])] = Tensor([1, 2, 3])
    #expect(z.scalars == [0, 0, 0, 1, 2, 3])
    z[.all, Tensor([true, false, true])] = Tensor([[4], [5]])
    #expect(z.scalars == [4, 0, 4, 5, 2, 5])
    z[z .> 100] = Tensor(1)
    #expect(z.scalars == [4, 0, 4, 5, 2, 5])
    let mask = z .== 5
    z[mask] = Tensor([7, 8])
    #expect(z.scalars == [4, 0, 4, 7, 2, 8])
  }

  @Test func `a scalar takes the element type of what it is assigned to`() {
    var y = Tensor.zeros([2], dtype: .float64)
    y[0] = Tensor(0.5)
    y[1] = Tensor(3 as Int)
    #expect(y.scalars(of: Double.self) == [0.5, 3])
    var z = Tensor.zeros([2], dtype: .uint8)
    z[1] = Tensor(200)
    #expect(integers(z) == [0, 200])
  }

  @Test func `every mistake names the caller's line`() async {
    let outOfRange = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3])[0, 3] }
    expectMessage(
      outOfRange,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: the position is out of range.
        expected one in -3 ..< 3
        got      3 along axis 1 of shape [2, 3]
      """)
    let past = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([5])[2..<9] }
    expectMessage(
      past,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: the range reaches past the axis.
        expected bounds in -5 ... 5, in order
        got      2..<9 along axis 0 of shape [5]
      """)
    let backwards = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([5])[-2..<0] }
    expectMessage(
      backwards,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: the range ends before it starts.
        expected bounds in order
        got      -2..<0 along axis 0 of shape [5]
        fix      write (-2)... for all positions up to the end
      """)
    let standing = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([5])[.every(0)] }
    expectMessage(
      standing,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: the step is 0.
        expected a positive or negative step
        got      .every(0) along axis 0 of shape [5]
      """)
    let tooMany = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([5])[0, ..., 1] }
    expectMessage(
      tooMany,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: there are too many indices.
        expected at most 1, one for each axis
        got      2, for shape [5]
      """)
    let ellipses = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([5])[.ellipsis, ..., 1] }
    expectMessage(
      ellipses,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: there are two ellipses.
        expected one at most
        got      2
      """)
  }

  @Test func `mistakes with index tensors and values name the caller's line`() async {
    let floating = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([5])[Tensor([1, 2])] }
    expectMessage(
      floating,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: a tensor of this element type is no \
      index.
        expected int32 or int64 positions, or a bool mask
        got      float32
        fix      use cast(to: .int32)
      """)
    let mask = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3])[Tensor([true, false, true])] }
    expectMessage(
      mask,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: the mask does not cover the axes it \
      stands for.
        expected the sizes of axes from 0 on, of shape [2, 3]
        got      a mask of shape [3]
      """)
    let apart = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([4, 3])[Tensor(0..<2), Tensor(0..<3)] }
    expectMessage(
      apart,
      """
      SubscriptTests.swift:\(#line - 6): Fatal error: subscript: the index tensors do not broadcast \
      to a common shape.
        expected equal sizes, or 1, axis by axis from the last
        got      [2] and [3]
      """)
    let reading = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3])[.all, Tensor(1...3)].scalars }
    expectMessage(
      reading,
      "SubscriptTests.swift:\(#line - 5): Fatal error: subscript: an index is out of range.")
    expectMessage(reading, "in -3 ..< 3")
    let assigning = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var x = Tensor.zeros([2, 3])
      x[.all, Tensor(1...3)] = Tensor(1)
    }
    expectMessage(
      assigning,
      """
      SubscriptTests.swift:\(#line - 9): Fatal error: subscript: an index is out of range.
        expected one in -3 ..< 3
        got      3, along axis 1 of shape [2, 3]
      """)
    let value = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var x = Tensor.zeros([2, 3])
      x[0] = Tensor([1, 2])
    }
    expectMessage(
      value,
      """
      SubscriptTests.swift:\(#line - 9): Fatal error: subscript: the value does not fit what it is \
      assigned to.
        expected a shape that broadcasts to [3]
        got      [2]
      """)
    let type = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var x = Tensor.arange(3)
      x[0] = Tensor(0.5)
    }
    expectMessage(
      type,
      """
      SubscriptTests.swift:\(#line - 9): Fatal error: subscript: a value of another element type was \
      assigned.
        expected int32, or a scalar that it can hold
        got      float32 []
        fix      use cast(to: .int32)
      """)
  }
}
