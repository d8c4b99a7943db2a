import Testing

@testable import MartletTensors

@Suite struct MatMulTests {
  private let a = Tensor((0..<12).map { Float($0) }, shape: [3, 4])
  private let b = Tensor((0..<8).map { Float($0) - 3 }, shape: [4, 2])

  /// The product by its definition, in float64.
  private func plain(_ a: Tensor, _ b: Tensor) -> [Double] {
    let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
    let (x, y) = (a.scalars(of: Double.self), b.scalars(of: Double.self))
    return (0..<m * n).map { place in
      (0..<k).reduce(0) { $0 + x[place / n * k + $1] * y[$1 * n + place % n] }
    }
  }

  @Test func `a product is the sum of products`() {
    #expect(a.matmul(b).scalars(of: Double.self) == plain(a, b))
  }

  @Test func `vectors lose their axis`() {
    let row = Tensor([1.0, 2, 3])
    #expect(row.matmul(a).shape == [4])
    #expect(a.transposed().matmul(row).shape == [4])
    #expect(row.matmul(row).shape == [])
    #expect(row.matmul(row).item() == 14)
    #expect(row.matmul(Tensor.ones([2, 3, 4])).shape == [2, 4])
  }

  @Test func `a sum of nothing is 0`() {
    #expect(Tensor.ones([2, 0]).matmul(Tensor.ones([0, 3])).scalars == [0, 0, 0, 0, 0, 0])
    #expect(Tensor.ones([0, 2]).matmul(Tensor.ones([2, 3])).shape == [0, 3])
  }

  @Test func `transposed operands are read in place`() {
    let (left, right) = (a.transposed(), b.transposed())
    for (x, y) in [
      (left, a), (b.transposed(), a.transposed()), (a, right.transposed()), (a, a.transposed()),
    ] {
      let product = x.matmul(y)
      let plan = product.plan.description
      #expect(!plan.contains("copy") && plan.hasPrefix("plan: 1 kernels"), "\(plan)")
      #expect(product.scalars(of: Double.self) == plain(x, y))
    }
  }

  @Test func `both gradients of a product read its operands in place`() {
    let found = gradient(at: [a, b]) { $0[0].matmul($0[1]).square().sum() }
    for product in found {
      #expect(!product.plan.description.contains("copy"), "\(product.plan.description)")
    }
    let dy = a.matmul(b) * 2
    #expect(found[0].scalars(of: Double.self) == plain(dy, b.transposed()))
    #expect(found[1].scalars(of: Double.self) == plain(a.transposed(), dy))
  }

  @Test func `a batch of rows meets one matrix as one product`() {
    let batch = Tensor((0..<24).map { Float($0 % 5) }, shape: [2, 3, 4])
    let product = batch.matmul(b)
    #expect(product.plan.description.contains("[6, 4] × [4, 2]"))
    #expect(product.shape == [2, 3, 2])
    #expect(product.scalars(of: Double.self) == plain(batch.reshaped(to: [6, 4]), b))
    // What is fused behind it still sees the batch.
    let bias = Tensor((0..<4).map { Float($0) - 8 }, shape: [2, 1, 2])
    let fused = (batch.matmul(b) + bias).relu()
    #expect(fused.plan.description.hasPrefix("plan: 1 kernels"), "\(fused.plan.description)")
    #expect(fused.scalars == (product.evaluated() + bias).relu().scalars)
    // Where the rows do not lie at one stride, products stay one for each of the batch.
    let turned = Tensor((0..<24).map { Float($0 % 5) }, shape: [3, 2, 4]).transposed([1, 0, 2])
    let plan = turned.matmul(b).plan.description
    #expect(!plan.contains("copy"), "\(plan)")
    #expect(turned.matmul(b).scalars == turned.evaluated().matmul(b).scalars)
  }

