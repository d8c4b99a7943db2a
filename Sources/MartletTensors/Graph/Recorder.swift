import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What one thread is recording: its open gradient scopes and the tensors that wait for a value.
///
/// Unchecked `Sendable`: the list is guarded by `graphLock`, the rest belongs to the thread.
final class Recorder: @unchecked Sendable {
  // Guarded by graphLock.
  unowned(unsafe) var first: Handle?
  unowned(unsafe) var last: Handle?

  // The thread's own.
  /// The innermost open gradient scope.
  var scope: GradientScope?
  /// Operations recorded since the last evaluation on this thread.
  var recorded = 0
  /// Receives the time of each kernel while a profile is taken.
  var profile: Profile?
  /// How many threads the plans of this thread may use, if not `Threads.count`.
  var threads: Int?
  /// Whether the plans of this thread fuse elementwise chains.
  var fusion = true
  /// Whether the plans of this thread may convolve with few multiplications.
  var winograd = Recorder.allowsWinograd
  /// The step that is being recorded to be replayed later, if there is one.
  var recording: StepRecording?
  /// The keys of the closure that is run to be run again, or is run again.
  var drawnKeys: DrawnKeys?
  /// Whether steps are replayed on this thread.
  var replays = true

  /// Above this many recorded operations an evaluation happens by itself, so that no loop grows
  /// because nobody reads.
  static let depthLimit = 50_000

  /// What the environment variable `MARTLET_WINOGRAD` says: anything but 0 allows.
  private static let allowsWinograd = getenv("MARTLET_WINOGRAD").map { String(cString: $0) } != "0"

  /// Runs a closure with one of the calling thread's settings changed.
  static func with<Value, Result>(
    _ setting: ReferenceWritableKeyPath<Recorder, Value>, _ value: Value,
    _ body: () throws -> Result
  ) rethrows -> Result {
    let recorder = current
    let before = recorder[keyPath: setting]
    recorder[keyPath: setting] = value
    defer { recorder[keyPath: setting] = before }
    return try body()
  }

  /// The recorder of the calling thread.
  static var current: Recorder {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<Recorder>.fromOpaque(pointer).takeUnretainedValue()
    }
    let recorder = Recorder()
    pthread_setspecific(key, Unmanaged.passRetained(recorder).toOpaque())
    return recorder
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { pointer in
      #if canImport(Darwin)
        Unmanaged<Recorder>.fromOpaque(pointer).release()
      #else
        if let pointer { Unmanaged<Recorder>.fromOpaque(pointer).release() }
      #endif
    }
    return key
  }()

  /// Records one operation and returns its result, which nothing has computed yet.
  func record(
    _ operation: consuming any Operation, _ inputs: consuming [Node], _ type: consuming TensorType
  ) -> Tensor {
    recorded += 1
    if recorded > Recorder.depthLimit { relieve(keeping: copy inputs) }
    graphLock.lock()
    for index in inputs.indices { inputs[index].uses += 1 }
    let node = Node(operation, inputs: inputs, type: type, serial: nextSerial(), scope: scope)
    let handle = Handle(node, pending: self)
    graphLock.unlock()
    return Tensor(handle)
  }

  private func relieve(keeping inputs: [Node]) {
    recorded = 0
    // Inside a gradient scope the graph is needed as it is; its end relieves.
    if scope == nil { Evaluation.run(inputs, recorder: self) }
  }
}

/// The next place in the order of recording, over all threads.
@inline(__always)
func nextSerial() -> Int { Int(mk_next_serial()) }
