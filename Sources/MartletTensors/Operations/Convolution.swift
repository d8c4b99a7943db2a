import CKernels

// Three operations, each the derivative of the other two: with
//
//     T(x, w, y) = Σ x[n, o · stride + t · dilation − before, c] · w[t, c, f] · y[n, o, f],
//
// `Convolution` is the gradient of T by y, `TransposedConvolution` the one by x,
// `ConvolutionFilter` the one by w. Any order of differentiation stays among them.
//
//     x [batch, sizes…, channels]   w [window…, channels / groups, filters]   y [batch, counts…, filters]

/// The convolution of a batch of images with a bank of filters.
struct Convolution: EpilogueHost {
  let name = "conv"
  let windows: Windows

  func encode(into key: inout PlanKey) { windows.encode(into: &key) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index == 0
      ? TransposedConvolution.record(at.dy, at.b, shape: at.a.shape, windows)
      : ConvolutionFilter.record(at.a, at.dy, shape: at.b.shape, windows)
  }

  static func record(_ x: Tensor, _ w: Tensor, shape: Shape, _ windows: Windows) -> Tensor {
    .record(Convolution(windows: windows), [x, w], shape: shape, dtype: x.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let w = planner.dense(step.inputs[1])
    let y = planner.output(step)
    var arguments = mk_conv_args(
      windows, x: x.layout.shape, w: w.layout.shape, y: step.type.shape, step.type.dtype)
    let program = planner.epilogue(step)
    arguments.epilogue = program.map { UnsafePointer($0.pointer) }
    if let winograd = Winograd(arguments, input: false, planner) {
      winograd.emit(step, name, x: x, w: w, y: y, program: program, planner)
      return
    }
    arguments.blocking = withUnsafePointer(to: arguments.shape) {
      mk_conv_blocking($0, arguments.dtype, arguments.threads(planner))
    }
    planner.emit(
      planner.label(step, name), "\(x.layout.shape.text) by \(windows.text)", mk_conv,
      arguments, [(\.x, x), (\.w, w), (\.y, y)],
      parts: Int(arguments.blocking.row_parts * arguments.blocking.column_parts),
      scratch: withUnsafePointer(to: arguments, mk_conv_scratch), program: program, handingOver: y)
  }
}

/// The adjoint of a convolution: each element of `y` spreads a filter over `x`.
struct TransposedConvolution: EpilogueHost {
  let name = "transposedConv"
  let windows: Windows

  func encode(into key: inout PlanKey) { windows.encode(into: &key) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index == 0
      ? Convolution.record(at.dy, at.b, shape: at.a.shape, windows)
      : ConvolutionFilter.record(at.dy, at.a, shape: at.b.shape, windows)
  }

  static func record(_ y: Tensor, _ w: Tensor, shape: Shape, _ windows: Windows) -> Tensor {
    .record(TransposedConvolution(windows: windows), [y, w], shape: shape, dtype: y.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let y = planner.dense(step.inputs[0])
    let w = planner.dense(step.inputs[1])
    let x = planner.output(step)
    var arguments = mk_conv_args(
      windows, x: step.type.shape, w: w.layout.shape, y: y.layout.shape, step.type.dtype)
    let program = planner.epilogue(step)
    arguments.epilogue = program.map { UnsafePointer($0.pointer) }
    if let winograd = Winograd(arguments, input: true, planner) {
      winograd.emit(step, name, x: x, w: w, y: y, program: program, planner)
      return
    }
    arguments.blocking = withUnsafePointer(to: arguments.shape) {
      mk_conv_input_blocking($0, arguments.dtype, arguments.threads(planner))
    }
    planner.emit(
      planner.label(step, name), "\(y.layout.shape.text) by \(windows.text)", mk_conv_input,
      arguments, [(\.x, x), (\.w, w), (\.y, y)],
      parts: Int(arguments.blocking.row_parts * arguments.blocking.column_parts),
      scratch: withUnsafePointer(to: arguments, mk_conv_input_scratch), program: program,
      handingOver: x)
  }
}

/// The gradient of a convolution by its filters.
struct ConvolutionFilter: Operation {
  let name = "convFilter"
  let windows: Windows

  func encode(into key: inout PlanKey) { windows.encode(into: &key) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index == 0
      ? TransposedConvolution.record(at.b, at.dy, shape: at.a.shape, windows)
      : Convolution.record(at.a, at.dy, shape: at.b.shape, windows)
  }

