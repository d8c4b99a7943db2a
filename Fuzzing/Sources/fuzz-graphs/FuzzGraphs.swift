import FuzzSupport
import Martlet

/// The bytes are a graph: the shapes of its leaves, then operations on what stands before them.
///
/// Values have the same bits fused, not fused and asked for one by one, and so have gradients.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  func values() -> [Tensor] {
    var graph = RandomGraph(bytes[...])
    return graph.results(of: graph.leaves())
  }
  func gradients() -> [Tensor] {
    var graph = RandomGraph(bytes[...])
    let (value, gradients) = valueAndGradient(at: graph.leaves()) { leaves -> Tensor in
      graph.results(of: leaves).suffix(3).reduce(Tensor(0)) { $0 + ($1 * 0.5).tanh().sum() }
    }
    return [value] + gradients
  }
  let fused = bits(values())
  expect(withoutFusion { bits(values()) } == fused, "fusion changes values")
  expect(bits(values().reversed()).reversed() == fused, "the order of asking changes values")
  expect(values().last.map { bits([$0]) } == fused.last.map { [$0] }, "company changes a value")
  let slopes = bits(gradients())
  expect(withoutFusion { bits(gradients()) } == slopes, "fusion changes gradients")
  expect(bits(gradients().reversed()).reversed() == slopes, "the order changes gradients")
  return 0
}

/// The bits of tensors; NaN has one pattern, since IEEE 754 leaves its sign open.
private func bits(_ tensors: some Sequence<Tensor>) -> [[UInt32]] {
  tensors.map { $0.scalars.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern } }
}

private struct RandomGraph {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  private mutating func pick(_ bound: Int) -> Int { bytes.popFirst().map { Int($0) % bound } ?? 0 }

  mutating func leaves() -> [Tensor] {
    let sizes = [0, 1, 2, 3, 5, 8, 17, 64, 300]
    return (0..<3).map { leaf in
      var shape: Shape = []
      for _ in 0..<pick(5) {
        let size = sizes[pick(sizes.count)]
        // Some hold enough for what is cheap to be computed again.
        if shape.reduce(size, *) <= 20_000 { shape.append(size) }
      }
      let scalars = (0..<shape.reduce(1, *)).map { Float(($0 * 37 + leaf * 11) % 101) / 50 - 1 }
      return Tensor(scalars, shape: shape)
    }
  }

  /// What follows from the leaves, in the order of recording.
  mutating func results(of leaves: [Tensor]) -> [Tensor] {
    var pool = leaves
    while !bytes.isEmpty, pool.count < leaves.count + 40 {
      let (operation, a, b) = (pick(32), pool[pick(pool.count)], pool[pick(pool.count)])
      let next = elementwise(operation, a, b) ?? moved(operation, a, b) ?? summed(operation, a, b)
      if let next, next.count <= 60_000 { pool.append(next) }
    }
    return Array(pool[leaves.count...])
  }

  private func elementwise(_ operation: Int, _ a: Tensor, _ b: Tensor) -> Tensor? {
    let stretches = zip(a.shape.reversed(), b.shape.reversed())
      .allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
    return switch operation {
    case 0: a.tanh()
    case 1: a.relu()
    case 2: a.elu()
    case 3: a.square() * 0.5 + 0.1
    case 4: a.sigmoid() * a
    case 5 where stretches: a + b
    case 6 where stretches: a * b
    case 7 where stretches: a - b * 0.5
    case 8 where stretches: a / (b.square() + 1)
    case 9 where stretches: a.maximum(b)
    case 10 where stretches: .where(a .> b, a, b * 0.3)
    case 11: .where(.randomBernoulli(a.shape, probability: 0.7, using: .init(seed: 1)), a, a * 0)
    default: nil
    }
  }

  private mutating func moved(_ operation: Int, _ a: Tensor, _ b: Tensor) -> Tensor? {
    switch operation {
    case 12: return a.transposed()
    case 13: return a.reshaped(to: [a.count])
    case 14: return a.expandingDimensions(at: [pick(a.rank + 1)])
    case 15 where a.rank > 0: return a.flipped(along: [pick(a.rank)])
    case 16 where a.rank > 0: return a[TensorIndex.every(2), ...]
    case 17 where a.shape == b.shape: return .stack([a, b], along: pick(a.rank + 1))
    case 18 where a.rank > 0: return .concatenate([a, a * 2], along: pick(a.rank))
    case 19 where a.rank > 0: return a.padded(a.shape.map { _ in (1, 0) })
    case 20 where a.rank > 0 && a.shape[0] > 0:
      return a.taking(Tensor([Int32(pick(a.shape[0])), 0]), along: 0)
    case 21 where a.rank > 0 && a.shape[0] > 0:
      var copy = a
      copy[pick(a.shape[0]), ...] = a[0, ...] * 0.5
      return copy
    case 22: return recomputing([a]) { $0[0].sin() * $0[0] }
    default: return nil
    }
  }

  private mutating func summed(_ operation: Int, _ a: Tensor, _ b: Tensor) -> Tensor? {
    let isFilled = a.count > 0
    switch operation {
    case 23 where a.rank > 0: return a.sum(along: pick(a.rank), keepingDimensions: pick(2) == 0)
    case 24 where a.rank > 0 && isFilled:
      return a - a.mean(along: pick(a.rank), keepingDimensions: true)
    case 25 where a.rank > 0 && isFilled: return a.max(along: pick(a.rank))
    case 26 where a.rank > 0 && isFilled: return a.softmax(along: pick(a.rank))
    case 27 where a.rank > 0: return a.cumulativeSum(along: pick(a.rank)) * 0.1
    case 28 where a.rank == 2 && b.rank == 2 && a.shape[1] == b.shape[0]: return a.matmul(b) * 0.1
    case 29 where a.rank == 2: return a.matmul(a.transposed()) * 0.1
    case 30 where isFilled && a.count % 16 == 0 && b.count >= 18:
      let images = a.reshaped(to: [16, a.count / 16, 1, 1])
      let kernel = b.reshaped(to: [b.count])[0..<18].reshaped(to: [3, 3, 1, 2])
      return images.convolved(with: kernel, padding: .same)
    case 31 where isFilled && a.count % 8 == 0:
      return a.reshaped(to: [2, 2, 2, a.count / 8])
        .maxPooled(over: 2, strides: 1, padding: .same)
    default: return nil
    }
  }
}
