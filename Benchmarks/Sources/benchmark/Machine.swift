import CKernels
import Foundation

/// What the machine can do, measured by the same loops that everything else is held against.
let machineBenchmarks: [Benchmark] = [
  Benchmark(name: "peak", what: "fused multiply-adds of all threads, GFLOP/s") { settings in
    (settings.threads.map { [$0] } ?? [1, 2]).flatMap { threads in
      [MK_F32, MK_F64].map { dtype in
        let peak = Peak(threads: threads, dtype: mk_dtype(dtype))
        let time = withThreads(threads) { medianNanoseconds(settings.seconds, peak.run) }
        return Figure(
          name: "peak-\(dtype == MK_F32 ? "float32" : "float64")", value: peak.operations / time,
          unit: "GFLOP/s",
          details: [("threads", "\(threads)"), ("isa", String(cString: mk_isa_name(mk_isa())))])
      }
    }
  },
  Benchmark(name: "memory", what: "adding arrays of 64 MiB, GB/s") { settings in
    (settings.threads.map { [$0] } ?? [1, 2]).map { threads in
      let count = 1 << 24
      let (x, y) = (Buffer(count), Buffer(count))
      let addition = Addition(count)
      let time = withThreads(threads) {
        medianNanoseconds(settings.seconds) {
          replay(
            [mk_call(run: mk_elementwise, args: addition.program, parts: UInt32(threads))],
            over: [x.memory, y.memory], scratch: addition.scratch)
        }
      }
      return Figure(
        name: "memory", value: 12 * Double(count) / time, unit: "GB/s",
        details: [("threads", "\(threads)"), ("bytesAnElement", "12")])
    }
  },
]

/// The machine's peak: chains of multiply-adds that touch no memory, one set on each thread.
struct Peak {
  let threads: Int
  let dtype: mk_dtype
  /// The floating point operations of one run.
  let operations: Double
  private static let iterations: UInt64 = 100_000

  init(threads: Int, dtype: mk_dtype) {
    self.threads = threads
    self.dtype = dtype
    operations = Double(threads) * Double(mk_peak_flops(Peak.iterations, dtype))
  }

  /// Runs the chains on every thread at once.
  func run() {
    withUnsafePointer(to: dtype) { dtype in
      replay([mk_call(run: Self.part, args: dtype, parts: UInt32(threads))], over: [], scratch: 0)
    }
  }

  private static let part: @convention(c) (UnsafeRawPointer?, UnsafePointer<mk_context>?) -> Void =
    { arguments, _ in
      guard let arguments else { return }
      _ = mk_peak_flops(Peak.iterations, arguments.load(as: mk_dtype.self))
    }
}

/// Runs calls over buffers, as a plan does.
func replay(_ calls: [mk_call], over buffers: [UnsafeMutableRawPointer], scratch: Int) {
  let bases: [UnsafeMutableRawPointer?] = buffers
  mk_replay(calls, calls.count, bases, scratch, mk_threads(), nil)
}

/// Float32 elements, filled with small numbers that are no two alike.
final class Buffer {
  let memory: UnsafeMutableRawPointer
  private let byteCount: Int

  init(_ count: Int) {
    byteCount = 4 * max(count, 1)
    guard let memory = mk_allocate(byteCount) else { fatalError("no memory for \(count) numbers") }
    self.memory = memory
    let elements = memory.bindMemory(to: Float.self, capacity: count)
    var state: UInt32 = 1
    for index in 0..<count {
      state = state &* 1_664_525 &+ 1_013_904_223
      elements[index] = Float(state >> 8) * 0x1p-24 - 0.5
    }
  }

  deinit { mk_free(memory, byteCount) }
}

/// The elementwise program y = x + y over two buffers.
private final class Addition {
  let program: UnsafeMutablePointer<mk_program>
  private let operands: UnsafeMutablePointer<mk_operand>
  private let steps: UnsafeMutablePointer<mk_step>
  private let results: UnsafeMutablePointer<mk_result>

