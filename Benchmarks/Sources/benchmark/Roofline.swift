import CKernels
import Foundation
import Martlet

/// What the machine does at best: multiply-adds, and bytes read or copied at each distance.
struct MachineLimits {
  /// Floating point operations in a nanosecond.
  let operations: Double
  /// Bytes read in a nanosecond, by the number of bytes that they are read from again and again.
  let reading: [(size: Int, rate: Double)]
  let copying: [(size: Int, rate: Double)]
  /// The share of the processors that others used meanwhile.
  let others: Double

  init(_ settings: Settings, threads: Int) {
    let peak = Peak(threads: threads, dtype: mk_dtype(MK_F32))
    let load = Load()
    let before = Load.processorTime(of: getpid())
    // What disturbs the machine only makes it look slower: the best counts.
    func best(_ body: () -> Void) -> Double {
      (0..<5).map { _ in medianNanoseconds(settings.seconds / 20, body) }.min()!
    }
    (operations, reading, copying) = withThreads(threads) {
      let operations = peak.operations / best(peak.run)
      // Half of each core's own cache, of the shared one as a server's has it, and memory.
      let sizes = [threads << 19, 1 << 23, 1 << 28]
      let passes = sizes.map { size in
        let (x, y) = (Buffer(size / 8), Buffer(size / 8))
        let read = best { Pass.comparing.run(x, y, size / 2, threads) }
        let copied = best { Pass.copying.run(x, y, size / 2, threads) }
        return (size: size, read: Double(size) / read, copied: Double(size) / copied)
      }
      return (
        operations, passes.map { ($0.size, $0.read) }, passes.map { ($0.size, $0.copied) }
      )
    }
    others = load.others(measured: Load.processorTime(of: getpid()) - before)
  }

  /// The rate at which so many bytes can be gone through again and again.
  func rate(over bytes: Double) -> Double {
    let level = reading.firstIndex { Double($0.size) >= bytes } ?? reading.count - 1
    return max(reading[level].rate, copying[level].rate)
  }

  func figures(threads: Int) -> [Figure] {
    let details = [("threads", "\(threads)")]
    let names = ["L2", "L3", "memory"]
    return [
      Figure(
        name: "peak", value: operations, unit: "GFLOP/s",
        details: details + [("others", Figure.number(others))])
    ]
      + zip(names, reading).map {
        Figure(
          name: "read-\($0)", value: $1.rate, unit: "GB/s",
          details: details + [("bytes", "\($1.size)")])
      }
      + zip(names, copying).map {
        Figure(
          name: "copy-\($0)", value: $1.rate, unit: "GB/s",
          details: details + [("bytes", "\($1.size)")])
      }
  }
}

/// A pass of the C library over two buffers, whose bytes count as one.
private enum Pass {
  /// Reads both: they are equal.
  case comparing
  /// Reads one and writes the other.
  case copying

  private struct Arguments {
    let x, y: UnsafeMutableRawPointer
    let bytes: Int
  }

  func run(_ x: Buffer, _ y: Buffer, _ bytes: Int, _ threads: Int) {
    var arguments = Arguments(x: x.memory, y: y.memory, bytes: bytes)
    withUnsafePointer(to: &arguments) { arguments in
      let call = mk_call(run: body, args: arguments, parts: UInt32(threads))
      replay([call], over: [], scratch: 0)
    }
  }

  private var body: @convention(c) (UnsafeRawPointer?, UnsafePointer<mk_context>?) -> Void {
    switch self {
    case .comparing:
      { arguments, context in
        let (x, y, bytes) = Pass.share(arguments!, context!.pointee)
        if memcmp(x, y, bytes) != 0 { fatalError("equal buffers differ") }
      }
    case .copying:
      { arguments, context in
        let (x, y, bytes) = Pass.share(arguments!, context!.pointee)
        memcpy(y, x, bytes)
      }
    }
  }

  private static func share(
    _ arguments: UnsafeRawPointer, _ context: mk_context
  ) -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) {
    let all = arguments.load(as: Arguments.self)
    let each = all.bytes / Int(context.parts)
    let offset = each * Int(context.part)
    return (all.x + offset, all.y + offset, each)
  }
}

