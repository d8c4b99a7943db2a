import CKernels
import Foundation
import Martlet

/// A network in training or in use, with data of its shape.
struct Workload: Sendable {
  let name: String
  let what: String
  let batch: Int
  let samples: Samples
  let task: Task
  let model: @Sendable () throws -> Model

  /// What a network is given.
  enum Samples: Sendable {
    /// Uniform numbers of a shape.
    case images([Int])
    /// Rows of symbols, each as many numbers as there are symbols, all 0 but one.
    case symbols(Int, length: Int)
  }

  /// What is done with a network.
  enum Task: Sendable {
    /// Training on integer labels: one for each sample, or for each step of a sequence.
    case classifying(Int, @Sendable () -> Optimizer)
    /// Training to return what it is given, numbers in 0...1.
    case reconstructing(@Sendable () -> Optimizer)
    /// `predictOnBatch`
    case predicting
    /// `predict`, one sample at a time
    case predictingSingly
  }

  /// Whether there is something to train.
  var trains: Bool { optimizer != nil }

  private var optimizer: (@Sendable () -> Optimizer)? {
    switch task {
    case .classifying(_, let make), .reconstructing(let make): make
    case .predicting, .predictingSingly: nil
    }
  }

  /// The network, compiled if it is to be trained, with or without a metric.
  func compiled(withMetrics: Bool = false) throws -> Model {
    let model = try model()
    switch task {
    case .classifying(_, let optimizer):
      try model.compile(
        optimizer: optimizer(), loss: .sparseCategoricalCrossentropy,
        metrics: withMetrics ? [.accuracy] : [])
    case .reconstructing(let optimizer):
      try model.compile(
        optimizer: optimizer(), loss: .binaryCrossentropy,
        metrics: withMetrics ? [.meanSquaredError] : [])
    case .predicting, .predictingSingly: break
    }
    return model
  }

  /// As many samples and targets as asked for, evaluated.
  func data(_ count: Int) -> (x: Tensor, y: Tensor) {
    let random = RandomSource(seed: 1)
    switch samples {
    case .images(let shape):
      let x = Tensor.randomUniform([count] + shape, using: random).evaluated()
      guard case .classifying(let classes, _) = task else { return (x, x) }
      return (x, Tensor.randomIntegers([count], in: 0..<classes, using: random).evaluated())
    case .symbols(let kinds, let length):
      let symbols = Tensor.randomIntegers([count, length + 1], in: 0..<kinds, using: random)
        .evaluated()
      return (
        symbols[..., 0..<length].oneHot(depth: kinds).evaluated(), symbols[..., 1...].evaluated()
      )
    }
  }
}

/// A workload made ready: the network, its resident batch, and one step by the calls users make.
struct Trial {
  let model: Model
  private let trains: Bool
  let step: () throws -> Void

  init(_ workload: Workload) throws {
    let model = try workload.compiled()
    let (x, y) = workload.data(workload.batch)
    self.model = model
    trains = workload.trains
    switch workload.task {
    case .classifying, .reconstructing: step = { try model.trainOnBatch(x, y) }
    case .predicting: step = { _ = try model.predictOnBatch(x) }
    case .predictingSingly: step = { _ = try model.predict(x) }
    }
  }

  /// The numbers that training changes; of a network that only predicts, all its weights.
  var parameterCount: Int {
    let variables = trains ? model.trainableVariables : model.weights
    return variables.reduce(0) { $0 + $1.value.count }
  }

  /// Whole times of single steps in nanoseconds, in the order they were taken.
  func times(_ seconds: Double) -> [Double] {
    var times: [Double] = []
    let end = mk_clock() + UInt64(seconds * 1e9)
    while mk_clock() < end || times.count < 5 {
      let begin = mk_clock()
      attempt { try step() }
      times.append(Double(mk_clock() - begin))
    }
    return times
  }
}

/// The middle of some numbers.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}

/// The result of a closure that is not expected to fail.
func attempt<Result>(_ body: () throws -> Result) -> Result {
  do { return try body() } catch { fatalError("\(error)") }
}
