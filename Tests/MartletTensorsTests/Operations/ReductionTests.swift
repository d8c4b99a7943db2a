import Testing

@testable import MartletTensors

@Suite struct ReductionTests {
  private let inf = Float.infinity

  private func expectClose(
    _ found: Tensor, _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (y, r) in zip(found.scalars, expected) {
      #expect(abs(y - r) < 1e-6, sourceLocation: sourceLocation)
    }
  }

  @Test func `axes are named alone or together, from either end`() {
    let x = Tensor((0..<24).map { Float($0 % 7) }, shape: [2, 3, 4])
    #expect(x.sum(along: 1).shape == [2, 4])
    #expect(x.sum(along: [0, -1]).shape == [3])
    #expect(x.sum(along: [0, -1], keepingDimensions: true).shape == [1, 3, 1])
    #expect(x.mean(along: -1, keepingDimensions: true).shape == [2, 3, 1])
    #expect(x.sum(along: []).scalars == x.scalars)
    // NumPy: x.var(), x.std(axis=0, ddof=1), x.var(axis=(0, 2)) of (arange(24) % 7)
    #expect(abs(x.variance().item() - 4.020833333333333) < 1e-6)
    let deviations = x.standardDeviation(along: 0, correction: 1).scalars
    for (found, expected) in zip(deviations, [3.5355339, 3.5355339, 1.4142135] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
  }

  @Test func `integers are summed in their own type`() {
    let x = Tensor([UInt8(200), 100], shape: [2])
    #expect(x.sum().dtype == .uint8)
    #expect(x.sum().item() == 44)
    #expect(x.cast(to: .int64).sum().item() == 300)
    #expect(Tensor([Int32(2), -3], shape: [2]).product().item() == -6)
  }

  @Test func `nothing has a sum of 0, a product of 1 and a mean of NaN`() {
    let x = Tensor.ones([2, 0])
    #expect(x.sum(along: 1).scalars == [0, 0])
    #expect(x.product(along: 1).scalars == [1, 1])
    #expect(x.mean(along: 1).scalars.allSatisfy { $0.isNaN })
    #expect(x.max(along: 1).scalars == [-inf, -inf])
    #expect(x.norm(.infinity, along: 1).scalars == [0, 0])
    #expect(x.logSumExp(along: 1).scalars == [-inf, -inf])
    #expect(x.argmax(along: 0).shape == [0])
  }

  @Test func `extremes pass NaN on and are found first`() {
    let x = Tensor([1, Float.nan, 3, 2, 5, 5], shape: [2, 3])
    #expect(x.max(along: 1).scalars[0].isNaN)
    #expect(x.min(along: 1).scalars[0].isNaN)
    #expect(x.argmax(along: 1).scalars(of: Int32.self) == [1, 1])
    #expect(x.argmin(along: [1]).scalars(of: Int32.self) == [1, 0])
    #expect(x.argmax().item() == 1)
    #expect(x.argmax().dtype == .int32)
    let y = Tensor((0..<24).map { Float(($0 * 5) % 24) }, shape: [2, 3, 4])
    // NumPy: y.transpose(1, 0, 2).reshape(3, -1).argmax(1)
    let rows = y.transposed([1, 0, 2]).reshaped(to: [3, 8])
    #expect(
      y.argmax(along: [0, 2]).scalars(of: Int32.self)
        == rows.argmax(along: 1).scalars(of: Int32.self))
  }

  @Test func `ties share the gradient equally, as in JAX`() {
    let x = Tensor([1, 3, 3, 2, 2, 2], shape: [2, 3])
    let third = Float(1) / 3
    let highest: [Float] = [0, 0.5, 0.5, third, third, third]
    let lowest: [Float] = [1, 0, 0, third, third, third]
    #expect(gradient(at: x) { $0.max(along: 1).sum() }.scalars == highest)
    #expect(gradient(at: x) { $0.min(along: 1).sum() }.scalars == lowest)
  }

