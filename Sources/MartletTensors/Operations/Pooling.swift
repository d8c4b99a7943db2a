import CKernels

/// The largest element of each window: with `MaxPoolGradient` and `MaxPoolSelect` closed under
/// differentiation.
///
///     x [batch, sizes…, channels]   y [batch, counts…, channels]
struct MaxPool: Operation {
  let name = "maxPool"
  let windows: Windows

  func encode(into key: inout PlanKey) { windows.encode(into: &key) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    .record(MaxPoolGradient(windows: windows), [at.x, at.dy], shape: at.x.shape, dtype: at.x.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.output(step)
    planner.emit(
      name, "\(x.layout.shape.text) by \(windows.text)", mk_max_pool,
      mk_pool_args(windows, image: x.layout.shape, windows: step.type.shape, step.type.dtype),
      [(\.x, x), (\.y, y)], parts: planner.parts(forWork: windows.work(step.type.shape)))
  }
}

/// `dy` of each window added to the position of the window's first maximum in x; 0 elsewhere.
///
/// Where x came from relu, whose gradient is all that reads the result, one pass does both.
struct MaxPoolGradient: TailHost {
  let name = "maxPoolGradient"
  let windows: Windows

  func encode(into key: inout PlanKey) { windows.encode(into: &key) }

  // Moving x a little moves no maximum: almost everywhere only dy matters.
  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if index == 0 { return nil }
    return .record(
      MaxPoolSelect(windows: windows), [at.a, at.dy], shape: at.b.shape, dtype: at.a.dtype)
  }

  func takes(
    _ tail: any Operation, reading tailInputs: [Int], as host: Int, reading inputs: [Int]
  ) -> Bool {
    (tail as? Elementwise) === Elementwise.reluGradient && tailInputs == [host, inputs[0]]
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let dy = planner.dense(step.inputs[1])
    let y = planner.settle().first?.place ?? planner.output(step)
    var arguments = mk_pool_args(
      windows, image: x.layout.shape, windows: dy.layout.shape, step.type.dtype)
    arguments.clips = step.members.isEmpty ? 0 : 1
    planner.emit(
      planner.label(step, name), "\(x.layout.shape.text) by \(windows.text)",
      mk_max_pool_gradient, arguments, [(\.x, x), (\.dy, dy), (\.y, y)],
      parts: planner.parts(forWork: windows.work(dy.layout.shape)))
  }
}

/// For each window, the element of another image at the position of the window's first maximum in x.
struct MaxPoolSelect: Operation {
  let name = "maxPoolSelect"
  let windows: Windows

  func encode(into key: inout PlanKey) { windows.encode(into: &key) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if index == 0 { return nil }
    return .record(
      MaxPoolGradient(windows: windows), [at.a, at.dy], shape: at.a.shape, dtype: at.a.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let dy = planner.dense(step.inputs[1])
    let y = planner.output(step)
    planner.emit(
      name, "\(x.layout.shape.text) by \(windows.text)", mk_max_pool_select,
      mk_pool_args(windows, image: x.layout.shape, windows: step.type.shape, step.type.dtype),
      [(\.x, x), (\.dy, dy), (\.y, y)],
      parts: planner.parts(forWork: windows.work(step.type.shape)))
  }
}

/// The mean of each window, or its adjoint, which spreads each element evenly over its window.
struct AveragePool: Operation {
  let windows: Windows
  /// Whether what lies outside the image counts as elements of 0.
  let countsOutside: Bool
  let isAdjoint: Bool

  var name: String { isAdjoint ? "averagePoolGradient" : "averagePool" }

