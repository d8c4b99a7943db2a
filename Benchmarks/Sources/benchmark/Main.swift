import Foundation
import Martlet

let benchmarks: [Benchmark] =
  overheadBenchmarks + machineBenchmarks + productBenchmarks + convolutionBenchmarks
  + elementwiseBenchmarks + trainingBenchmarks + workloadBenchmarks + surroundingBenchmarks

@main
struct Main {
  static let usage = """
    Measures Martlet.

    usage: benchmark NAME… [--threads N] [--seconds S] [--json | --markdown] [--profile]
           benchmark WORKLOAD… --peers [--python LIBRARY=PATH]… [--peer PEER[:FORM]]… [--rounds N]
           benchmark gemm --peers
           benchmark WORKLOAD… --roofline
           benchmark list
           benchmark all

    A name that no benchmark has stands for all that begin with it: conv for every conv-…, more for
    networks of other shapes, fit, resident, start and crowd for what goes with a step. And
    workloads stands for the networks that are held against other libraries.

    --peers runs the same networks in PyTorch (with and without MKL's shim), JAX and Keras on
    TensorFlow, in turns with Martlet. Their Pythons are python3, or what --python torch=PATH,
    jax=PATH and keras=PATH or MARTLET_PEER_TORCH, _JAX and _KERAS name. --roofline measures what
    the machine can do, and how near to it each network comes.
    """

  static func main() {
    var names: [String] = []
    var settings = Settings()
    var form = Report.Form.text
    var showsRoofline = false
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--help", "-h":
        print(usage)
        return
      case "--json": form = .json
      case "--markdown": form = .markdown
      case "--profile": settings.profile = true
      case "--peers": settings.peers.isAsked = true
      case "--roofline": showsRoofline = true
      case "--threads": settings.threads = number(argument, arguments.popFirst())
      case "--seconds": settings.seconds = number(argument, arguments.popFirst())
      case "--rounds": settings.peers.rounds = number(argument, arguments.popFirst())
      case "--peer": settings.peers.chosen.append(arguments.popFirst() ?? "")
      case "--python":
        let pair = (arguments.popFirst() ?? "").split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { refuse("--python needs LIBRARY=PATH") }
        settings.peers.pythons[String(pair[0])] = String(pair[1])
      case _ where argument.hasPrefix("-"): refuse("there is no option \(argument)")
      default: names.append(argument)
      }
    }
    if names.isEmpty { refuse("name a benchmark") }
    if names == ["list"] {
      for benchmark in benchmarks { print("\(benchmark.name): \(benchmark.what)") }
      return
    }
    if names.count == 2, names[0] == "first-step",
      let workload = (workloads + otherWorkloads).first(where: { $0.name == names[1] })
    {
      FirstStep.run(workload, threads: settings.threads ?? 2)
      return
    }
    let chosen = chosen(names)
    let networks = (workloads + otherWorkloads).filter { workload in
      chosen.contains { $0.name == workload.name }
    }
    var report = Report(form: form)
    if showsRoofline { report.show(roofline(networks, settings)) }
    let pool = PeerPool()
    for benchmark in chosen {
      if settings.peers.isAsked, let network = networks.first(where: { $0.name == benchmark.name })
      {
        report.show(PairedRun(network, settings, pool: pool).run(), paired: true)
      } else {
        report.show(benchmark.run(settings))
      }
    }
    report.end()
  }

  /// The benchmarks of these names; a name that none has stands for all that begin with it.
  static func chosen(_ names: [String]) -> [Benchmark] {
    names.flatMap { name in
      let isExact = benchmarks.contains { $0.name == name }
      let found = benchmarks.filter { benchmark in
        switch name {
        case "all": true
        case "workloads": workloads.contains { $0.name == benchmark.name }
        case _ where isExact: benchmark.name == name
        default: benchmark.name.hasPrefix(name + "-")
        }
      }
      if found.isEmpty { refuse("there is no benchmark \(name)") }
      return found
    }
  }

  static func number<Number: LosslessStringConvertible>(
    _ option: String, _ text: String?
  ) -> Number {
    guard let text, let value = Number(text) else { refuse("\(option) needs a number") }
    return value
  }

  static func refuse(_ message: String) -> Never {
    warn("\(message)\n\n\(usage)")
    exit(2)
  }
}
