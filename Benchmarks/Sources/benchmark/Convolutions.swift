import CKernels

/// Direct convolutions with both of their gradients.
let convolutionBenchmarks = layers.map { layer in
  Benchmark(
    name: layer.name, what: "a convolution and both gradients, share of the peak"
  ) { settings in
    layer.figures(settings, threads: settings.threads ?? 2)
  }
}

private let layers =
  [
    // VGG16 (Simonyan and Zisserman, 2015): the layers of 64 channels or more.
    (224, 64, 64), (112, 64, 128), (112, 128, 128), (56, 128, 256), (56, 256, 256),
    (28, 256, 512), (28, 512, 512), (14, 512, 512),
  ].map { Layer(batch: 8, size: $0, kernel: 3, channels: $1, filters: $2) }
  + [(14, 32, 60), (7, 60, 128)].map {
    Layer(batch: 128, size: $0, kernel: 5, channels: $1, filters: $2)
  }
  // LeNet-5's, whose few channels leave most of a vector idle.
  + [
    Layer(batch: 128, size: 28, kernel: 5, channels: 1, filters: 6),
    Layer(batch: 128, size: 14, kernel: 5, channels: 6, filters: 16, isPadded: false),
  ]

/// A convolution of stride 1, padded so that its output is as large as its input, or not at all.
private struct Layer: Sendable {
  let batch: Int
  let size: Int
  let kernel: Int
  let channels: Int
  let filters: Int
  var isPadded = true

  private var before: Int { isPadded ? kernel / 2 : 0 }
  private var outputSize: Int { isPadded ? size : size - kernel + 1 }

  var name: String { "conv-\(size)x\(size)-\(kernel)x\(kernel)-\(channels)-\(filters)" }

  private var shape: mk_conv_shape {
    var shape = mk_conv_shape()
    (shape.batch, shape.groups) = (Int64(batch), 1)
    (shape.channels, shape.filters) = (Int64(channels), Int64(filters))
    shape.in = (1, Int64(size), Int64(size))
    shape.kernel = (1, Int64(kernel), Int64(kernel))
    shape.out = (1, Int64(outputSize), Int64(outputSize))
    shape.stride = (1, 1, 1)
    shape.dilation = (1, 1, 1)
    shape.before = (0, Int64(before), Int64(before))
    return shape
  }

  /// Operations as everybody counts them: what falls outside the image too.
  private var operations: Double {
    2 * Double(batch * outputSize * outputSize) * Double(kernel * kernel * channels * filters)
  }

  /// The share of them that falls inside the image.
  private var inside: Double {
    if !isPadded { return 1 }
    let positions = (0..<kernel).reduce(0) { $0 + size - abs($1 - kernel / 2) }
    let share = Double(positions) / Double(kernel * size)
    return share * share
  }

  func figures(_ settings: Settings, threads: Int) -> [Figure] {
    let x = Buffer(batch * size * size * channels)
    let y = Buffer(batch * outputSize * outputSize * filters)
    let w = Buffer(kernel * kernel * channels * filters)
    var arguments = mk_conv_args()
    arguments.shape = shape
    (arguments.x.base, arguments.w.base, arguments.y.base) = (0, 1, 2)
    func rate(
      _ blocking: mk_blocking, _ run: @escaping mk_run,
      _ scratch: (UnsafePointer<mk_conv_args>?) -> Int
    ) -> Rate {
      arguments.blocking = blocking
      return withUnsafePointer(to: arguments) { arguments in
        let scratch = scratch(arguments)
        return Rate(settings, threads: threads, operations: operations) {
          replay(
            [
              mk_call(
                run: run, args: arguments,
                parts: blocking.row_parts * blocking.column_parts)
            ], over: [x.memory, w.memory, y.memory], scratch: scratch)
        }
      }
    }
    let forward = withUnsafePointer(to: arguments.shape) { shape in
      mk_conv_blocking(shape, arguments.dtype, UInt32(threads))
    }
    let input = withUnsafePointer(to: arguments.shape) { shape in
      mk_conv_input_blocking(shape, arguments.dtype, UInt32(threads))
    }
    let rates = [
      ("forward", rate(forward, mk_conv, mk_conv_scratch)),
      ("input", rate(input, mk_conv_input, mk_conv_input_scratch)),
      ("filter", filterRate(settings, threads, arguments, x, w, y)),
    ]
    return rates.map { pass, rate in
      rate.figure(
        "\(name)-\(pass)", threads: threads,
        [
          ("batch", "\(batch)"), ("milliseconds", Figure.number(operations / rate.gigaflops / 1e6)),
          ("inside", Figure.number(inside)),
        ])
    }
  }

  private func filterRate(
    _ settings: Settings, _ threads: Int, _ forward: mk_conv_args, _ x: Buffer, _ w: Buffer,
    _ y: Buffer
  ) -> Rate {
    var arguments = mk_conv_filter_args()
    arguments.conv = forward
    arguments.conv.blocking = withUnsafePointer(to: arguments.conv.shape) { shape in
      mk_conv_filter_blocking(shape, forward.dtype, UInt32(threads), &arguments.chunks)
    }
    arguments.partials.base = 3
    return withUnsafePointer(to: arguments) { arguments in
      let partials = Buffer(mk_conv_filter_workspace(arguments) / 4)
      let blocking = arguments.pointee.conv.blocking
      let parts = blocking.row_parts * blocking.column_parts
      var calls = [mk_call(run: mk_conv_filter_partials, args: arguments, parts: parts)]
      if arguments.pointee.chunks > 1 {
        calls.append(
          mk_call(run: mk_conv_filter_sum, args: arguments, parts: UInt32(threads)))
      }
      let scratch = mk_conv_filter_scratch(arguments)
      return Rate(settings, threads: threads, operations: operations) {
        replay(calls, over: [x.memory, w.memory, y.memory, partials.memory], scratch: scratch)
      }
    }
  }
}
