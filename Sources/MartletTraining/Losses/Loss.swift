import MartletLayers
import MartletTensors

/// What training makes small: a number that says how far predictions are from targets.
///
///     try model.compile(optimizer: Adam(), loss: .sparseCategoricalCrossentropy)
///     try model.compile(optimizer: Adam(), loss: .huber(delta: 2))
///     let loss = Loss.mse(targets, predictions, sampleWeight: weights)
///     let own = Loss("fourth_power") { y, p in (y - p).pow(4).mean(along: -1) }
///
/// A loss gives one value for each sample, most of them the mean over the last axis, and reduces
/// the values to one number. Names, formulas and defaults are those of Keras 3.
public struct Loss: Sendable, CustomStringConvertible {
  /// How the values of all samples, times their weights, become one number.
  public enum Reduction: String, Sendable, CaseIterable {
    /// Their sum divided by the number of values (not by the sum of the weights).
    case sumOverBatchSize = "sum_over_batch_size"
    /// Their sum.
    case sum
    /// The same as `sumOverBatchSize`.
    case mean
    /// Their sum divided by the sum of the weights; 0 where that is 0.
    case meanWithSampleWeight = "mean_with_sample_weight"
    /// Not at all: the values as they are.
    case none
  }

  /// The name that logs show and files keep.
  public var name: String
  /// How values become one number.
  public var reduction: Reduction

  /// Keras' name of the class, or the name alone of a loss that Keras does not know.
  let className: String
  /// Hyperparameters under Keras' names.
  let settings: [String: ConfigurationValue]
  /// Which targets fit which predictions.
  let targets: TargetRule
  let compute: @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> LossValues

  /// Keras' name of the class and its hyperparameters, name and reduction included.
  public var configuration: Configuration {
    var values = settings
    values["name"] = .string(name)
    values["reduction"] = .string(reduction.rawValue)
    return Configuration(className, values)
  }

  public var description: String { name }

  /// A loss from a closure.
  ///
  /// - Parameters:
  ///   - name: The name that logs show; files keep it and nothing else of the closure.
  ///   - reduction: How values become one number.
  ///   - values: From targets and predictions to one value for each sample, `[batch]` or
  ///     `[batch, …]`. Targets come in the predictions' element type and, where one of the two lacks
  ///     a last axis of size 1, in the same rank.
  public init(
    _ name: String, reduction: Reduction = .sumOverBatchSize,
    _ values: @escaping @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
  ) {
    self.init(name, className: name, reduction, targets: .any) {
      Replay.refuse()
      return LossValues(values($0, $1))
    }
  }

  /// A loss of Keras.
  init(
    _ name: String, className: String, _ reduction: Reduction,
    _ settings: [String: ConfigurationValue] = [:], targets: TargetRule,
    compute: @escaping @Sendable (Tensor, Tensor) -> LossValues
  ) {
    self.name = name
    self.className = className
    self.reduction = reduction
    self.settings = settings
    self.targets = targets
    self.compute = compute
  }

  /// The loss of predictions: one number, unless the reduction is `.none`.
  ///
  /// - Parameters:
  ///   - yTrue: The targets. They are converted to the predictions' element type; class numbers stay
  ///     integers. `[batch]` fits `[batch, 1]` and the other way round.
  ///   - yPred: The predictions, `[batch, …]`.
  ///   - sampleWeight: What each sample counts: `[batch]`, or as many of the axes of the samples'
  ///     values as there are.
  ///   - mask: Which samples or time steps count at all, `[batch]` or `[batch, time]`. A mean is one
  ///     over those.
  /// - Returns: A scalar of the predictions' type; with `.none` the values, times their weights.
  ///   Traps where the shapes do not fit, see `check(targetShape:predictionShape:)`.
  public func callAsFunction(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let found = unreduced(yTrue, yPred, file: file, line: line)
    return reduce(found, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
  }

  /// The values of the samples before weights and reduction, `[batch]` or `[batch, …]`.
  public func values(
    _ yTrue: Tensor, _ yPred: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    unreduced(yTrue, yPred, file: file, line: line).perSample
  }

  private func unreduced(
    _ yTrue: Tensor, _ yPred: Tensor, file: StaticString, line: UInt
  ) -> LossValues {
    if let mistake = targets.mistake(name, yTrue.shape, yPred.shape) {
      trap(mistake, file: file, line: line)
    }
    let (y, p) = targets.prepare(yTrue, yPred)
    return compute(y, p)
  }
}

/// What a loss computes before anything is averaged away.
struct LossValues {
  /// Values, or elements whose mean along an axis the values are.
  var elements: Tensor
  /// The axis whose mean is still to be taken.
  var averaging: Int?
  /// Which values count, where the loss itself says so.
  var mask: Tensor?

  init(_ values: Tensor, mask: Tensor? = nil) {
    elements = values
    self.mask = mask
  }

  /// Values that are the mean of elements along an axis.
  static func mean(of elements: Tensor, along axis: Int = -1) -> LossValues {
    var result = LossValues(elements)
    result.averaging = axis
    return result
  }

  /// One value for each sample.
  var perSample: Tensor {
    averaging.map { elements.mean(along: $0) } ?? elements
  }
}
