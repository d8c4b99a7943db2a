/// What a figure has to reach, for those that were promised.
struct Bar {
  let value: Double
  /// Whether less is better: times, not shares.
  let isCeiling: Bool
  /// What is aimed at beyond the bar, if anything.
  var goal: Double?

  static func atLeast(_ value: Double, goal: Double? = nil) -> Bar {
    Bar(value: value, isCeiling: false, goal: goal)
  }

  static func atMost(_ value: Double) -> Bar { Bar(value: value, isCeiling: true) }

  func isMet(by value: Double) -> Bool { isCeiling ? value <= self.value : value >= self.value }

  var text: String {
    (isCeiling ? "≤ " : "≥ ") + Figure.number(value)
      + (goal.map { ", goal \(Figure.number($0))" } ?? "")
  }
}

extension Figure {
  /// Bars by the beginning of a figure's name; a bar may hold for one number of threads only.
  private static let bars: [(prefix: String, threads: String?, bar: Bar)] = [
    ("gemm-1024x1024x1024", nil, .atLeast(88)),
    ("gemm-128x784x512", nil, .atLeast(80)),
    ("gemm-64x64x64", "1", .atLeast(70)),
    // VGG16's, then the 5×5 layers of a course's net of 358,210 parameters.
    ("conv-224x224-", nil, .atLeast(75)),
    ("conv-112x112-", nil, .atLeast(75)),
    ("conv-56x56-", nil, .atLeast(75)),
    ("conv-28x28-3x3-", nil, .atLeast(75)),
    ("conv-14x14-3x3-", nil, .atLeast(75)),
    ("conv-14x14-5x5-32-", nil, .atLeast(72)),
    ("conv-7x7-5x5-", nil, .atLeast(72)),
    ("record", nil, .atMost(250)),
    ("replay", nil, .atMost(100)),
    ("softmax-step", nil, .atMost(40)),
    ("depth", nil, .atMost(10)),
    // The best peer's time ÷ Martlet's.
    ("ratio-softmax", "2", .atLeast(2, goal: 4)),
    ("ratio-mlp", "2", .atLeast(1.15, goal: 1.35)),
    ("ratio-lenet5", "2", .atLeast(3, goal: 6)),
    ("ratio-lenet", "2", .atLeast(3, goal: 6)),
    ("ratio-cnn", "2", .atLeast(1.4, goal: 2)),
    ("ratio-autoenc", "2", .atLeast(1.15, goal: 1.35)),
    ("ratio-lstm", "2", .atLeast(1.4, goal: 1.7)),
    ("ratio-vgg1", "2", .atLeast(1, goal: 1.6)),
    ("ratio-predict1", "2", .atLeast(5, goal: 10)),
    ("ratio-more-", nil, .atLeast(1)),
    ("fit-", nil, .atMost(1.15)),
    // Peak memory ÷ the weights, and ÷ what PyTorch takes above its import.
    ("resident-vgg1", nil, .atMost(1.3)),
    ("resident-", nil, .atMost(0.5)),
    ("start-", nil, .atMost(0.3)),
    ("crowd-", nil, .atMost(1.3)),
  ]

  /// The bar that was set for the figure, if any.
  var bar: Bar? {
    name.hasSuffix("-alone")
      ? nil
      : Figure.bars.first { name.hasPrefix($0.prefix) && ($0.threads ?? threads) == threads }?.bar
  }

  private var threads: String? { details.first { $0.0 == "threads" }?.1 }

  /// Whether the bar is met; empty without one.
  var verdict: String { bar.map { $0.isMet(by: value) ? "met" : "**missed**" } ?? "" }

  static let tableHeader =
    "| Figure | Threads | Measured | Bar | | Details |\n|---|---|---|---|---|---|"

  /// One line of a table in Markdown.
  var tableRow: String {
    let rest = details.filter { $0.0 != "threads" }.map { "\($0.0) \($0.1)" }
    let cells = [
      "`\(name)`", threads ?? "", "\(Figure.number(value)) \(unit)", bar?.text ?? "", verdict,
      rest.joined(separator: ", "),
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
}
