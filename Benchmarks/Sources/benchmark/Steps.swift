import CKernels
import Foundation
import Martlet

/// Each workload as a benchmark: the time of one step, in milliseconds.
let workloadBenchmarks: [Benchmark] = (workloads + otherWorkloads).map { workload in
  Benchmark(name: workload.name, what: workload.what + ", ms") { settings in
    (settings.threads.map { [$0] } ?? [1, 2]).map { threads in
      withThreads(threads) {
        let trial = attempt { try Trial(workload) }
        for _ in 0..<3 { attempt { try trial.step() } }
        let times = trial.times(settings.seconds)
        var figure = Figure(step: workload.name, nanoseconds: times, threads: threads)
        if settings.profile { figure.note = profile(of: trial, workload, threads: threads) }
        return figure
      }
    }
  }
}

/// What goes with the time of a step: `fit` beside it, memory, start-up, too many threads.
let surroundingBenchmarks: [Benchmark] =
  trainingWorkloads.filter { $0.name != "softmax" }.map { workload in
    Benchmark(
      name: "fit-\(workload.name)", what: "fit, shuffling and with a metric ÷ trainOnBatch"
    ) { settings in
      (settings.threads.map { [$0] } ?? [1, 2]).map { threads in
        withThreads(threads) { compareFit(workload, settings, threads: threads) }
      }
    }
  }
  + workloads.map { workload in
    Benchmark(
      name: "resident-\(workload.name)", what: "a process' peak memory, ÷ weights or PyTorch"
    ) { settings in
      [residentMemory(workload, settings)]
    }
  }
  + trainingWorkloads.map { workload in
    Benchmark(
      name: "start-\(workload.name)", what: "process start to the first finished step, s"
    ) { settings in
      let times = (0..<9).map { _ in FirstStep(of: workload, settings).seconds }.sorted()
      return [
        Figure(
          name: "start-\(workload.name)", value: times[times.count / 2], unit: "s",
          details: [("max", Figure.number(times[times.count - 1])), ("n", "\(times.count)")])
      ]
    }
  }
  + workloads.map { workload in
    Benchmark(
      name: "crowd-\(workload.name)", what: "twice as many threads as cores ÷ as many as cores"
    ) { settings in [compareCrowd(workload, settings)] }
  }

private let trainingWorkloads = workloads.filter(\.trains)

extension Figure {
  /// The times of a workload's steps.
  init(step name: String, nanoseconds: [Double], threads: Int, details: [(String, String)] = []) {
    self.init(
      name: name, value: median(nanoseconds) / 1e6, unit: "ms",
      details: [
        ("min", Figure.number((nanoseconds.min() ?? .nan) / 1e6)), ("n", "\(nanoseconds.count)"),
        ("threads", "\(threads)"),
      ] + details, isStep: true)
  }
}

/// `fit` on many batches in turn with `trainOnBatch` on one, by the time of a step.
private func compareFit(_ workload: Workload, _ settings: Settings, threads: Int) -> Figure {
  let trial = attempt { try Trial(workload) }
  for _ in 0..<3 { attempt { try trial.step() } }
  let each = median(trial.times(0.05))
  let batches = max(8, min(Int(settings.seconds * 1e9 / each), 60_000 / workload.batch))
  let (x, y) = workload.data(batches * workload.batch)
  let model = attempt { try workload.compiled(withMetrics: true) }
  func epoch() -> Double {
    let begin = mk_clock()
    _ = attempt { try model.fit(x, y, batchSize: workload.batch, verbose: .silent) }
    return Double(mk_clock() - begin) / Double(batches)
  }
  _ = epoch()
  var (fitted, alone): ([Double], [Double]) = ([], [])
  for _ in 0..<5 {
    fitted.append(epoch())
    alone += trial.times(settings.seconds / 2)
  }
  return Figure(
    name: "fit-\(workload.name)", value: median(fitted) / median(alone), unit: "×",
    details: [
      ("fitMs", Figure.number(median(fitted) / 1e6)),
      ("stepMs", Figure.number(median(alone) / 1e6)), ("batches", "\(batches)"),
      ("threads", "\(threads)"),
    ])
}

