/// The gradients that arrived at slices of one tensor, until all are there.
///
/// Slices that lie behind each other along one axis, as the steps of a loop over time or the gates
/// of a cell do, are put together in one pass; a tensor of zeros for each, and their sum, would take
/// the square of their number.
struct SliceGradients {
  private var regions: [SliceRegion] = []
  private var gradients: [Tensor] = []
  private var places: [SliceRegion: Int] = [:]

  /// Adds what arrived at a region.
  mutating func add(_ region: SliceRegion, _ dy: Tensor) {
    if let place = places[region] {
      gradients[place] = gradients[place] + dy
    } else {
      places[region] = regions.count
      regions.append(region)
      gradients.append(dy)
    }
  }

  /// The gradient of the tensor, of a shape.
  func gradient(of shape: Shape) -> Tensor {
    if let (axis, order) = chain() { return joined(order, along: axis, of: shape) }
    let zeros = gradients[0].zero.broadcast(to: shape)
    let padded = zip(regions, gradients).map { zeros.replacing($0, with: $1) }
    return padded.dropFirst().reduce(padded[0], +)
  }

  /// The axis along which the regions lie apart from each other, and their order; nil if they do
  /// not.
  private func chain() -> (axis: Int, order: [Int])? {
    let first = regions[0]
    if regions.count < 2 || regions.contains(where: { $0.sizes.contains(0) }) { return nil }
    let apart = first.starts.indices.filter { axis in
      regions.contains {
        $0.starts[axis] != first.starts[axis] || $0.sizes[axis] != first.sizes[axis]
          || $0.steps[axis] != first.steps[axis]
      }
    }
    guard apart.count == 1,
      regions.allSatisfy({ $0.steps[apart[0]] == 1 || $0.sizes[apart[0]] == 1 })
    else { return nil }
    let axis = apart[0]
    let order = regions.indices.sorted { regions[$0].starts[axis] < regions[$1].starts[axis] }
    for (a, b) in zip(order, order.dropFirst())
    where regions[a].starts[axis] + regions[a].sizes[axis] > regions[b].starts[axis] {
      return nil
    }
    return (axis, order)
  }

  private func joined(_ order: [Int], along axis: Int, of shape: Shape) -> Tensor {
    var region = regions[order[0]]
    region.dropped = region.dropped.map { _ in false }
    region.steps[axis] = 1
    let start = region.starts[axis]
    var (pieces, end): ([Tensor], Int) = ([], start)
    func fill(to next: Int) {
      if next <= end { return }
      let gap = region.sizes.replacing(axis: axis, with: next - end)
      pieces.append(gradients[0].zero.broadcast(to: gap))
    }
    for index in order {
      fill(to: regions[index].starts[axis])
      pieces.append(gradients[index].reshaped(to: regions[index].sizes))
      end = regions[index].starts[axis] + regions[index].sizes[axis]
    }
    region.sizes[axis] = end - start
    let all = Tensor.concatenate(pieces, along: axis)
    return all.zero.broadcast(to: shape).replacing(region, with: all)
  }
}