  @Test func `running products are differentiated where elements are 0`() {
    let y = Tensor([0.5, 0, 2, 0, 3] as [Double], shape: [5])
    // JAX: jacobian(cumprod), summed over the results
    #expect(
      gradient(at: y) { $0.cumulativeProduct(along: 0).sum() }.scalars(of: Double.self)
        == [1, 1.5, 0, 0, 0])
    let x = Tensor([0.5, 0, 2] as [Double], shape: [3])
    #expect(gradient(at: x) { $0.product() }.scalars(of: Double.self) == [0, 1, 0])
    // JAX: hessian(prod) = [[0, 2, 0], [2, 0, 0.5], [0, 0.5, 0]]
    let rows = gradient(at: x) { y in
      (gradient(at: y) { $0.product() } * Tensor([1, 10, 100] as [Double], shape: [3])).sum()
    }
    #expect(rows.scalars(of: Double.self) == [20, 52, 5])
  }

  @Test func `the norm of zeros has a gradient of 0`() {
    #expect(gradient(at: Tensor.zeros([3])) { $0.norm() }.scalars == [0, 0, 0])
    #expect(gradient(at: Tensor([3, 4], shape: [2])) { $0.norm() }.scalars == [0.6, 0.8])
  }

  @Test func `masks are tested for any and all`() {
    let mask = Tensor([true, false, false, false], shape: [2, 2])
    #expect(mask.any(along: 1).scalars(of: Bool.self) == [true, false])
    #expect(mask.all(along: 0).scalars(of: Bool.self) == [false, false])
    #expect(mask.any().item() == 1)
  }

  @Test func `softmax has the values of JAX at extremes`() {
    let rows = Tensor(
      [1e4, -1e4, 0, -inf, 0, 0, inf, 0, 0, .nan, 0, 0, -inf, -inf, -inf], shape: [5, 3])
    let y = rows.softmax().scalars
    #expect(Array(y[0..<3]) == [1, 0, 0])
    #expect(Array(y[3..<6]) == [0, 0.5, 0.5])
    #expect(y[9..<15].allSatisfy { $0.isNaN })
    #expect(Array(rows.logSoftmax().scalars[0..<3]) == [0, -20000, -10000])
    let sums = rows.logSumExp(along: -1).scalars
    #expect(sums[0] == 1e4)
    #expect(sums[2] == inf)
    #expect(sums[3].isNaN)
    #expect(sums[4] == -inf)
  }

  @Test func `binary cross-entropy is right at 0 and far from it`() {
    let x = Tensor([0, 0, 100, -100, 100], shape: [5])
    let z = Tensor([0, 1, 1, 0, 0], shape: [5])
    let y = Tensor.binaryCrossEntropy(logits: x, labels: z).scalars
    #expect(y[0] == y[1])
    #expect(abs(y[0] - 0.6931472) < 1e-6)
    // e⁻¹⁰⁰, a denormal number
    #expect(y[2] == y[3])
    #expect(y[2] == Float(3.72e-44))
    #expect(y[4] == 100)
    let slope = gradient(at: x) { Tensor.binaryCrossEntropy(logits: $0, labels: z).sum() }
    #expect(Array(slope.scalars[0..<2]) == [0.5, -0.5])
  }

  @Test func `cross-entropy takes classes of any integer type`() {
    let x = Tensor([1, 2, 3, 1, 2, 3], shape: [2, 3])
    let expected = [Float(2.4076059), 0.40760595]
    for dtype in [DType.uint8, .int32, .int64] {
      let y = Tensor.crossEntropy(
        logits: x, labels: Tensor([Int32(0), 2], shape: [2]).cast(to: dtype))
      expectClose(y, expected)
    }
    let hot = Tensor([1, 0, 0, 0, 0, 1], shape: [2, 3])
    let y = Tensor.crossEntropy(logits: x, labels: hot)
    expectClose(y, expected)
  }
}

@Suite struct ReductionMessageTests {
  @Test func `the mean of integers asks for a cast`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor([Int32(1), 2], shape: [2]).mean()
    }
    expectMessage(
      result,
      """
      mean: it is not defined for this element type.
        expected float32 or float64
        got      int32
        fix      use cast(to: .float32)
      """)
  }

  @Test func `an axis out of range is named`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([2, 3]).variance(along: 2)
    }
    expectMessage(
      result,
      """
      variance: the axis is out of range.
        expected an axis in -2 ..< 2
        got      2
      """)
  }

  @Test func `a reduction that has nothing to choose says so`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([2, 0]).argmax(along: 1)
    }
    expectMessage(
      result,
      """
      argmax: there is no element to choose.
        expected 1 ... 2147483647 elements along the axes
        got      0, shape [2, 0] along [1]
      """)
  }

  @Test func `any of numbers asks for a comparison`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([2]).any()
    }
    expectMessage(
      result,
      """
      any: it is not defined for this element type.
        expected bool
        got      float32
        fix      compare with something: x .!= 0
      """)
  }

  @Test func `a norm of another order is refused`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([2]).norm(3)
    }
    expectMessage(
      result,
      """
      norm: there is no norm of this order.
        expected 1, 2 or .infinity
        got      3.0
      """)
  }

  @Test func `a label that is no class is named with its row`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let labels = Tensor([UInt8(0), 10, 3], shape: [3, 1]).reshaped(to: [3])
      _ = Tensor.crossEntropy(logits: Tensor.ones([3, 10]), labels: labels).evaluated()
    }
    expectMessage(
      result,
      """
      crossEntropy: a label is no class.
        expected labels in 0 ..< 10
        got      10 at row 1 of labels [3]
        fix      check the labels, or give the last layer as many units as there are classes
      """)
  }

  @Test func `labels that do not fit the logits are refused`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.crossEntropy(
        logits: Tensor.ones([3, 10]), labels: Tensor([Int32(0), 1], shape: [2]))
    }
    expectMessage(
      result,
      """
      crossEntropy: the labels' shape does not fit the logits.
        expected classes [3]
        got      labels [2] of int32, logits [3, 10]
      """)
  }
}
