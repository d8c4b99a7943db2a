// What the decompositions share: matrices of a batch one by one, in float64 whatever the tensors'
// type, and the inner loops over their rows. Matrices are dense, in row-major order.

typealias Elements = UnsafeMutablePointer<Double>

extension Planner {
  /// Adds a Swift call that computes each matrix of a batch from those at its place in the inputs.
  ///
  /// float32 is computed in float64 and rounded once: an error of one unit, whatever the method's.
  ///
  /// - Parameter body: Gets copies of the inputs, which it may destroy, and writes the result.
  func emitMatrices(
    _ step: PlanStep, _ body: @escaping @Sendable (_ inputs: [Elements], _ result: Elements) -> Void
  ) {
    let reads = step.inputs.map { dense($0) }
    let y = output(step)
    if step.type.count == 0 { return }
    // The first input is [batch…, rows, columns].
    let batch = reads[0].layout.shape.dropLast(2).reduce(1, *)
    let sizes = reads.map { $0.layout.shape.elementCount / batch }
    let size = step.type.count / batch
    let isDouble = step.type.dtype == .float64
    emitHost(
      graph.nodes[step.node].operation.name,
      reads.map(\.layout.shape.text).joined(separator: ", "), reads: reads, writes: [y]
    ) { reads, writes in
      let inputs = sizes.map { Elements.allocate(capacity: Swift.max($0, 1)) }
      let result = Elements.allocate(capacity: size)
      for index in 0..<batch {
        for (input, (source, size)) in zip(inputs, zip(reads, sizes)) {
          if isDouble {
            let from = source.assumingMemoryBound(to: Double.self) + index * size
            input.initialize(from: from, count: size)
          } else {
            let from = source.assumingMemoryBound(to: Float.self) + index * size
            for i in 0..<size { input[i] = Double(from[i]) }
          }
        }
        body(inputs, result)
        if isDouble {
          let to = writes[0].assumingMemoryBound(to: Double.self) + index * size
          to.initialize(from: result, count: size)
        } else {
          let to = writes[0].assumingMemoryBound(to: Float.self) + index * size
          for i in 0..<size { to[i] = Float(result[i]) }
        }
      }
      for input in inputs { input.deallocate() }
      result.deallocate()
    }
  }
}

/// Σ a b, in eight sums that are added at the end.
func dot(_ a: Elements, _ b: Elements, _ count: Int) -> Double {
  var sums = SIMD8<Double>()
  let whole = count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    sums += vector(a + i) * vector(b + i)
  }
  var sum = sums.sum()
  for i in whole..<count { sum += a[i] * b[i] }
  return sum
}

/// y += factor · x.
func add(_ factor: Double, _ x: Elements, to y: Elements, _ count: Int) {
  let whole = count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    store(vector(y + i) + factor * vector(x + i), y + i)
  }
  for i in whole..<count { y[i] += factor * x[i] }
}

/// (x, y) = (c x − s y, s x + c y).
func rotate(_ x: Elements, _ y: Elements, _ c: Double, _ s: Double, _ count: Int) {
  let whole = count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    let (a, b) = (vector(x + i), vector(y + i))
    store(c * a - s * b, x + i)
    store(s * a + c * b, y + i)
  }
  for i in whole..<count { (x[i], y[i]) = (c * x[i] - s * y[i], s * x[i] + c * y[i]) }
}

@inline(__always)
private func vector(_ pointer: Elements) -> SIMD8<Double> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Double>.self)
}

@inline(__always)
private func store(_ value: SIMD8<Double>, _ pointer: Elements) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD8<Double>.self)
}

extension Tensor {
  /// The matrices that an operation packed one behind the other into its last axis: views of it.
  func unpacked(_ shapes: [Shape]) -> [Tensor] {
    var start = 0
    return shapes.map { matrix in
      let end = start + matrix.elementCount
      defer { start = end }
      return slice(start..<end, along: rank - 1)
        .reshaped(to: shape.dropLast() + matrix)
    }
  }

  /// Traps unless the tensor is a floating point matrix, or a batch of them.
  func checkMatrix(square: Bool, _ who: String, file: StaticString, line: UInt) {
    checkFloating(who, file: file, line: line)
    check(
      rank >= 2 && (!square || shape[rank - 1] == shape[rank - 2]),
      Diagnostic(
        who, "the tensor is no \(square ? "square " : "")matrix",
        expected: square ? "[…, n, n]" : "[…, rows, columns]", got: shape.text),
      file: file, line: line)
  }

  /// The identity matrix of a size.
  static func identity(_ size: Int, dtype: DType) -> Tensor {
    Tensor.ones([size], dtype: dtype).diagonalMatrix()
  }
}
