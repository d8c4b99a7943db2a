import MartletTensors

/// What `compile` gives a model: an optimizer, and for each output a loss and metrics.
public final class Compilation {
  /// What changes the weights.
  public let optimizer: Optimizer
  /// One entry for each output; nil for an output that is not trained.
  public let losses: [Loss?]
  /// What each output's loss is multiplied by in the total.
  public let lossWeights: [Double]
  /// The metrics of each output, those that ignore sample weights.
  public let metrics: [[Metric]]
  /// The metrics of each output that count samples by their weights.
  public let weightedMetrics: [[Metric]]

  init(
    optimizer: Optimizer, losses: [Loss?], lossWeights: [Double], metrics: [[Metric]],
    weightedMetrics: [[Metric]]
  ) {
    self.optimizer = optimizer
    self.losses = losses
    self.lossWeights = lossWeights
    self.metrics = metrics
    self.weightedMetrics = weightedMetrics
  }

  /// The running means and metrics of training, made at the first step.
  var trackers: Trackers?
  /// Those of evaluation, with the same metrics.
  var testTrackers: Trackers?
  /// Steps of training and of evaluation that have been recorded.
  let held = HeldSteps()
  /// For each output, how many classes there were in the batch that was checked last: nil where
  /// targets are no class numbers.
  var classCounts: [Int?]?
}

extension Model {
  /// Sets how the model is trained: the same loss and metrics for each output.
  ///
  ///     try model.compile(
  ///       optimizer: Adam(), loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
  ///
  /// - Parameters:
  ///   - optimizer: What changes the weights.
  ///   - loss: What is made small.
  ///   - metrics: What is measured besides; they ignore sample weights.
  ///   - weightedMetrics: Metrics that count samples by their weights.
  /// - Throws: a `Diagnostic` for a mistake made while the model's layers were stacked, or a loss
  ///   whose reduction is `.none`.
  public final func compile(
    optimizer: Optimizer = RMSprop(), loss: Loss? = nil, metrics: [Metric] = [],
    weightedMetrics: [Metric] = []
  ) throws {
    let count = Swift.max(outputs.count, 1)
    // One metric counts for one output.
    func each(_ metrics: [Metric]) -> [[Metric]] {
      (0..<count).map { $0 == 0 ? metrics : metrics.map { $0.fresh() } }
    }
    try compile(
      optimizer: optimizer, losses: Array(repeating: loss, count: count),
      metrics: each(metrics), weightedMetrics: each(weightedMetrics))
  }

  /// Sets how a model of several outputs is trained; lists are in the order of the outputs.
  ///
  /// - Parameters:
  ///   - optimizer: What changes the weights.
  ///   - losses: One for each output; nil for one that is not trained.
  ///   - lossWeights: What each loss is multiplied by in the total; 1 by default.
  ///   - metrics: The metrics of each output.
  ///   - weightedMetrics: The metrics of each output that count samples by their weights.
  public final func compile(
    optimizer: Optimizer = RMSprop(), losses: [Loss?], lossWeights: [Double]? = nil,
    metrics: [[Metric]] = [], weightedMetrics: [[Metric]] = []
  ) throws {
    if let sequential = self as? Sequential { try sequential.validate() }
    let count = outputs.isEmpty ? losses.count : outputs.count
    func fitted<Entry>(_ list: [Entry], _ what: String, _ filler: Entry) throws -> [Entry] {
      if list.isEmpty { return Array(repeating: filler, count: count) }
      if list.count == count { return list }
      throw Diagnostic(
        name, "the number of \(what) is not that of the outputs", expected: "\(count)",
        got: "\(list.count)")
    }
    for case let loss? in losses where loss.reduction == .none {
      throw Diagnostic(
        name, "the loss \"\(loss.name)\" gives a number for each sample",
        expected: "one number to make small", got: "the reduction .none",
        fix: "use .sumOverBatchSize, the default, or .sum")
    }
    training = Compilation(
      optimizer: optimizer, losses: try fitted(losses, "losses", nil),
      lossWeights: try fitted(lossWeights ?? [], "loss weights", 1),
      metrics: try fitted(metrics, "lists of metrics", []),
      weightedMetrics: try fitted(weightedMetrics, "lists of weighted metrics", []))
    optimizerSize = { [weak optimizer] in
      let variables = optimizer?.isBuilt == true ? optimizer?.variables ?? [] : []
      return (
        variables.reduce(0) { $0 + $1.value.count },
        variables.reduce(0) { $0 + $1.value.count * $1.dtype.byteCount }
      )
    }
  }

  /// Sets how a model whose outputs go by name is trained.
  ///
  /// - Throws: a `Diagnostic` that lists the outputs if a name is none of them.
  public final func compile(
    optimizer: Optimizer = RMSprop(), losses: [String: Loss], lossWeights: [String: Double] = [:],
    metrics: [String: [Metric]] = [:], weightedMetrics: [String: [Metric]] = [:]
  ) throws {
    for name in [
      losses.keys.sorted(), lossWeights.keys.sorted(), metrics.keys.sorted(),
      weightedMetrics.keys.sorted(),
    ].joined() where !outputNames.contains(name) {
      throw Diagnostic(
        self.name, "it has no output of this name",
        expected: outputNames.joined(separator: ", "), got: "\"\(name)\"")
    }
    try compile(
      optimizer: optimizer, losses: outputNames.map { losses[$0] },
      lossWeights: outputNames.map { lossWeights[$0] ?? 1 },
      metrics: outputNames.map { metrics[$0] ?? [] },
      weightedMetrics: outputNames.map { weightedMetrics[$0] ?? [] })
  }

  /// What `compile` set; nil before it.
  public final var compilation: Compilation? { training as? Compilation }

  /// The optimizer that `compile` set; nil before it.
  public final var optimizer: Optimizer? { compilation?.optimizer }

  final func requireCompilation(_ who: String) throws(Diagnostic) -> Compilation {
    if let compilation { return compilation }
    throw Diagnostic(
      who, "the model is not compiled", expected: "an optimizer and a loss",
      got: "\"\(name)\" without them", fix: "call model.compile(optimizer:loss:) first")
  }
}