  @Test func `leading axes broadcast`() {
    let left = Tensor((0..<12).map { Float($0) }, shape: [2, 1, 2, 3])
    let right = Tensor((0..<18).map { Float($0) - 8 }, shape: [3, 3, 2])
    let product = left.matmul(right)
    #expect(product.shape == [2, 3, 2, 2])
    #expect(!product.plan.description.contains("copy"))
    let spread = left.broadcast(to: [2, 3, 2, 3]).matmul(right.broadcast(to: [2, 3, 3, 2]))
    #expect(product.scalars == spread.scalars)
  }

  /// Small whole numbers, whose products no backend can round.
  private func whole(_ shape: Shape, _ dtype: DType = .float32) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float($0 * 7 % 11) - 5 }, shape: shape).cast(to: dtype)
  }

  @Test(arguments: [DType.float32, .float64])
  func `any two strides will do`(dtype: DType) {
    let x = whole([2, 6, 4, 10], dtype)
    let row = whole([5], dtype)
    for (a, b) in [
      (x[0, 1, .all, .every(2)], x[1, 2, 0..<4, .every(-2)].transposed()),
      (x[0, 0..<4, 2, 0..<6].flipped(along: 1), x[1, .all, 3, 0..<3]),
      (x[0, .all, 1, 0..<5], row.broadcast(to: [3, 5]).transposed()),  // rows of stride 0
      (row.broadcast(to: [7, 5]), x[0, 0..<5, 3, .all]),
      (row.reshaped(to: [5, 1]), row.reshaped(to: [1, 5])),
      (x[0, 0, 0..<1, 0..<4], x[0, 0..<4, 0, 0..<1]),
    ] {
      #expect(a.matmul(b).dtype == dtype)
      #expect(
        a.matmul(b).scalars(of: Double.self) == plain(a, b), "\(a.shape) × \(b.shape) \(dtype)")
    }
  }

  @Test(arguments: [DType.float32, .float64])
  func `a product large enough to share out is the same sum`(dtype: DType) {
    for threads in [1, 2, 3] {
      withThreads(threads) { check() }
    }
    func check() {
      for (m, k, n) in [(130, 50, 70), (3, 300, 401), (1, 700, 601), (601, 700, 1)] {
        let (a, b) = (whole([m, k], dtype), whole([k, n], dtype))
        let bias = whole([n], dtype)
        let expected = plain(a, b)
        #expect(a.matmul(b).scalars(of: Double.self) == expected, "\(m) \(k) \(n)")
        let turned = a.transposed().evaluated().transposed()
          .matmul(b.transposed().evaluated().transposed())
        #expect(turned.scalars(of: Double.self) == expected, "\(m) \(k) \(n), transposed")
        let fused = (a.matmul(b) + bias).relu()
        #expect(fused.scalars == (a.matmul(b).evaluated() + bias).relu().scalars)
      }
      // Seven products of nine rows: no part ends where a product does.
      let (a, b) = (whole([7, 9, 40], dtype), whole([7, 40, 100], dtype))
      let product = (a.matmul(b) * 2).scalars(of: Double.self)
      for matrix in 0..<7 {
        #expect(
          Array(product[(matrix * 900)..<((matrix + 1) * 900)])
            == plain(a[matrix], b[matrix]).map { 2 * $0 }, "product \(matrix)")
      }
    }
  }

  @Test func `a plan says who multiplies`() {
    let label = a.matmul(b).plan.steps[0].label
    #expect(label == (Tensor.promisesBits ? "matmul" : "matmul[\(Tensor.matrixBackend)]"))
    #expect(Tensor.ones([2, 0]).matmul(Tensor.ones([0, 3])).plan.steps[0].label == "matmul")
  }

  @Test func `inner axes that differ are named`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.ones([2, 3]).matmul(Tensor.ones([4, 5]))
    }
    expectMessage(
      result,
      """
      matmul: the inner axes differ.
        expected […, rows, inner] × […, inner, columns]
        got      [2, 3] × [4, 5]
        fix      transpose one operand, or check the width of the layer before
      """)
  }
}
