/// How windows lie over the spatial axes of an image: window `o` of an axis begins at position
/// o · stride − before, and its elements are `dilation` apart.
///
/// A class, so that the operations which share it stay small.
final class Windows: Sendable {
  let sizes: [Int]
  let strides: [Int]
  let dilations: [Int]
  let before: [Int]
  /// Only of convolutions.
  let groups: Int

  init(sizes: [Int], strides: [Int], dilations: [Int], before: [Int], groups: Int = 1) {
    self.sizes = sizes
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.groups = groups
  }

  func encode(into key: inout PlanKey) {
    key.add(sizes)
    key.add(strides)
    key.add(dilations)
    key.add(before)
    key.add(groups)
  }

  /// ` 3 × 3, strides [2, 2]`, as plans print windows.
  var text: String {
    var text = sizes.map(String.init).joined(separator: "×")
    if strides.contains(where: { $0 != 1 }) { text += " strides \(strides)" }
    if dilations.contains(where: { $0 != 1 }) { text += " dilations \(dilations)" }
    if groups > 1 { text += " groups \(groups)" }
    return text
  }
}

/// The arguments of an operation over windows, as its caller gave them.
struct WindowArguments {
  /// The operation, for messages.
  let who: String
  /// What the windows are: "kernel" or "window".
  let what: String
  let sizes: [Int]
  let strides: [Int]
  let dilations: [Int]
  let padding: Padding
  let file: StaticString
  let line: UInt

  /// Checks the arguments against the number of spatial axes; single sizes serve all axes.
  init(
    _ who: String, _ what: String, sizes: [Int], strides: [Int], dilations: [Int],
    padding: Padding, axes: Int, file: StaticString, line: UInt
  ) {
    self.who = who
    self.what = what
    self.file = file
    self.line = line
    func expand(_ values: [Int], _ name: String, least: Int = 1) -> [Int] {
      check(
        values.count == 1 || values.count == axes,
        Diagnostic(
          who, "the number of \(name) is not that of the spatial axes",
          expected: "1 or \(axes)", got: "\(values)"),
        file: file, line: line)
      // The bound keeps every position that is worked out below 2⁶³.
      check(
        values.allSatisfy { $0 >= least && $0 < 1 << 31 },
        Diagnostic(
          who, "one of the \(name) is out of range",
          expected: "\(least) or more, below 2³¹", got: "\(values)"),
        file: file, line: line)
      return values.count == axes ? values : [Int](repeating: values[0], count: axes)
    }
    self.sizes = expand(sizes, "\(what) sizes")
    self.strides = expand(strides, "strides")
    self.dilations = expand(dilations, "dilations")
    if case .explicit(let pairs) = padding {
      let before = expand(pairs.map(\.0), "paddings", least: 0)
      let after = expand(pairs.map(\.1), "paddings", least: 0)
      self.padding = .explicit(Array(zip(before, after)))
    } else {
      self.padding = padding
    }
  }

  /// From the first to the last element of a window, gaps included.
  var extents: [Int] { zip(sizes, dilations).map { ($0 - 1) * $1 + 1 } }

  /// Where windows lie over an image, and how many there are along each axis.
  func windows(over image: [Int], groups: Int = 1) -> (windows: Windows, counts: [Int]) {
    var before = [Int](repeating: 0, count: image.count)
    var counts = before
    let extents = self.extents
    for (axis, size) in image.enumerated() {
      let (extent, stride) = (extents[axis], strides[axis])
      var padded = size
      switch padding {
      case .valid: break
      case .same:
        counts[axis] = size == 0 ? 0 : (size - 1) / stride + 1
        before[axis] = Swift.max((counts[axis] - 1) * stride + extent - size, 0) / 2
        continue
      case .causal:
        if size == 0 { continue }
        before[axis] = extent - 1
        padded += before[axis]
      case .explicit(let pairs):
        before[axis] = pairs[axis].0
        padded += pairs[axis].0 + pairs[axis].1
      }
      if padded < extent { refuse(image) }
      counts[axis] = (padded - extent) / stride + 1
    }
    return (
      Windows(
        sizes: sizes, strides: strides, dilations: dilations, before: before, groups: groups),
      counts
    )
  }

  @inline(never)
  private func refuse(_ image: [Int]) -> Never {
    var got = "\(what) \(sizes.text)"
    if dilations.contains(where: { $0 != 1 }) {
      got += " with dilations \(dilations.text), which spans \(extents.text)"
    }
    got += ", image \(image.text), padding \(padding)"
    trap(
      Diagnostic(
        who, "the \(what) is larger than the image",
        expected: "a \(what) that fits into the padded image along every axis", got: got,
        fix: "use padding .same, or a smaller \(what)"),
      file: file, line: line)
  }
}

extension Tensor {
  /// The sizes between the batch and the channels.
  var spatialShape: [Int] { Array(shape[1..<(rank - 1)]) }

  /// Checks that the tensor is a batch of images, channels last, of numbers that can be averaged.
  func checkImages(_ who: String, file: StaticString, line: UInt) {
    check(
      (3...5).contains(rank),
      Diagnostic(
        who, "the image has not 1, 2 or 3 spatial axes",
        expected: "[batch, spatial sizes…, channels]", got: shape.text,
        fix: "add an axis for the batch or for the channels with expandingDimensions(at:)"),
      file: file, line: line)
    check(
      dtype.isFloating,
      Diagnostic(
        who, "it is not defined for this element type", expected: "float32 or float64",
        got: "\(dtype)", fix: "use cast(to:)"),
      file: file, line: line)
  }
}

/// Writes values of the spatial axes into an array of three, the missing leading ones filled up.
func fillSpatial<Tuple>(_ tuple: inout Tuple, _ values: [Int], missing: Int) {
  fill(&tuple, [Int](repeating: missing, count: 3 - values.count) + values)
}