  init(_ count: Int) {
    operands = .allocate(capacity: 2)
    for index in 0..<2 {
      var operand = mk_operand()
      operand.ref.base = UInt32(index)
      operand.reg = UInt16(index)
      operand.kind = UInt8(MK_DENSE)
      (operands + index).initialize(to: operand)
    }
    steps = .allocate(capacity: 1)
    steps.initialize(
      to: mk_step(
        run: mk_block(mk_isa(), mk_operation(MK_ADD), 0), y: 2, a: 0, b: 1, c: 0, links: nil,
        link_count: 0, slot_count: 0))
    results = .allocate(capacity: 1)
    var result = mk_result()
    result.ref.base = 1
    result.reg = 2
    result.direct = 1
    results.initialize(to: result)
    var program = mk_program()
    program.count = UInt64(count)
    program.size.0 = Int64(count)
    program.rank = 1
    program.register_count = 3
    program.register_bytes = UInt32(4 * MK_BLOCK)
    (program.operand_count, program.step_count, program.result_count) = (2, 1, 1)
    program.operands = UnsafePointer(operands)
    program.steps = UnsafePointer(steps)
    program.results = UnsafePointer(results)
    self.program = .allocate(capacity: 1)
    self.program.initialize(to: program)
  }

  var scratch: Int { mk_program_scratch(program) }

  deinit {
    program.deallocate()
    operands.deallocate()
    steps.deallocate()
    results.deallocate()
  }
}

/// The rate of a piece of work, and the best peak of the machine that this run has seen.
struct Rate {
  let gigaflops: Double
  let peak: Double
  /// What a peer reaches at the same work.
  let peerGigaflops: Double?
  var share: Double { gigaflops / peak }

  /// The highest peak so far, by threads and element type.
  ///
  /// Whatever disturbs the machine only makes it look slower. Benchmarks run one after the other, on
  /// one thread.
  nonisolated(unsafe) private static var best: [[Int]: Double] = [:]

  /// Measures work, a peer's and the peak in turns, and takes the medians of the work and the best
  /// of the peak.
  init(
    _ settings: Settings, threads: Int, operations: Double, dtype: mk_dtype = 0,
    beside peer: (() -> Void)? = nil, _ body: () -> Void
  ) {
    let peak = Peak(threads: threads, dtype: dtype)
    var work: [Double] = []
    var top: [Double] = []
    var theirs: [Double] = []
    withThreads(threads) {
      func time(_ repeats: Int, _ body: () -> Void) -> Double {
        let begin = mk_clock()
        for _ in 0..<repeats { body() }
        return Double(mk_clock() - begin) / Double(repeats)
      }
      for _ in 0..<2 {
        body()
        peak.run()
      }
      let repeats = max(1, Int(500_000 / max(time(1, body), 1)))
      let end = mk_clock() + UInt64(settings.seconds * 1e9)
      while mk_clock() < end || work.count < 9 {
        top.append(time(1, peak.run))
        body()  // the peak's loop, and a peer, leave other things in the caches
        work.append(time(repeats, body))
        guard let peer else { continue }
        peer()
        theirs.append(time(repeats, peer))
        usleep(2000)  // until its threads sleep
      }
    }
    gigaflops = operations / work.sorted()[work.count / 2]
    peerGigaflops = theirs.isEmpty ? nil : operations / theirs.sorted()[theirs.count / 2]
    let key = [threads, Int(dtype)]
    self.peak = max(peak.operations / (top.min() ?? .infinity), Rate.best[key] ?? 0)
    Rate.best[key] = self.peak
  }

  /// The share of the peak as a figure.
  func figure(
    _ name: String, threads: Int, _ details: [(String, String)] = []
  ) -> Figure {
    Figure(
      name: name, value: 100 * share, unit: "% of peak",
      details: [
        ("threads", "\(threads)"), ("gigaflops", Figure.number(gigaflops)),
        ("peak", Figure.number(peak)),
      ] + details)
  }
}