  static func record(_ x: Tensor, _ y: Tensor, shape: Shape, _ windows: Windows) -> Tensor {
    .record(ConvolutionFilter(windows: windows), [x, y], shape: shape, dtype: x.dtype)
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let x = planner.dense(step.inputs[0])
    let y = planner.dense(step.inputs[1])
    let w = planner.output(step)
    var arguments = mk_conv_filter_args()
    arguments.conv = mk_conv_args(
      windows, x: x.layout.shape, w: step.type.shape, y: y.layout.shape, step.type.dtype)
    var chunks: UInt64 = 0
    arguments.conv.blocking = withUnsafePointer(to: arguments.conv.shape) {
      mk_conv_filter_blocking(
        $0, arguments.conv.dtype, arguments.conv.threads(planner), &chunks)
    }
    arguments.chunks = chunks
    let blocking = arguments.conv.blocking
    let parts = Int(blocking.row_parts * blocking.column_parts)
    let detail = "\(x.layout.shape.text) by \(windows.text)"
    // What transformed squares give is taken back where it is not finite.
    let flags = WinogradGradient(arguments.conv, planner)?.emit(
      name, detail, x: x, w: w, y: y, planner)
    func emit(
      _ label: String, _ detail: String, _ run: @escaping mk_run,
      _ references: [(WritableKeyPath<mk_conv_filter_args, mk_ref>, Planner.Location)], parts: Int
    ) {
      let scratch = withUnsafePointer(to: arguments, mk_conv_filter_scratch)
      if let flags {
        flags.emitRepair(label, detail, run, arguments, references, parts, scratch, planner)
      } else {
        planner.emit(label, detail, run, arguments, references, parts: parts, scratch: scratch)
      }
    }
    if chunks <= 1 {
      emit(
        name, detail, mk_conv_filter_partials,
        [(\.conv.x, x), (\.conv.y, y), (\.conv.w, w)], parts: parts)
      return
    }
    // First the partial sums of every chunk of pixels, then the chunks in their order.
    let partials = planner.workspace(
      byteCount: withUnsafePointer(to: arguments, mk_conv_filter_workspace))
    emit(
      name, detail, mk_conv_filter_partials,
      [(\.conv.x, x), (\.conv.y, y), (\.partials, partials)], parts: parts)
    emit(
      "\(name) sum", "\(chunks) chunks of \(step.type.shape.text)", mk_conv_filter_sum,
      [(\.partials, partials), (\.conv.w, w)],
      parts: planner.parts(forWork: step.type.count * Int(chunks)))
  }
}

extension mk_conv_args {
  /// The arguments of one of the three, without buffers and blocking.
  fileprivate init(_ windows: Windows, x: Shape, w: Shape, y: Shape, _ dtype: DType) {
    self.init()
    self.dtype = dtype.kernelType
    shape.batch = Int64(x[0])
    shape.groups = Int64(windows.groups)
    shape.channels = Int64(x[x.count - 1])
    shape.filters = Int64(w[w.count - 1])
    fillSpatial(&shape.in, Array(x.dropFirst().dropLast()), missing: 1)
    fillSpatial(&shape.out, Array(y.dropFirst().dropLast()), missing: 1)
    fillSpatial(&shape.kernel, windows.sizes, missing: 1)
    fillSpatial(&shape.stride, windows.strides, missing: 1)
    fillSpatial(&shape.dilation, windows.dilations, missing: 1)
    fillSpatial(&shape.before, windows.before, missing: 0)
  }