/// As many threads as cores, and twice as many, in turns.
private func compareCrowd(_ workload: Workload, _ settings: Settings) -> Figure {
  let cores = settings.threads ?? 2
  let trial = attempt { try Trial(workload) }
  var (fitting, crowded): ([Double], [Double]) = ([], [])
  for round in 0..<4 {
    for threads in [cores, 2 * cores] {
      let times = withThreads(threads) {
        // A plan is made for a number of threads.
        for _ in 0..<3 { attempt { try trial.step() } }
        return trial.times(settings.seconds / 2)
      }
      if round > 0 { if threads == cores { fitting += times } else { crowded += times } }
    }
  }
  return Figure(
    name: "crowd-\(workload.name)", value: median(crowded) / median(fitting), unit: "×",
    details: [
      ("ms", Figure.number(median(crowded) / 1e6)), ("threads", "\(2 * cores)"),
      ("fittingMs", Figure.number(median(fitting) / 1e6)), ("cores", "\(cores)"),
    ])
}

/// The peak memory of a process that does one workload: of vgg1 in multiples of its weights, of
/// others in multiples of what PyTorch takes above its import, if peers are asked.
private func residentMemory(_ workload: Workload, _ settings: Settings) -> Figure {
  let process = FirstStep(of: workload, settings)
  let threads = settings.threads ?? 2
  var details = [
    ("threads", "\(threads)"), ("MB", Figure.number(process.peak / 1e6)),
    ("weightsMB", Figure.number(process.weights / 1e6)),
  ]
  let torch =
    settings.peers.isAsked
    ? PeerProcess.start(.torch, threads: threads, keepingMemory: false, settings) : nil
  defer { torch?.end() }
  let theirs = torch?.ask("memory \(workload.name) plain")?["bytes"] as? Int
  if let theirs { details.append(("torchMB", Figure.number(Double(theirs) / 1e6))) }
  let name = "resident-\(workload.name)"
  if workload.name == "vgg1" {
    return Figure(
      name: name, value: process.peak / process.weights, unit: "× its weights", details: details)
  }
  guard let theirs else {
    return Figure(
      name: name + "-alone", value: process.peak / 1e6, unit: "MB", details: details)
  }
  return Figure(
    name: name, value: process.peak / Double(theirs), unit: "× PyTorch", details: details)
}

/// A process of this program that makes a workload, takes one step, then a few more.
struct FirstStep {
  /// From before the process was started until its first step was done.
  let seconds: Double
  /// The most memory that the process had, in bytes.
  let peak: Double
  /// The weights' part of it.
  let weights: Double

  init(of workload: Workload, _ settings: Settings) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executablePath)
    process.arguments = [
      "first-step", workload.name, "--threads", "\(settings.threads ?? 2)",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    let begin = mk_clock()
    attempt { try process.run() }
    let said = String(
      decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let numbers = said.split(separator: " ").compactMap { Double($0.trimmed) }
    guard numbers.count == 3 else { fatalError("first-step \(workload.name) said: \(said)") }
    seconds = (numbers[0] - Double(begin)) / 1e9
    (peak, weights) = (numbers[1], numbers[2])
  }

  /// What that process does: prints its clock after the first step, its peak and its weights.
  static func run(_ workload: Workload, threads: Int) {
    mk_set_threads(UInt32(threads))
    let trial = attempt { try Trial(workload) }
    attempt { try trial.step() }
    let clock = mk_clock()
    for _ in 0..<20 { attempt { try trial.step() } }
    let weights = trial.model.weights.reduce(0) { $0 + $1.value.count * $1.dtype.byteCount }
    print(clock, peakMemory() ?? 0, weights)
  }

  /// The most memory this process has had, where the system tells.
  private static func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}

extension Substring {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// Where this program is.
let executablePath = Bundle.main.executablePath ?? CommandLine.arguments[0]
