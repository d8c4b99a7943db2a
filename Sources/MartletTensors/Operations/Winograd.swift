import CKernels

/// A convolution, or the gradient of its input, worked out from transformed squares with a fraction
/// of the multiplications.
///
///     y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A       for each square of results
///
/// - Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
struct Winograd {
  private var arguments: mk_winograd_args

  /// The way that takes least time; nil where the direct sum does, or where this way is not allowed.
  ///
  /// The choice follows from the sizes of one image and from windows and channels, never from the
  /// batch: an image's bits do not depend on its company.
  init?(_ conv: mk_conv_args, input: Bool, _ planner: Planner) {
    guard planner.allowsWinograd, conv.dtype == MK_F32, conv.shape.batch > 0,
      min(conv.shape.channels, conv.shape.filters) >= Winograd.leastChannels
    else { return nil }
    var best: (arguments: mk_winograd_args, cost: Double)?
    for side: UInt8 in [4, 2]
    where withUnsafePointer(to: conv.shape, { mk_winograd_serves($0, Int32(side)) }) != 0 {
      var candidate = mk_winograd_args()
      candidate.conv = conv
      candidate.input = input ? 1 : 0
      candidate.side = side
      let cost = withUnsafePointer(to: candidate, mk_winograd_cost)
      if cost < best?.cost ?? (0.85 * withUnsafePointer(to: candidate, mk_winograd_direct_cost)) {
        best = (candidate, cost)
      }
    }
    guard let best else { return nil }
    arguments = best.arguments
    arguments.blocking = withUnsafePointer(to: arguments) {
      mk_winograd_blocking_of($0, conv.threads(planner))
    }
  }

  /// With fewer, transforms take as long as what they save: measured.
  private static let leastChannels: Int64 = 32

  func emit(
    _ step: PlanStep, _ name: String, x: Planner.Location, w: Planner.Location,
    y: Planner.Location, program: Program?, _ planner: Planner
  ) {
    let shape = arguments.conv.shape
    let isInput = arguments.input != 0
    let detail =
      "\((isInput ? y : x).layout.shape.text) by \(shape.kernel.1)×\(shape.kernel.2)"
      + " in squares of \(arguments.side)"
    var references: [(WritableKeyPath<mk_winograd_args, mk_ref>, Planner.Location)] = [
      (\.conv.x, x), (\.conv.w, w), (\.conv.y, y),
    ]
    if arguments.blocking.held != 0 {
      let filters = planner.workspace(
        byteCount: withUnsafePointer(to: arguments, mk_winograd_filter_bytes))
      planner.emit(
        "\(name) filters", w.layout.shape.text, mk_winograd_filter, arguments,
        [(\.conv.w, w), (\.u, filters)],
        parts: planner.parts(forWork: 8 * w.layout.shape.elementCount),
        scratch: withUnsafePointer(to: arguments, mk_winograd_filter_scratch))
      references.append((\.u, filters))
    }
    planner.emit(
      planner.label(step, name), detail, mk_winograd, arguments, references,
      parts: Int(arguments.blocking.row_parts * arguments.blocking.column_parts),
      scratch: withUnsafePointer(to: arguments, mk_winograd_scratch), program: program,
      handingOver: isInput ? x : y)
  }
}