  /// As many threads as the work is worth.
  func threads(_ planner: Planner) -> UInt32 {
    let pixels = Double(shape.batch) * Double(shape.out.0 * shape.out.1) * Double(shape.out.2)
    let taps = Double(shape.kernel.0 * shape.kernel.1) * Double(shape.kernel.2)
    let products = pixels * taps * Double(shape.channels / shape.groups) * Double(shape.filters)
    return products < 200_000 ? 1 : UInt32(planner.threads)
  }
}

extension Tensor {
  /// The convolution of a batch of images, over 1, 2 or 3 spatial axes, with a bank of filters.
  ///
  ///     y[n, o, f] = Σ x[n, o · stride + t · dilation − before, c] · w[t, c, f], over t and c
  ///
  /// As everywhere in deep learning the filters are not flipped: a cross-correlation. Positions
  /// outside the image count as 0. A bias added and an activation called on the result run in the
  /// same kernel.
  ///
  /// - Parameters:
  ///   - kernel: `[window sizes…, channels / groups, filters]`; this tensor is `[batch, sizes…,
  ///     channels]`.
  ///   - strides: How far apart windows begin.
  ///   - dilations: How far apart the elements of a window are.
  ///   - groups: Into how many groups channels and filters are cut; a filter sees the channels of
  ///     its own group only.
  /// - Returns: `[batch, counts…, filters]`, where a count is ⌈size / stride⌉ with `.same` and
  ///   `.causal`, ⌊(size + padding − extent) / stride⌋ + 1 otherwise.
  ///
  /// Traps if the channels do not fit, groups do not divide them, or a window does not fit into the
  /// image.
  public func convolved(
    with kernel: Tensor, strides: some AxisSizes = 1, padding: Padding = .valid,
    dilations: some AxisSizes = 1, groups: Int = 1,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkImages("conv", file: file, line: line)
    checkKernel(
      kernel, "conv", "[window sizes…, channels / groups, filters]", file: file, line: line)
    let channels = shape[rank - 1]
    let (kernelChannels, filters) = (kernel.shape[rank - 2], kernel.shape[rank - 1])
    check(
      groups >= 1 && channels % groups == 0 && filters % groups == 0,
      Diagnostic(
        "conv", "\(groups) groups do not divide \(channels) channels and \(filters) filters",
        expected: "a number of groups that divides both",
        got: "image \(shape.text), kernel \(kernel.shape.text), groups \(groups)"),
      file: file, line: line)
    check(
      kernelChannels == channels / groups,
      Diagnostic(
        "conv",
        "the kernel has \(kernelChannels) input channels, the image \(channels)"
          + (groups > 1 ? " in \(groups) groups" : ""),
        expected: "a kernel [window sizes…, \(channels / groups), filters]",
        got: "image \(shape.text), kernel \(kernel.shape.text)",
        fix: "check the axis of the channels: images are channels last"),
      file: file, line: line)
    let arguments = WindowArguments(
      "conv", "kernel", sizes: Array(kernel.shape.dropLast(2)), strides: strides.axisSizes,
      dilations: dilations.axisSizes, padding: padding, axes: rank - 2, file: file, line: line)
    checkCausal(padding, "conv", file: file, line: line)
    let (windows, counts) = arguments.windows(over: spatialShape, groups: groups)
    return .record(
      Convolution(windows: windows), [self, kernel], shape: [shape[0]] + counts + [filters],
      dtype: dtype, file: file, line: line)
  }

  /// The convolution of every channel with filters of its own.
  ///
  /// - Parameter kernel: `[window sizes…, channels, multiplier]`; this tensor is `[batch, sizes…,
  ///   channels]`. Other parameters as in `convolved(with:)`.
  /// - Returns: `[batch, counts…, channels · multiplier]`; filter m of channel c stands at
  ///   c · multiplier + m.
  public func depthwiseConvolved(
    with kernel: Tensor, strides: some AxisSizes = 1, padding: Padding = .valid,
    dilations: some AxisSizes = 1, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    checkImages("depthwiseConv", file: file, line: line)
    checkKernel(
      kernel, "depthwiseConv", "[window sizes…, channels, multiplier]", file: file, line: line)
    let (channels, kernelChannels) = (shape[rank - 1], kernel.shape[rank - 2])
    check(
      kernelChannels == channels,
      Diagnostic(
        "depthwiseConv",
        "the kernel has \(kernelChannels) input channels, the image \(channels)",
        expected: "a kernel [window sizes…, \(channels), multiplier]",
        got: "image \(shape.text), kernel \(kernel.shape.text)",
        fix: "check the axis of the channels: images are channels last"),
      file: file, line: line)
    let flat = kernel.reshaped(
      to: kernel.shape.dropLast(2) + [channels == 0 ? 0 : 1, channels * kernel.shape[rank - 1]])
    return convolved(
      with: flat, strides: strides, padding: padding, dilations: dilations,
      groups: Swift.max(channels, 1), file: file, line: line)
  }

