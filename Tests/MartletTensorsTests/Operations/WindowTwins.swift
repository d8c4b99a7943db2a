@testable import MartletTensors

/// How windows lie over images, worked out anew from Keras' rules, and plain loops over them: the
/// twins of convolutions and pooling.
struct PlainWindows {
  var batch = 1
  var image: [Int]
  var window: [Int]
  var strides: [Int]
  var dilations: [Int]
  var padding: Padding = .valid
  var channels = 1
  var filters = 1
  var groups = 1

  /// Before and number of windows along an axis.
  func axis(_ index: Int) -> (before: Int, count: Int) {
    let (n, s) = (image[index], strides[index])
    let extent = (window[index] - 1) * dilations[index] + 1
    switch padding {
    case .valid: return (0, (n - extent) / s + 1)
    case .same:
      let count = (n + s - 1) / s
      return (max((count - 1) * s + extent - n, 0) / 2, count)
    case .causal: return (extent - 1, (n - 1) / s + 1)
    case .explicit(let pairs):
      return (pairs[index].0, (n + pairs[index].0 + pairs[index].1 - extent) / s + 1)
    }
  }

  var counts: [Int] { image.indices.map { axis($0).count } }
  var xShape: Shape { [batch] + image + [channels] }
  var wShape: Shape { window + [channels / groups, filters] }
  var yShape: Shape { [batch] + counts + [filters] }

  var text: String {
    "\(xShape) \(wShape) strides \(strides) \(padding) dilations \(dilations) groups \(groups)"
  }

  /// Calls a closure for every position of every window: the numbers of the window, of the tap in
  /// the window, and of the pixel it sees; outside the image that is nil.
  func forEach(_ body: (_ window: Int, _ tap: Int, _ pixel: Int?) -> Void) {
    let (counts, axes) = (self.counts, image.indices)
    let befores = axes.map { axis($0).before }
    for output in 0..<counts.reduce(1, *) {
      for tap in 0..<window.reduce(1, *) {
        var (o, t) = (output, tap)
        var at = [Int](repeating: 0, count: image.count)
        for axis in axes.reversed() {
          at[axis] =
            o % counts[axis] * strides[axis] + t % window[axis] * dilations[axis]
            - befores[axis]
          o /= counts[axis]
          t /= window[axis]
        }
        let inside = axes.allSatisfy { at[$0] >= 0 && at[$0] < image[$0] }
        body(output, tap, inside ? axes.reduce(0) { $0 * image[$1] + at[$1] } : nil)
      }
    }
  }

  /// Every product of the sum T = Σ x · w · y: the indices of its three elements.
  func forEachProduct(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
    let (pixels, windows) = (image.reduce(1, *), counts.reduce(1, *))
    let (own, ownFilters) = (channels / groups, filters / groups)
    forEach { window, tap, pixel in
      guard let pixel else { return }
      for n in 0..<batch {
        for f in 0..<filters {
          for c in 0..<own {
            body(
              (n * pixels + pixel) * channels + f / ownFilters * own + c,
              (tap * own + c) * filters + f, (n * windows + window) * filters + f)
          }
        }
      }
    }
  }
}

/// Numbers in −1 ..< 1 that stay the same, and differ by the seed.
func noise(_ count: Int, seed: Int) -> [Double] {
  var random = SplitMix(state: UInt64(seed))
  return (0..<count).map { _ in Double(Float(2 * random.unit() - 1)) }
}