/// What a step of a workload has to do at least, counted from its layers' shapes.
///
/// A product or direct convolution is 2 operations for each weight and place of the result, forward
/// and for each of its two gradients; the first trained layer's input has none, but its states do if
/// it is recurrent. Each of these passes reads and writes its input, its result and its weights once;
/// so do pooling and normalization, whose arithmetic is not counted. Activations, dropout and the
/// loss count as fused: nothing. The optimizer reads and writes each weight and slot and reads the
/// gradient. A pass takes the longer of its arithmetic and its bytes, at the rate of the memory that
/// holds all the step's arrays.
struct Demand {
  private(set) var passes: [(operations: Double, bytes: Double)] = []
  private(set) var workingSet = 0.0

  var operations: Double { passes.reduce(0) { $0 + $1.operations } }
  var bytes: Double { passes.reduce(0) { $0 + $1.bytes } }

  init(_ workload: Workload, _ model: Model) {
    var isFirst = true
    func count(_ layer: Layer) {
      if let nested = layer as? Model {
        for layer in nested.layers { count(layer) }
        return
      }
      guard let input = layer.builtShapes.first,
        let output = try? layer.outputShapes(
          layer.builtShapes
        ).first
      else { return }
      func elements(_ shape: PartialShape) -> Double {
        shape.reduce(1) { $0 * Double($1 ?? workload.batch) }
      }
      let kernels = layer.weights.filter { $0.value.rank > 1 }
      let weights = kernels.reduce(0) { $0 + Double($1.value.count) }
      let normalizes = layer.kerasName == "BatchNormalization"
      let pools = layer.kerasName.contains("Pooling")
      guard !kernels.isEmpty || pools || normalizes && workload.trains else { return }
      let places = elements(output) / Double((output.last ?? 1) ?? 1)
      let pass = (
        operations: 2 * weights * places, bytes: 4 * (elements(input) + elements(output) + weights)
      )
      workingSet += 4 * (elements(output) + weights)
      passes.append(pass)
      guard workload.trains else { return }
      let learns = layer.trainable && !layer.trainableVariables.isEmpty
      if !kernels.isEmpty, learns { passes.append(pass) }
      if !isFirst { passes.append(pass) }
      if isFirst {
        let recurrent = layer.weights.filter { $0.name.hasSuffix("recurrent_kernel") }
        let states = recurrent.reduce(0) { $0 + Double($1.value.count) }
        if states > 0 { passes.append((2 * states * places, pass.bytes)) }
      }
      if learns { isFirst = false }
    }
    count(model)
    guard workload.trains, let optimizer = model.optimizer else { return }
    let trained = model.trainableVariables.reduce(0) { $0 + Double($1.value.count) }
    let slots = optimizer.variables.reduce(0) { $0 + Double($1.value.count) }
    passes.append((operations: 0, bytes: 4 * (3 * trained + 2 * slots)))
    workingSet += 4 * (trained + slots)
  }

  /// The shortest time of a step on a machine, in nanoseconds.
  func time(_ limits: MachineLimits) -> Double {
    let rate = limits.rate(over: workingSet)
    return passes.reduce(0) { $0 + max($1.operations / limits.operations, $1.bytes / rate) }
  }
}

/// The workloads' steps beside the machine's limits, which are measured first.
func roofline(_ workloads: [Workload], _ settings: Settings) -> [Figure] {
  (settings.threads.map { [$0] } ?? [1, 2]).flatMap { threads in
    let limits = MachineLimits(settings, threads: threads)
    let shares = workloads.map { workload in
      withThreads(threads) {
        let trial = attempt { try Trial(workload) }
        for _ in 0..<3 { attempt { try trial.step() } }
        let measured = median(trial.times(settings.seconds))
        let demand = Demand(workload, trial.model)
        let limit = demand.time(limits)
        return Figure(
          name: "share-\(workload.name)", value: 100 * limit / measured, unit: "% of its limit",
          details: [
            ("threads", "\(threads)"), ("ms", Figure.number(measured / 1e6)),
            ("limitMs", Figure.number(limit / 1e6)),
            ("gigaflop", Figure.number(demand.operations / 1e9)),
            ("megabytes", Figure.number(demand.bytes / 1e6)),
          ])
      }
    }
    return limits.figures(threads: threads) + shares
  }
}
