import MartletTensors

/// A window that moves over an image: what convolutions and poolings have in common.
struct Window: Sendable {
  let size: [Int]
  let strides: [Int]
  let dilation: [Int]
  let padding: Padding

  /// Expands single sizes to all spatial axes; throws where one is no size of a window.
  init(
    _ who: String, axes: Int, size: [Int], strides: [Int], dilation: [Int] = [1],
    padding: Padding, causal: Bool = false
  ) throws(Diagnostic) {
    self.size = try Window.expand(size, "window", who, axes)
    self.strides = try Window.expand(strides, "strides", who, axes)
    self.dilation = try Window.expand(dilation, "dilation rate", who, axes)
    self.padding = padding
    switch padding {
    case .valid, .same: break
    case .causal where causal: break
    default:
      throw Diagnostic(
        who, "the layer has no such padding",
        expected: causal ? ".valid, .same or .causal" : ".valid or .same", got: "\(padding)",
        fix: "put a ZeroPadding\(axes)D before it")
    }
  }

  /// Reads Keras' names.
  init(
    _ c: Configuration, axes: Int, size: String, defaultSize: [Int]? = nil,
    stridesDefault: [Int]? = nil, causal: Bool = false
  ) throws(Diagnostic) {
    try c.requireChannelsLast()
    let sizes = try c.ints(size, default: defaultSize)
    let strides = try c.optionalInts("strides")
    try self.init(
      c.className, axes: axes, size: sizes, strides: strides ?? stridesDefault ?? sizes,
      dilation: try c.ints("dilation_rate", default: [1]), padding: try Window.padding(c),
      causal: causal)
  }

  /// The padding of a configuration: `valid` where it is missing.
  static func padding(_ c: Configuration) throws(Diagnostic) -> Padding {
    let name = try c.string("padding", default: "valid")
    switch name.lowercased() {
    case "valid": return .valid
    case "same": return .same
    case "causal": return .causal
    default:
      throw Diagnostic(
        c.className, "its padding is unknown", expected: "valid, same or causal", got: name)
    }
  }

  func write(to c: inout Configuration, size name: String) {
    c[name] = .ints(size)
    c["strides"] = .ints(strides)
    c["padding"] = .string("\(padding)")
    c["data_format"] = .string("channels_last")
  }

  static func expand(
    _ sizes: [Int], _ what: String, _ who: String, _ axes: Int, least: Int = 1
  ) throws(Diagnostic) -> [Int] {
    if (sizes.count == 1 || sizes.count == axes) && sizes.allSatisfy({ $0 >= least }) {
      return sizes.count == axes ? sizes : [Int](repeating: sizes[0], count: axes)
    }
    throw Diagnostic(
      who, "the \(what) does not fit \(axes) spatial axes",
      expected: axes == 1 ? "a size of \(least) or more" : "1 or \(axes) sizes of \(least) or more",
      got: "\(sizes)")
  }

  /// From the first to the last element of the window, gaps included.
  func extent(_ axis: Int) -> Int { (size[axis] - 1) * dilation[axis] + 1 }

  /// The elements of border before the first one of an axis of this size.
  func paddingBefore(_ length: Int, axis: Int) -> Int {
    switch padding {
    case .same:
      let count = (length + strides[axis] - 1) / strides[axis]
      return Swift.max((count - 1) * strides[axis] + extent(axis) - length, 0) / 2
    case .causal: return extent(axis) - 1
    default: return 0
    }
  }

  /// How many windows lie along an axis: ⌈n / stride⌉, or ⌊(n − extent) / stride⌋ + 1 if valid.
  func count(_ length: Int, axis: Int) -> Int {
    let room = padding == .valid ? length - extent(axis) : length - 1
    return room < 0 ? 0 : room / strides[axis] + 1
  }

  /// The spatial sizes of the output; throws, in the layer's name, where no window fits.
  func outputSizes(of input: PartialShape, in layer: Layer) throws(Diagnostic) -> PartialShape {
    try layer.require(rank: size.count + 2, input)
    var sizes: PartialShape = []
    for axis in size.indices {
      guard let length = input[axis + 1] else {
        sizes.append(nil)
        continue
      }
      let count = self.count(length, axis: axis)
      if count == 0 {
        let spans = size.indices.map(extent)
        throw Diagnostic(
          layer.path, "the window is larger than the image",
          expected: "an image of at least \(spans) with padding \(padding)", got: input.text,
          fix: "use padding .same, a smaller window or a larger image")
      }
      sizes.append(count)
    }
    return sizes
  }
}
