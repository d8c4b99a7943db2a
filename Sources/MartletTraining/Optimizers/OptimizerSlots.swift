import MartletTensors

/// A tensor that an optimizer keeps for each variable: a momentum, a running mean of squares.
public struct Slot: Sendable, Equatable, ExpressibleByStringLiteral {
  /// Keras' name, under which files keep it.
  public let name: String
  /// What its elements are at first.
  public let initialValue: Double
  /// Its shape; nil is the variable's.
  public let shape: Shape?

  /// Describes a slot.
  public init(_ name: String, initialValue: Double = 0, shape: Shape? = nil) {
    self.name = name
    self.initialValue = initialValue
    self.shape = shape
  }

  /// A slot of zeros of the variable's shape.
  public init(stringLiteral name: String) { self.init(name) }
}

/// The slots of one variable, by their names, while its update is computed.
public struct OptimizerSlots {
  private let names: [String]
  private(set) var values: [Tensor]

  init(_ names: [String], _ values: [Tensor]) {
    self.names = names
    self.values = values
  }

  /// Whether there is a slot of this name.
  public func contains(_ name: String) -> Bool { names.contains(name) }

  /// A slot's value, which can be assigned; traps if the variable has no such slot.
  public subscript(name: String) -> Tensor {
    get { values[index(name)] }
    set { values[index(name)] = newValue }
  }

  private func index(_ name: String) -> Int {
    guard let index = names.firstIndex(of: name) else {
      trap(
        Diagnostic(
          "Optimizer", "the variable has no slot of this name",
          expected: names.isEmpty ? "no slot" : names.joined(separator: ", "), got: name,
          fix: "return it from slots(for:)"),
        file: #fileID, line: #line)
    }
    return index
  }
}

/// What an update may need to know of the step it belongs to.
public struct OptimizerStep: Sendable {
  /// The learning rate.
  public let learningRate: Double
  /// The number of the step, the first is 1: the power of a bias correction.
  public let number: Int
  /// Where the numbers of the steps to come are found.
  private let present: PresentStep
  private let factor: Double

  init(_ present: PresentStep, factor: Double = 1) {
    learningRate = present.learningRate * factor
    number = present.number
    self.present = present
    self.factor = factor
  }

  /// The same step with a multiple of its learning rate.
  func scaled(by factor: Double) -> OptimizerStep {
    OptimizerStep(present, factor: self.factor * factor)
  }

  /// A number that is computed from those of the step, as a scalar tensor.
  ///
  ///     weight - gradient * step.scalar(weight.dtype) { $0.learningRate }
  ///
  /// When the step is replayed the formula is asked again; a number computed in Swift would stay what
  /// it was.
  public func scalar(
    _ dtype: DType, _ formula: @escaping (OptimizerStep) -> Double
  ) -> Tensor {
    Replay.scalar(dtype) { [present, factor] in formula(OptimizerStep(present, factor: factor)) }
  }
}

/// The numbers of the step that an optimizer is at.
///
/// Unchecked `Sendable`: it belongs to the optimizer's task, like the optimizer.
final class PresentStep: @unchecked Sendable {
  var learningRate = 0.0
  var number = 0
}
