@testable import MartletTensors

extension GoldenFamily {
  static let movement = GoldenFamily(
    "movement",
    [
      "reshape": { $0[0].reshaped(to: $0.integers("shape")!) },
      "transpose": { golden in
        golden.axes.map { golden[0].transposed($0) } ?? golden[0].transposed()
      },
      "squeeze": { $0[0].squeezed(along: $0.axes) },
      "expandDims": { $0[0].expandingDimensions(at: $0.axes!) },
      "broadcast": { $0[0].broadcast(to: $0.integers("shape")!) },
      "concatenate": { .concatenate($0.inputs, along: $0.axis!) },
      "stack": { .stack($0.inputs, along: $0.axis!) },
      "pad": {
        $0[0].padded($0.pairs("padding")!.map { (before: $0[0], after: $0[1]) }, mode: $0.mode)
      },
      "flip": { $0[0].flipped(along: $0.axes) },
      "roll": {
        let shifts = $0.integers("shifts")!
        guard let axes = $0.axes else { return $0[0].rolled(by: shifts[0]) }
        return $0[0].rolled(by: shifts, along: axes)
      },
      "tile": { $0[0].tiled($0.integers("repeats")!) },
      "repeat": {
        guard let count = $0.integer("count") else {
          return $0[0].repeated($0.integers("counts")!, along: $0.axis)
        }
        return $0[0].repeated(count, along: $0.axis)
      },
      "slice": {
        let (x, parts) = ($0[0], $0.parts)
        return switch parts.count {
        case 1: x[parts[0]]
        case 2: x[parts[0], parts[1]]
        case 3: x[parts[0], parts[1], parts[2]]
        default: x[parts[0], parts[1], parts[2], parts[3], parts[4]]
        }
      },
      "gather": { $0[0].taking($0[1], along: $0.axis!) },
      "take": { $0[0].taking($0[1]) },
      "takeAlong": { $0[0].takingAlong($0.axis!, at: $0[1]) },
      "scatterAdd": { $0[0].addingScattered($0[2], at: $0[1], along: $0.axis!) },
      "oneHot": { $0[0].oneHot(depth: $0.integer("depth")!, along: $0.axis!) },
      "sort": { $0[0].sorted(along: $0.axis!, descending: $0.flag("descending")!) },
      "argsort": { $0[0].argsort(along: $0.axis!, descending: $0.flag("descending")!) },
      "triu": { $0[0].upperTriangle(diagonal: $0.integer("diagonal")!) },
      "tril": { $0[0].lowerTriangle(diagonal: $0.integer("diagonal")!) },
      "diag": {
        let offset = $0.integer("offset")!
        return $0[0].rank == 1
          ? $0[0].diagonalMatrix(offset: offset) : $0[0].diagonal(offset: offset)
      },
      "nonzero": { $0[0].argwhere() },
    ],
    several: [
      "split": {
        guard let count = $0.integer("count") else {
          return $0[0].split(sizes: $0.integers("sizes")!, along: $0.axis!)
        }
        return $0[0].split(into: count, along: $0.axis!)
      },
      "topK": {
        let (values, indices) = $0[0].topK($0.integer("k")!)
        return [values, indices]
      },
    ])
}

extension GoldenCase {
  fileprivate var mode: PaddingMode {
    switch text("mode")! {
    case "reflect": .reflect
    case "edge": .edge
    case "symmetric": .symmetric
    default: .constant(number("value")!)
    }
  }

  /// Python's slices as indices: bounds past the axis, which trap here, are moved to its end, and a
  /// slice that ends before it starts is made empty.
  fileprivate var parts: [TensorIndex] {
    let (starts, ends, steps) = (list("starts")!, list("ends")!, integers("steps")!)
    return steps.indices.map { axis in
      let size = self[0].shape[axis]
      func bound(_ value: GoldenAttribute) -> Int? {
        value.number.map { Swift.min(Swift.max(Int($0), -size), size) }
      }
      func place(_ bound: Int) -> Int { bound < 0 ? bound + size : bound }
      let (start, end, step) = (bound(starts[axis]), bound(ends[axis]), steps[axis])
      if step > 0, let start, let end, place(start) > place(end) {
        return .stride(from: start, to: start, by: step)
      }
      return .stride(from: start, to: end, by: step)
    }
  }
}
