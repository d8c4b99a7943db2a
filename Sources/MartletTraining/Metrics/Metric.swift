import MartletLayers
import MartletTensors

/// A number that is watched while a model trains, and that training does not use.
///
///     try model.compile(optimizer: Adam(), loss: .mse, metrics: [.mae, .auc(curve: .pr)])
///
///     let accuracy: Metric = .accuracy
///     for (x, y) in test.batched(128) { accuracy.update(y, model(x)) }
///     print(accuracy.result().item())
///
/// A metric sums up in its states what `update` shows it, and `result` may be asked for at any time.
/// States are assigned by recorded operations: an update computes nothing and waits for nothing.
/// They are float64, so counts stay exact up to 2⁵³ and sums over many batches lose nothing.
///
/// A metric of one's own is a closure, `MeanMetricWrapper("name") { yTrue, yPred in … }`, or a
/// subclass that hands its states to `init` and overrides `update` and `result`. Each of the static
/// members, `.accuracy` and the others, makes a new metric: states are never shared by accident.
open class Metric: CustomStringConvertible {
  /// Which values are the better ones.
  public enum Direction: Sendable {
    /// Lower values.
    case minimize
    /// Higher values.
    case maximize
  }

  /// The name that logs show.
  public var name: String
  /// Which values are better; nil if nobody said.
  public let direction: Direction?
  /// What is remembered between updates, for those who save it.
  public private(set) var states: [(name: String, variable: Variable)] = []

  /// Creates a metric with its states, each made by `state(_:shape:)`.
  public init(_ name: String, direction: Direction? = nil, states: [Variable] = []) {
    self.name = name
    self.direction = direction
    for state in states { addState(state) }
  }

  /// A state that starts at 0, and starts there again after a reset: a variable of `float64`.
  public static func state(_ name: String, shape: Shape = []) -> Variable {
    Variable(zeros(shape), name: name, isTrainable: false)
  }

  /// Adds a state whose shape `build` found out.
  public final func addState(_ state: Variable) {
    state.isReplayable = isReplayable
    states.append((state.name, state))
  }

  /// Adds the states whose shapes depend on those of targets and predictions.
  ///
  /// Called before the first update, and by those who want the states earlier. The inherited version
  /// does nothing.
  open func build(targetShape: Shape, predictionShape: Shape) {}

  /// Takes a batch into account; the operations are recorded, not computed.
  ///
  /// - Parameters:
  ///   - yTrue: The targets as the data has them.
  ///   - yPred: The predictions.
  ///   - sampleWeight: What each sample counts, `[batch]` or `[batch, …]`.
  ///   - mask: Which samples or time steps count at all, `[batch]` or `[batch, time]`. As in Keras,
  ///     means over samples apply it; counts of a confusion matrix do not.
  open func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    trap(
      Diagnostic(name, "the metric has no update", fix: "override update in \(type(of: self))"),
      file: #fileID, line: #line)
  }

  /// The value over all that was seen since the last reset: a scalar, of some metrics a vector.
  open func result() -> Tensor {
    trap(
      Diagnostic(name, "the metric has no result", fix: "override result in \(type(of: self))"),
      file: #fileID, line: #line)
  }

  /// Whether every update with tensors of the same shapes does the same to the states.
  ///
  /// Steps are then replayed without calling the metric. Those of the library say yes, others no.
  open var isReplayable: Bool { Replay.isLibrary(self, module: "MartletTraining") }

  /// Forgets all that was seen.
  open func reset() {
    for (_, variable) in states { variable.assign(Metric.zeros(variable.shape)) }
  }

  /// Whether targets of a shape can be compared with predictions of another; the inherited version
  /// does not look.
  ///
  /// - Throws: A `Diagnostic` with both shapes.
  open func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {}

  /// Keras' name of the class and its hyperparameters; the inherited version has the name alone.
  open var configuration: Configuration {
    Configuration("\(type(of: self))", ["name": .string(name)])
  }

  /// An equal metric with states of its own, which has seen nothing.
  ///
  /// The inherited version makes it from the configuration, which works for the library's metrics; a
  /// subclass with a class name of its own overrides it.
  open func fresh() -> Metric {
    do throws(Diagnostic) {
      return try Metric.configured(by: configuration)
    } catch {
      trap(
        Diagnostic(
          name, "the metric cannot be made again from its configuration",
          fix: "override fresh in \(type(of: self))"),
        file: #fileID, line: #line)
    }
  }

  public var description: String { name }

  /// Zeros that own their memory, so that updates find it in place from the first on.
  private static func zeros(_ shape: Shape) -> Tensor {
    Tensor([Double](repeating: 0, count: shape.reduce(1, *)), shape: shape)
  }
}

extension Variable {
  /// Adds to the value, converted to the variable's type.
  func add(_ amount: Tensor) { assign(value + amount.cast(to: dtype)) }
}