  func encode(into key: inout PlanKey) {
    windows.encode(into: &key)
    key.add((countsOutside ? 1 : 0) | (isAdjoint ? 2 : 0))
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    .record(
      AveragePool(windows: windows, countsOutside: countsOutside, isAdjoint: !isAdjoint), [at.dy],
      shape: at.x.shape, dtype: at.x.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let source = planner.dense(step.inputs[0])
    let y = planner.output(step)
    let (image, counts) =
      isAdjoint
      ? (step.type.shape, source.layout.shape) : (source.layout.shape, step.type.shape)
    var arguments = mk_pool_args(windows, image: image, windows: counts, step.type.dtype)
    arguments.count_outside = countsOutside ? 1 : 0
    planner.emit(
      name, "\(image.text) by \(windows.text)",
      isAdjoint ? mk_average_pool_gradient : mk_average_pool, arguments,
      [(isAdjoint ? \.dy : \.x, source), (\.y, y)],
      parts: planner.parts(forWork: windows.work(counts)))
  }
}

extension mk_pool_args {
  fileprivate init(_ windows: Windows, image: Shape, windows counts: Shape, _ dtype: DType) {
    self.init()
    self.dtype = dtype.kernelType
    shape.batch = Int64(image[0])
    shape.channels = Int64(image[image.count - 1])
    fillSpatial(&shape.in, Array(image.dropFirst().dropLast()), missing: 1)
    fillSpatial(&shape.out, Array(counts.dropFirst().dropLast()), missing: 1)
    fillSpatial(&shape.window, windows.sizes, missing: 1)
    fillSpatial(&shape.stride, windows.strides, missing: 1)
    fillSpatial(&shape.before, windows.before, missing: 0)
  }
}

extension Windows {
  /// Elements read by windows whose results have a shape.
  fileprivate func work(_ shape: Shape) -> Int {
    let work = Double(shape.elementCount) * sizes.reduce(1) { $0 * Double($1) }
    return work < 0x1p62 ? Int(work) : Int.max
  }
}

extension Tensor {
  /// The largest element of each window of a batch of images, over 1, 2 or 3 spatial axes.
  ///
  /// What lies outside the image does not count; a NaN wins. The gradient goes to the first maximum
  /// of each window.
  ///
  /// - Parameters:
  ///   - window: The size of the windows; this tensor is `[batch, sizes…, channels]`.
  ///   - strides: How far apart windows begin; the window's own size where it is not given.
  ///   - padding: `.valid`, `.same` or `.explicit`, smaller than the window.
  /// - Returns: `[batch, counts…, channels]`.
  public func maxPooled(
    over window: some AxisSizes, strides: (any AxisSizes)? = nil, padding: Padding = .valid,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let (windows, shape) = pooling(
      "maxPool", window.axisSizes, strides?.axisSizes, padding, file: file, line: line)
    return .record(
      MaxPool(windows: windows), [self], shape: shape, dtype: dtype, file: file, line: line)
  }

  /// The mean of each window of a batch of images, over 1, 2 or 3 spatial axes.
  ///
  /// - Parameters:
  ///   - window: The size of the windows; this tensor is `[batch, sizes…, channels]`.
  ///   - strides: How far apart windows begin; the window's own size where it is not given.
  ///   - padding: `.valid`, `.same` or `.explicit`, smaller than the window.
  ///   - countingOutside: Whether what lies outside the image counts as elements of 0; by default
  ///     the mean is that of the part inside, as in Keras.
  /// - Returns: `[batch, counts…, channels]`.
  public func averagePooled(
    over window: some AxisSizes, strides: (any AxisSizes)? = nil, padding: Padding = .valid,
    countingOutside: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let (windows, shape) = pooling(
      "averagePool", window.axisSizes, strides?.axisSizes, padding, file: file, line: line)
    return .record(
      AveragePool(windows: windows, countsOutside: countingOutside, isAdjoint: false), [self],
      shape: shape, dtype: dtype, file: file, line: line)
  }

  /// The largest element of each channel of each image: `[batch, channels]`, or with sizes of 1
  /// between them.
  public func globalMaxPooled(
    keepingDimensions: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkImages("globalMaxPool", file: file, line: line)
    return reduced(
      .max, along: Array(1..<(rank - 1)), keepingDimensions: keepingDimensions, file: file,
      line: line)
  }

  /// The mean of each channel of each image: `[batch, channels]`, or with sizes of 1 between them.
  public func globalAveragePooled(
    keepingDimensions: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkImages("globalAveragePool", file: file, line: line)
    return mean(
      along: Array(1..<(rank - 1)), keepingDimensions: keepingDimensions, file: file, line: line)
  }

  private func pooling(
    _ who: String, _ window: [Int], _ strides: [Int]?, _ padding: Padding, file: StaticString,
    line: UInt
  ) -> (windows: Windows, shape: Shape) {
    checkImages(who, file: file, line: line)
    check(
      padding != .causal,
      Diagnostic(
        who, "the padding cannot be causal", expected: ".valid, .same or .explicit",
        got: "\(padding)"),
      file: file, line: line)
    let arguments = WindowArguments(
      who, "window", sizes: window, strides: strides ?? window, dilations: [1], padding: padding,
      axes: rank - 2, file: file, line: line)
    if case .explicit(let pairs) = arguments.padding {
      // A window must not lie outside altogether: nothing has no maximum and no mean.
      check(
        zip(pairs, arguments.sizes).allSatisfy { $0.0 < $1 && $0.1 < $1 },
        Diagnostic(
          who, "the padding is not smaller than the window",
          expected: "padding below \(arguments.sizes.text)", got: "\(padding)"),
        file: file, line: line)
    }
    let (windows, counts) = arguments.windows(over: spatialShape)
    return (windows, [shape[0]] + counts + [shape[rank - 1]])
  }
}
