import Foundation
import Martlet

let benchmarks: [Benchmark] =
  overheadBenchmarks + machineBenchmarks + productBenchmarks + convolutionBenchmarks
  + elementwiseBenchmarks + trainingBenchmarks + workloadBenchmarks + fittingBenchmarks

@main
struct Main {
  static let usage = """
    Measures Martlet.

    usage: benchmark NAME… [--threads N] [--seconds S] [--json]
           benchmark list
           benchmark all

    A name stands for all that begin with it: conv for every conv-….
    """

  static func main() {
    var names: [String] = []
    var settings = Settings()
    var json = false
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--help", "-h":
        print(usage)
        return
      case "--json": json = true
      case "--profile": settings.profile = true
      case "--threads": settings.threads = number(argument, arguments.popFirst())
      case "--seconds": settings.seconds = number(argument, arguments.popFirst())
      default: names.append(argument)
      }
    }
    if names.isEmpty { refuse("name a benchmark") }
    if names == ["list"] {
      for benchmark in benchmarks { print("\(benchmark.name): \(benchmark.what)") }
      return
    }
    if names == ["all"] { names = benchmarks.map(\.name) }
    for name in names {
      // `conv` stands for every benchmark called `conv-…`.
      let chosen = benchmarks.filter { $0.name == name || $0.name.hasPrefix(name + "-") }
      if chosen.isEmpty { refuse("there is no benchmark \(name)") }
      for figure in chosen.lazy.flatMap({ $0.run(settings) }) {
        if json {
          print(figure.json)
        } else {
          let details = figure.details.map { " \($0.0) \($0.1)" }.joined()
          print("\(figure.name): \(Figure.number(figure.value)) \(figure.unit)\(details)")
        }
      }
    }
  }

  static func number<Number: LosslessStringConvertible>(
    _ option: String, _ text: String?
  ) -> Number {
    guard let text, let value = Number(text) else { refuse("\(option) needs a number") }
    return value
  }

  static func refuse(_ message: String) -> Never {
    FileHandle.standardError.write(Data("\(message)\n\n\(usage)\n".utf8))
    exit(2)
  }
}
