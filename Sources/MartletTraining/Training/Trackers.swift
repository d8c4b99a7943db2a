import MartletTensors

/// The running means and metrics of an epoch or an evaluation.
final class Trackers {
  /// What the logs call the values of a step, whose means they show.
  let valueNames: [String]
  private let metrics: [(name: String, output: Int, isWeighted: Bool, metric: Metric)]
  /// For each of the values, the sum over batches of value · samples.
  private let sums: [Variable]
  private var samples = 0.0

  init(_ valueNames: [String], _ compilation: Compilation, outputNames: [String]) {
    self.valueNames = valueNames
    sums = valueNames.map { _ in Variable(Tensor([0.0], shape: [], dtype: .float64)) }
    let several = outputNames.count > 1
    var list: [(name: String, output: Int, isWeighted: Bool, metric: Metric)] = []
    var taken = Set<String>()
    for (isWeighted, groups) in [
      (false, compilation.metrics), (true, compilation.weightedMetrics),
    ] {
      for (output, group) in groups.enumerated() {
        for metric in group {
          let base = several ? "\(outputNames[output])_\(metric.name)" : metric.name
          var name = base
          var number = 0
          while !taken.insert(name).inserted {
            number += 1
            name = "\(base)_\(number)"
          }
          list.append((name, output, isWeighted, metric))
        }
      }
    }
    metrics = list
  }

  /// The names of the entries of `logs`, in order.
  var names: [String] { valueNames + metrics.map(\.name) }

  /// The metric of an entry of the logs.
  func metric(named name: String) -> Metric? { metrics.first { $0.name == name }?.metric }

  /// Counts a batch whose sums and states a replayed step computed.
  func count(_ batch: Batch) { samples += Double(batch.sampleCount) }

  /// Adds a batch: nothing is computed yet.
  func update(_ step: StepResult, _ batch: Batch) {
    count(batch)
    let count = Double(batch.sampleCount)
    for (sum, (_, value)) in zip(sums, step.values) {
      sum.assign(sum.value + value.cast(to: .float64) * count)
    }
    for (_, output, isWeighted, metric) in metrics where output < batch.targets.count {
      if !metric.isReplayable { Replay.refuse() }
      metric.update(
        batch.targets[output], step.predictions[output],
        sampleWeight: isWeighted ? batch.weight(of: output) : nil, mask: step.mask(of: output))
    }
  }

  /// Computes what was added: means and states in one evaluation.
  func settle() { sums[0].value.evaluated() }

  /// The values so far.
  var logs: Logs {
    var logs = Logs()
    for (name, sum) in zip(valueNames, sums) {
      logs[name] = samples == 0 ? 0 : sum.value.withElements { $0[0] } / samples
    }
    for entry in metrics {
      let result = entry.metric.result()
      let values = result.scalars(of: Double.self)
      if values.count == 1 {
        logs[entry.name] = values[0]
      } else {
        for (index, value) in values.enumerated() { logs["\(entry.name)_\(index)"] = value }
      }
    }
    return logs
  }

  func reset() {
    samples = 0
    for sum in sums { sum.assign(Tensor([0.0], shape: [], dtype: .float64)) }
    for entry in metrics { entry.metric.reset() }
  }

  /// The states, for a checkpoint in the middle of an epoch.
  var states: [Variable] { sums + metrics.flatMap { $0.metric.states.map(\.variable) } }

  /// Everything summed up so far.
  var saved: (samples: Double, states: [Tensor]) {
    get { (samples, states.map(\.value)) }
    set {
      samples = newValue.samples
      // A metric may have made its states since.
      for (variable, value) in zip(states, newValue.states) { variable.assign(value) }
    }
  }
}

extension Batch {
  /// The weights of an output's samples; a single tensor is for all outputs.
  func weight(of output: Int) -> Tensor? {
    guard let weights, !weights.isEmpty else { return nil }
    return weights.count == 1 ? weights[0] : weights[output]
  }
}
