import CKernels

/// A kernel written in Swift, for operations whose loops are not worth a C kernel.
///
/// The call's arguments are this object: the plan keeps it alive, its references are filled in like
/// those of any other call.
final class HostCall: Sendable {
  /// What runs, given the first element of each place.
  ///
  /// Several threads may run it at once, over different buffers. It must not record or evaluate
  /// tensors.
  typealias Body =
    @Sendable (_ reads: [UnsafeRawPointer], _ writes: [UnsafeMutableRawPointer]) -> Void

  private let body: Body
  // The plan writes the references before it exists, and never again.
  nonisolated(unsafe) private let references: UnsafePointer<mk_ref>
  private let readCount: Int
  private let writeCount: Int

  init(_ body: @escaping Body, references: UnsafePointer<mk_ref>, reads: Int, writes: Int) {
    self.body = body
    self.references = references
    readCount = reads
    writeCount = writes
  }

  private func run(_ context: UnsafePointer<mk_context>) {
    // A plan without an arena has no address for what is empty; a closure gets one all the same.
    let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
    func place(_ index: Int) -> UnsafeMutableRawPointer {
      mk_at(context, references[index]) ?? nowhere
    }
    body(
      (0..<readCount).map { UnsafeRawPointer(place($0)) },
      (readCount..<(readCount + writeCount)).map(place))
  }

  /// The C function of every host call.
  static let trampoline: @convention(c) (UnsafeRawPointer?, UnsafePointer<mk_context>?) -> Void = {
    arguments, context in
    guard let arguments, let context else { internalError("a host call without its arguments") }
    Unmanaged<HostCall>.fromOpaque(arguments).takeUnretainedValue().run(context)
  }
}

extension Planner {
  /// Adds a call of a Swift closure, which runs as one part.
  ///
  /// - Parameters:
  ///   - reads: What the closure reads, dense places (see `dense`).
  ///   - writes: What it writes, dense places: outputs, workspaces, error slots.
  ///   - body: Gets the addresses of the first elements, in the order of `reads` and `writes`. The
  ///     memory it writes is not cleared; what it captures must not depend on values.
  func emitHost(
    _ label: String, _ detail: String, reads: [Location], writes: [Location],
    _ body: @escaping HostCall.Body
  ) {
    let places = reads + writes
    for place in places where !place.layout.isDense {
      internalError("\(label) reads or writes a view that is not dense")
    }
    let references = memory.keep([mk_ref](repeating: mk_ref(), count: places.count))
    let call = HostCall(
      body, references: UnsafePointer(references), reads: reads.count, writes: writes.count)
    emit(
      label, detail, HostCall.trampoline, UnsafeRawPointer(memory.keep(object: call)),
      places.enumerated().map { (references + $0, $1.buffer, $1.byteOffset) })
  }
}
