/// A linear recurrence along an axis, of coefficients a and terms d.
///
///     s[j] = d[j] + a[j] · s[j − 1],   s[−1] = 0
///
/// from the front, or, reversed, from the end with s[j + 1]. The exclusive form gives s[j − 1] in
/// place of s[j]. Running products are differentiated by it, and it by itself: nothing is divided,
/// so zeros among the elements do no harm.
struct Recurrence: Operation {
  let name = "recurrence"
  let axis: Int
  let isReversed: Bool
  let isExclusive: Bool

  func encode(into key: inout PlanKey) {
    key.add(axis)
    key.add((isReversed ? 1 : 0) | (isExclusive ? 2 : 0))
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let carried = Tensor.carried(
      at.dy, at.a, along: axis, exclusive: isExclusive, reverse: isReversed)
    if index == 1 { return carried }
    // da[j] = carried[j] · s[j − 1]
    return carried
      * Tensor.recurrence(at.a, at.b, along: axis, reverse: isReversed, exclusive: true)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let (a, d) = (planner.dense(step.inputs[0]), planner.dense(step.inputs[1]))
    let y = planner.output(step)
    let shape = step.type.shape
    if step.type.count == 0 { return }
    let sizes = Sizes(
      outer: shape[..<axis].reduce(1, *), length: shape[axis],
      inner: shape[(axis + 1)...].reduce(1, *), isReversed: isReversed, isExclusive: isExclusive)
    let isDouble = step.type.dtype == .float64
    planner.emitHost(name, "\(shape.text) along \(axis)", reads: [a, d], writes: [y]) {
      reads, writes in
      if isDouble {
        sizes.run(reads, writes, of: Double.self)
      } else {
        sizes.run(reads, writes, of: Float.self)
      }
    }
  }

  /// The loop: arrays are [outer, length, inner].
  private struct Sizes {
    let outer, length, inner: Int
    let isReversed, isExclusive: Bool

    func run<Scalar: BinaryFloatingPoint>(
      _ reads: [UnsafeRawPointer], _ writes: [UnsafeMutableRawPointer], of: Scalar.Type
    ) {
      let count = outer * length * inner
      let a = reads[0].bindMemory(to: Scalar.self, capacity: count)
      let d = reads[1].bindMemory(to: Scalar.self, capacity: count)
      let y = writes[0].bindMemory(to: Scalar.self, capacity: count)
      var sums = [Scalar](repeating: 0, count: inner)
      for o in 0..<outer {
        for i in 0..<inner { sums[i] = 0 }
        for position in 0..<length {
          let row = (o * length + (isReversed ? length - 1 - position : position)) * inner
          for i in 0..<inner {
            let next = d[row + i] + a[row + i] * sums[i]
            y[row + i] = isExclusive ? sums[i] : next
            sums[i] = next
          }
        }
      }
    }
  }
}

extension Tensor {
  /// The linear recurrence of coefficients and terms of one shape; see `Recurrence`.
  static func recurrence(
    _ coefficients: Tensor, _ terms: Tensor, along axis: Int, reverse: Bool, exclusive: Bool
  ) -> Tensor {
    record(
      Recurrence(axis: axis, isReversed: reverse, isExclusive: exclusive), [coefficients, terms],
      shape: terms.shape, dtype: terms.dtype)
  }

  /// What arrives at each place of a recurrence from the gradients `dy` of the places behind it:
  /// the products of the coefficients between them are its weights.
  static func carried(
    _ dy: Tensor, _ coefficients: Tensor, along axis: Int, exclusive: Bool, reverse: Bool
  ) -> Tensor {
    if exclusive {
      return recurrence(coefficients, dy, along: axis, reverse: !reverse, exclusive: true)
    }
    return dy
      + recurrence(
        coefficients, coefficients * dy, along: axis, reverse: !reverse, exclusive: true)
  }
}
