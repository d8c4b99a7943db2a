/// What a figure has to reach, for those that were promised.
struct Bar {
  let value: Double
  /// Whether less is better: times, not shares.
  let isCeiling: Bool

  func isMet(by value: Double) -> Bool { isCeiling ? value <= self.value : value >= self.value }

  var text: String { (isCeiling ? "≤ " : "≥ ") + Figure.number(value) }
}

extension Figure {
  private static let bars: [(prefix: String, threads: [String], bar: Bar)] = [
    ("gemm-1024x1024x1024", ["1", "2"], Bar(value: 88, isCeiling: false)),
    ("gemm-128x784x512", ["1", "2"], Bar(value: 80, isCeiling: false)),
    ("gemm-64x64x64", ["1"], Bar(value: 70, isCeiling: false)),
    // VGG16's, then the 5×5 layers of a course's net of 358,210 parameters.
    ("conv-224x224-", ["1", "2"], Bar(value: 75, isCeiling: false)),
    ("conv-112x112-", ["1", "2"], Bar(value: 75, isCeiling: false)),
    ("conv-56x56-", ["1", "2"], Bar(value: 75, isCeiling: false)),
    ("conv-28x28-3x3-", ["1", "2"], Bar(value: 75, isCeiling: false)),
    ("conv-14x14-3x3-", ["1", "2"], Bar(value: 75, isCeiling: false)),
    ("conv-14x14-5x5-32-", ["1", "2"], Bar(value: 72, isCeiling: false)),
    ("conv-7x7-5x5-", ["1", "2"], Bar(value: 72, isCeiling: false)),
    ("record", [], Bar(value: 250, isCeiling: true)),
    ("replay", [], Bar(value: 100, isCeiling: true)),
    ("softmax-step", [], Bar(value: 40, isCeiling: true)),
    ("depth", [], Bar(value: 10, isCeiling: true)),
  ]

  /// The bar that was set for the figure, if any.
  var bar: Bar? {
    Figure.bars.first { candidate in
      name.hasPrefix(candidate.prefix)
        && (candidate.threads.isEmpty || candidate.threads.contains(threads ?? ""))
    }?.bar
  }

  var threads: String? { details.first { $0.0 == "threads" }?.1 }

  static let tableHeader = "| Figure | Threads | Measured | Bar | |\n|---|---|---|---|---|"

  /// One line of a table in Markdown.
  var tableRow: String {
    let verdict = bar.map { $0.isMet(by: value) ? "met" : "**missed**" } ?? ""
    let cells = [
      "`\(name)`", threads ?? "", "\(Figure.number(value)) \(unit)", bar?.text ?? "", verdict,
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
}
