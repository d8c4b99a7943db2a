import Foundation
import Martlet

/// The options every example takes, and the line of JSON it ends with.
public struct Options {
  public var epochs: Int
  public var seed: UInt64 = 1
  /// The folder with the MNIST files, from `--data`; without it, `MNIST.load` looks for them.
  public var data: String?
  public var json = false
  /// The samples of a step, where the example lets it be chosen.
  public var batchSize: Int
  /// The name of the optimizer, where the example lets it be chosen.
  public var optimizer: String
  private let start = Date()

  /// Reads the command line; prints the usage and ends the process for `--help` (status 0) and for
  /// what it does not understand (status 2).
  ///
  /// - Parameters:
  ///   - what: What the example does, for `--help`.
  ///   - epochs: The number of epochs without `--epochs`.
  ///   - batchSize: The batch size without `--batch-size`; nil if it is fixed.
  ///   - optimizers: The names `--optimizer` takes, the default first; empty if it is fixed.
  ///   - batchSizes: The batch sizes of optimizers that have their own, without `--batch-size`.
  public init(
    _ what: String, epochs: Int, batchSize: Int? = nil, optimizers: [String] = [],
    batchSizes: [String: Int] = [:]
  ) {
    self.epochs = epochs
    self.batchSize = batchSize ?? 0
    var chosen: Int?
    optimizer = optimizers.first ?? ""
    var arguments = CommandLine.arguments.dropFirst()
    let program =
      CommandLine.arguments.first.map { ($0 as NSString).lastPathComponent } ?? "example"
    var lines = [
      "  --epochs N         passes over the training images (\(epochs))",
      "  --seed N           what all random numbers follow from (1)",
      "  --data FOLDER      where the MNIST files are (or the environment variable MARTLET_DATA)",
      "  --json             end with one line of JSON",
    ]
    if let batchSize {
      let own = batchSizes.sorted { $0.key < $1.key }.map { "; \($0.value) with \($0.key)" }
      lines.append("  --batch-size N     samples of a step (\(batchSize)\(own.joined()))")
    }
    if !optimizers.isEmpty {
      lines.append("  --optimizer NAME   \(optimizers.joined(separator: ", or ")) (\(optimizer))")
    }
    let usage = "\(what)\n\nusage: \(program) [options]\n" + lines.joined(separator: "\n")
    func refuse(_ message: String) -> Never {
      FileHandle.standardError.write(Data("\(message)\n\n\(usage)\n".utf8))
      exit(2)
    }
    func value<Number: LosslessStringConvertible>(_ option: String) -> Number {
      guard let text = arguments.popFirst() else { refuse("\(option) needs a value") }
      guard let number = Number(text) else { refuse("\(option) cannot be \(text)") }
      return number
    }
    while let argument = arguments.popFirst() {
      switch argument {
      case "--help", "-h":
        print(usage)
        exit(0)
      case "--epochs": self.epochs = value(argument)
      case "--seed": seed = value(argument)
      case "--data": data = value(argument) as String
      case "--json": json = true
      case "--batch-size" where batchSize != nil: chosen = value(argument) as Int
      case "--optimizer" where !optimizers.isEmpty:
        optimizer = value(argument) as String
        if !optimizers.contains(optimizer) {
          refuse("--optimizer is \(optimizers.joined(separator: " or ")), not \(optimizer)")
        }
      default: refuse("there is no option \(argument)")
      }
    }
    self.batchSize = chosen ?? batchSizes[optimizer] ?? self.batchSize
    if batchSize != nil, self.batchSize < 1 {
      refuse("--batch-size must be 1 or more, not \(self.batchSize)")
    }
    if self.epochs < 1 { refuse("--epochs must be 1 or more, not \(self.epochs)") }
  }

  /// Prints the results, as JSON if that was asked for; `test` says what the data were.
  public func report(testAccuracy: Double, secondsTraining: Double, test: LabeledImages) {
    let data = test.origin == .synthetic ? "synthetic" : "mnist"
    let total = Date().timeIntervalSince(start)
    print(
      String(
        format: "test accuracy %.2f %%, trained in %.2f s, %.2f s in all", 100 * testAccuracy,
        secondsTraining, total))
    if json {
      print(
        String(
          format:
            "{\"testAccuracy\": %.4f, \"epochs\": %d, \"secondsTraining\": %.3f, \"secondsTotal\": %.3f, \"data\": \"%@\"}",
          testAccuracy, epochs, secondsTraining, total, data))
    }
  }
}