  /// The transposed convolution of a batch of images: the adjoint of `convolved(with:)`, which
  /// spreads every element over a window.
  ///
  ///     y[n, i · stride + t · dilation − before, f] = Σ x[n, i, c] · w[t, f, c], over i, t and c
  ///
  /// - Parameters:
  ///   - kernel: `[window sizes…, filters, channels]`; this tensor is `[batch, sizes…, channels]`.
  ///   - padding: With e = (window − 1) · dilation + 1, an axis of n elements becomes
  ///     (n − 1) · stride + max(e, stride) elements with `.valid`, n · stride with `.same`,
  ///     (n − 1) · stride + e − before − after where padding is explicit: then it is that of the
  ///     convolution whose adjoint this is.
  ///   - outputPadding: If given, an axis becomes (n − 1) · stride + e + outputPadding with
  ///     `.valid`, (n − 1) · stride + e mod 2 + outputPadding with `.same`, and that much longer
  ///     where padding is explicit.
  /// - Returns: `[batch, sizes…, filters]`.
  /// - Source: the sizes are those of Keras 3's `conv_transpose`.
  public func transposedConvolved(
    with kernel: Tensor, strides: some AxisSizes = 1, padding: Padding = .valid,
    outputPadding: (any AxisSizes)? = nil, dilations: some AxisSizes = 1,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let who = "transposedConv"
    checkImages(who, file: file, line: line)
    checkKernel(kernel, who, "[window sizes…, filters, channels]", file: file, line: line)
    let (channels, kernelChannels) = (shape[rank - 1], kernel.shape[rank - 1])
    check(
      kernelChannels == channels,
      Diagnostic(
        who, "the kernel has \(kernelChannels) input channels, the image \(channels)",
        expected: "a kernel [window sizes…, filters, \(channels)]",
        got: "image \(shape.text), kernel \(kernel.shape.text)",
        fix: "a transposed convolution's kernel has the input's channels last"),
      file: file, line: line)
    check(
      padding != .causal,
      Diagnostic(
        who, "the padding cannot be causal", expected: ".valid, .same or .explicit",
        got: "\(padding)"),
      file: file, line: line)
    let arguments = WindowArguments(
      who, "kernel", sizes: Array(kernel.shape.dropLast(2)), strides: strides.axisSizes,
      dilations: dilations.axisSizes, padding: padding, axes: rank - 2, file: file, line: line)
    var extra: [Int]?
    if let given = outputPadding?.axisSizes {
      check(
        (given.count == 1 || given.count == rank - 2)
          && given.allSatisfy { $0 >= 0 && $0 < 1 << 31 },
        Diagnostic(
          who, "the output padding does not fit",
          expected: "1 or \(rank - 2) sizes of 0 or more", got: "\(given)"),
        file: file, line: line)
      extra = given.count == 1 ? [Int](repeating: given[0], count: rank - 2) : given
    }
    let (sizes, before) = arguments.sizesBefore(spatialShape, outputPadding: extra)
    let windows = Windows(
      sizes: arguments.sizes, strides: arguments.strides, dilations: arguments.dilations,
      before: before)
    return .record(
      TransposedConvolution(windows: windows), [self, kernel],
      shape: [shape[0]] + sizes + [kernel.shape[rank - 2]], dtype: dtype, file: file, line: line)
  }

  private func checkKernel(
    _ kernel: Tensor, _ who: String, _ expected: String, file: StaticString, line: UInt
  ) {
    check(
      kernel.rank == rank,
      Diagnostic(
        who, "the kernel has not the rank of the image", expected: "\(expected), rank \(rank)",
        got: "image \(shape.text), kernel \(kernel.shape.text)"),
      file: file, line: line)
    check(
      kernel.dtype == dtype,
      Diagnostic(
        who, "the element types differ", expected: "a kernel of \(dtype)",
        got: "image \(dtype), kernel \(kernel.dtype)", fix: "convert one of them with cast(to:)"),
      file: file, line: line)
  }

  private func checkCausal(
    _ padding: Padding, _ who: String, file: StaticString, line: UInt
  ) {
    check(
      padding != .causal || rank == 3,
      Diagnostic(
        who, "causal padding needs one axis that is time", expected: "[batch, steps, channels]",
        got: shape.text),
      file: file, line: line)
  }
}

extension WindowArguments {
  /// The sizes that a transposed convolution gives an image, and the padding of the convolution
  /// whose adjoint it is.
  fileprivate func sizesBefore(
    _ image: [Int], outputPadding: [Int]?
  ) -> (sizes: [Int], before: [Int]) {
    var before = [Int](repeating: 0, count: image.count)
    var sizes = before
    let extents = self.extents
    for (axis, count) in image.enumerated() {
      let (extent, stride, extra) = (extents[axis], strides[axis], outputPadding?[axis])
      let reach = (count - 1) * stride + extent
      switch padding {
      case .valid, .causal: sizes[axis] = reach + (extra ?? Swift.max(stride - extent, 0))
      case .same:
        sizes[axis] = extra.map { (count - 1) * stride + extent % 2 + $0 } ?? count * stride
        before[axis] = Swift.max(reach - sizes[axis], 0) / 2
      case .explicit(let pairs):
        before[axis] = pairs[axis].0
        sizes[axis] = reach - pairs[axis].0 - pairs[axis].1 + (extra ?? 0)
      }
    }
    check(
      sizes.allSatisfy { $0 >= 0 },
      Diagnostic(
        who, "the padding takes away more than there is",
        expected: "sizes of 0 or more in the result",
        got: "\(sizes.text) from image \(image.text), padding \(padding)"),
      file: file, line: line)
    return (sizes, before)
  }
}
