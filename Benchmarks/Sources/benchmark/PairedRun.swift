import CKernels
import Foundation

/// A workload in Martlet and in its peers, in turns: A B A B.
///
/// Each form of each peer is tried once; the fastest form of each library then takes part in the
/// rounds. Where a step is so short that threads hardly pay, libraries may use one alone as well.
struct PairedRun {
  let workload: Workload
  let settings: Settings
  private let pool: PeerPool
  private let threads: Int

  init(_ workload: Workload, _ settings: Settings, pool: PeerPool) {
    (self.workload, self.settings, self.pool) = (workload, settings, pool)
    threads = settings.threads ?? 2
  }

  /// A library in its fastest form.
  private final class Contestant {
    let process: PeerProcess
    let form: String
    let trial: Double
    var times: [Double] = []
    var others = 0.0

    init(_ process: PeerProcess, _ form: String, _ trial: Double) {
      (self.process, self.form, self.trial) = (process, form, trial)
    }

    var details: [(String, String)] {
      [
        ("peer", process.peer.library),
        ("form", process.peer.name == "torch-shim" ? form + ", shim" : form),
        ("version", process.version), ("others", Figure.number(others)),
      ]
    }
  }

  /// Runs all and returns the figures: of Martlet, of each library, and the ratio.
  func run() -> [Figure] {
    withThreads(threads) {
      let trial = attempt { try Trial(workload) }
      for _ in 0..<3 { attempt { try trial.step() } }
      let short = median(trial.times(0.05)) < 2e5 && threads > 1
      let running = (short ? [threads, 1] : [threads]).flatMap { count in
        Peer.all.compactMap { peer in
          settings.peers.admits(peer.name) ? pool.process(peer, threads: count, settings) : nil
        }
      }
      let contestants = fastest(running, parameters: trial.parameterCount)
      var own: [Double] = []
      var others = 0.0
      for _ in 0..<settings.peers.rounds {
        let load = Load()
        let before = Load.processorTime(of: getpid())
        own += trial.times(settings.seconds)
        others = max(others, load.others(measured: Load.processorTime(of: getpid()) - before))
        for contestant in contestants { measure(contestant) }
      }
      var figures = figures(own, others, contestants)
      if settings.profile {
        figures[0].note = profile(of: trial, workload, threads: threads)
      }
      return figures
    }
  }

  static let tableHeader = """
    | Workload | Martlet, ms | PyTorch | JAX | Keras on TensorFlow | Best ÷ Martlet | Bar | |
    |---|---|---|---|---|---|---|---|
    """

  /// A run's figures as one line of a table in Markdown.
  static func tableRow(_ figures: [Figure]) -> String {
    func detail(_ figure: Figure, _ name: String) -> String? {
      figure.details.first { $0.0 == name }?.1
    }
    let ratio = figures.last { !$0.isStep }
    let peers = ["torch", "jax", "keras"].map { library in
      figures.first { $0.isStep && detail($0, "peer") == library }.map { figure in
        let alone = detail(figure, "threads") == "1" ? ", 1 thread" : ""
        return "\(Figure.number(figure.value)) (\(detail(figure, "form") ?? "")\(alone))"
      } ?? "–"
    }
    let cells =
      ["`\(figures[0].name)`", Figure.number(figures[0].value)] + peers
      + [
        ratio.map { Figure.number($0.value) } ?? "–", ratio?.bar?.text ?? "", ratio?.verdict ?? "",
      ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  /// Every form once, and of each library the fastest.
  private func fastest(_ running: [PeerProcess], parameters: Int) -> [Contestant] {
    var best: [String: Contestant] = [:]
    for process in running {
      let forms = process.ask("forms \(workload.name)")?["forms"] as? [String] ?? []
      for form in forms where settings.peers.admits(process.peer.name, form) {
        guard let answer = ask(process, form, settings.seconds / 2) else { continue }
        let found = Contestant(process, form, median(answer.times))
        warn(
          "\(workload.name) \(process.peer.name) \(form), \(process.threads) threads: "
            + "\(Figure.number(found.trial * 1e3)) ms")
        if answer.parameters != parameters {
          warn("  but it has \(answer.parameters) parameters, Martlet \(parameters)")
        }
        if found.trial < best[process.peer.library]?.trial ?? .infinity {
          best[process.peer.library] = found
        }
      }
    }
    return best.values.sorted { $0.process.peer.library < $1.process.peer.library }
  }

  private func measure(_ contestant: Contestant) {
    let load = Load()
    let before = contestant.process.processorTime
    contestant.times +=
      ask(contestant.process, contestant.form, settings.seconds)?.times ?? []
    contestant.others = max(
      contestant.others, load.others(measured: contestant.process.processorTime - before))
  }

  private func ask(
    _ process: PeerProcess, _ form: String, _ seconds: Double
  ) -> (times: [Double], parameters: Int)? {
    guard let answer = process.ask("measure \(workload.name) \(form) \(seconds)"),
      let times = answer["times"] as? [Double], let count = answer["parameters"] as? Int
    else { return nil }
    return (times, count)
  }

  private func figures(
    _ own: [Double], _ others: Double, _ contestants: [Contestant]
  ) -> [Figure] {
    var figures = [
      Figure(
        step: workload.name, nanoseconds: own, threads: threads,
        details: [("peer", "martlet"), ("others", Figure.number(others))])
    ]
    for contestant in contestants {
      figures.append(
        Figure(
          step: workload.name, nanoseconds: contestant.times.map { $0 * 1e9 },
          threads: contestant.process.threads, details: contestant.details))
    }
    guard let first = contestants.min(by: { median($0.times) < median($1.times) }) else {
      return figures
    }
    figures.append(
      Figure(
        name: "ratio-\(workload.name)", value: median(first.times) * 1e9 / median(own), unit: "×",
        details: first.details + [("threads", "\(threads)")]))
    return figures
  }
}
