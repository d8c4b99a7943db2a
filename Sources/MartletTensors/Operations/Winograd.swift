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
    let best = Winograd.cheapest(conv, planner) { side in
      var candidate = mk_winograd_args()
      candidate.conv = conv
      candidate.input = input ? 1 : 0
      candidate.side = side
      return (
        candidate, withUnsafePointer(to: candidate, mk_winograd_cost),
        withUnsafePointer(to: candidate, mk_winograd_direct_cost)
      )
    }
    guard let best else { return nil }
    arguments = best
    arguments.blocking = withUnsafePointer(to: arguments) {
      mk_winograd_blocking_of($0, conv.threads(planner))
    }
  }

  /// With fewer, transforms take as long as what they save: measured.
  private static let leastChannels: Int64 = 32

  /// A share of the direct sum's time: costs are known to some ten percent.
  private static let leastGain = 0.85

  /// Of the squares of results that a convolution can be cut into, what takes least time; nil where
  /// none gains enough over the direct sum.
  static func cheapest<Arguments>(
    _ conv: mk_conv_args, _ planner: Planner,
    _ candidate: (_ side: UInt8) -> (arguments: Arguments, cost: Double, direct: Double)
  ) -> Arguments? {
    guard planner.allowsWinograd, conv.dtype == MK_F32, conv.shape.batch > 0,
      min(conv.shape.channels, conv.shape.filters) >= leastChannels
    else { return nil }
    let sides: [UInt8] = [4, 2].filter { side in
      withUnsafePointer(to: conv.shape) { mk_winograd_serves($0, Int32(side)) } != 0
    }
    return sides.map(candidate).filter { $0.cost < leastGain * $0.direct }
      .min { $0.cost < $1.cost }?.arguments
  }

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

/// The gradient of a convolution by its filters, from the same squares: the adjoint.
///
///     w = Gᵀ [ Σ (Bᵀ x B) ⊙ (A y Aᵀ) ] G       over all squares
struct WinogradGradient {
  private var arguments: mk_winograd_gradient_args

  /// The way that takes least time; nil where the direct sum does, or where this way is not allowed.
  init?(_ conv: mk_conv_args, _ planner: Planner) {
    let best = Winograd.cheapest(conv, planner) { side in
      var candidate = mk_winograd_gradient_args()
      candidate.winograd.conv = conv
      candidate.winograd.side = side
      let cost = withUnsafeMutablePointer(to: &candidate) {
        mk_winograd_gradient_plan($0, conv.threads(planner))
      }
      let direct = withUnsafePointer(to: candidate.winograd, mk_winograd_direct_cost)
      return (candidate, cost, Double(conv.shape.batch) * direct)
    }
    guard let best else { return nil }
    arguments = best
  }

  /// Emits the calls that compute the filters, and returns where they say whether all are finite.
  func emit(
    _ name: String, _ detail: String, x: Planner.Location, w: Planner.Location,
    y: Planner.Location, _ planner: Planner
  ) -> Flags {
    let parts = planner.parts(forWork: w.layout.shape.elementCount * Int(2 + arguments.chunks))
    let flags = Flags(place: planner.workspace(byteCount: parts), count: parts)
    let sums = planner.workspace(
      byteCount: withUnsafePointer(to: arguments, mk_winograd_gradient_bytes))
    let blocking = arguments.winograd.blocking
    planner.emit(
      name, detail + " in squares of \(arguments.winograd.side)", mk_winograd_gradient_sums,
      arguments, [(\.winograd.conv.x, x), (\.winograd.conv.y, y), (\.sums, sums)],
      parts: Int(blocking.row_parts * blocking.column_parts),
      scratch: withUnsafePointer(to: arguments, mk_winograd_gradient_scratch))
    planner.emit(
      "\(name) sum", "\(arguments.chunks) chunks of \(w.layout.shape.text)", mk_winograd_gradient,
      arguments, [(\.sums, sums), (\.winograd.conv.w, w), (\.flags, flags.place)], parts: parts)
    return flags
  }

  /// Whether something came out infinite or NaN: one byte for each part.
  struct Flags {
    fileprivate let place: Planner.Location
    fileprivate let count: Int

    /// Emits a call of the direct way that runs only if something did.
    func emitRepair(
      _ label: String, _ detail: String, _ run: @escaping mk_run, _ filter: mk_conv_filter_args,
      _ references: [(WritableKeyPath<mk_conv_filter_args, mk_ref>, Planner.Location)],
      _ parts: Int, _ scratch: Int, _ planner: Planner
    ) {
      var arguments = mk_winograd_repair_args()
      arguments.count = UInt32(count)
      arguments.run = run
      arguments.filter = filter
      let filterPath: WritableKeyPath<mk_winograd_repair_args, mk_conv_filter_args> = \.filter
      var all: [(WritableKeyPath<mk_winograd_repair_args, mk_ref>, Planner.Location)] = []
      all.append((\.flags, place))
      for (path, place) in references { all.append((filterPath.appending(path: path), place)) }
      planner.emit(
        "\(label) unless finite", detail, mk_winograd_repair, arguments, all,
        parts: parts, scratch: scratch)
    }
  }
}
