import MartletTensors

/// A model with a train step of its own, in place of the standard one: Keras' custom `train_step`.
///
///     final class VariationalAutoencoder: Model, CustomTrainStep {
///       let encoder = Sequential { Dense(32, activation: .relu); Dense(4) }
///       let decoder = Sequential { Dense(32, activation: .relu); Dense(8) }
///       let trainStepNames = ["loss", "kl_loss"]
///
///       override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
///         decoder(encoder(x, context)[..., 0..<2], context)
///       }
///
///       func trainStep(_ batch: Batch) -> StepResult {
///         var divergence = Tensor(0)
///         let (loss, gradients) = valueAndGradient(of: trainableVariables) {
///           …
///         }
///         optimizer!.apply(gradients, to: trainableVariables)
///         return ["loss": loss, "kl_loss": divergence]
///       }
///     }
///
/// `fit` and `trainOnBatch` call the step for each batch, and do all the rest as ever: callbacks,
/// progress bar, history, validation, resuming. What it returns is shown and recorded under its
/// names.
///
/// `compile` is needed for the optimizer, and for metrics where there are some. A loss is not; the
/// step does not see it, but `evaluate` and validations use it unless the model is a
/// `CustomTestStep` too.
///
/// Before the first step `fit` checks that all tensors have the same number of samples, all of them
/// finite. Targets may be missing: `model.fit(images)`. What targets have to be is for the
/// step to say, and so is what weights mean; class weights are refused. A model of which no layer is
/// left to be built may be given inputs that its `call` would not take.
///
/// The step is called, and its operations are recorded, for each batch anew. A model that says
/// `isReplayable` has steps that came out alike replayed instead: then `optimizedVariables` has to
/// list every optimizer of the step.
public protocol CustomTrainStep: Model {
  /// The names of the values that every train step returns: `["loss"]` unless the model says
  /// otherwise.
  ///
  /// Callbacks can ask for them before the first step.
  var trainStepNames: [String] { get }

  /// Every optimizer of the step, with the variables that it changes: unless the model says
  /// otherwise the compiled one, with all that are trainable.
  ///
  /// `fit` gives each its slots before the first step, so the parts that they train must be built.
  /// `BackupAndRestore` keeps the state of all; `.keras` files keep that of the compiled one.
  var optimizedVariables: [(optimizer: Optimizer, variables: [Variable])] { get }

  /// One step of training: gradients, updates of the variables, and the values to show.
  ///
  /// Nothing in it needs to be evaluated; one evaluation computes it all at its end.
  ///
  /// - Parameter batch: Inputs in the order and element types of the model's, targets in the order of
  ///   its outputs where they go by name.
  /// - Returns: Scalars under the names of `trainStepNames`, whose means over the samples of the
  ///   epoch so far are shown.
  /// - Throws: whatever the model wants; `fit` ends with it, and the values of weights, optimizers and
  ///   metrics are what they were before this step.
  func trainStep(_ batch: Batch) throws -> StepResult
}

extension CustomTrainStep {
  public var trainStepNames: [String] { ["loss"] }

  public var optimizedVariables: [(optimizer: Optimizer, variables: [Variable])] {
    optimizer.map { [($0, trainableVariables)] } ?? []
  }
}

/// A model with a step of evaluation of its own: Keras' custom `test_step`.
///
/// `evaluate`, `testOnBatch` and the validations of `fit` call it, under the same rules as
/// `CustomTrainStep`. A model that is both returns the same names from both steps unless it says
/// otherwise.
public protocol CustomTestStep: Model {
  /// The names of the values that every test step returns.
  ///
  /// Unless the model says otherwise they are those of its train step, or `["loss"]` if it has none of
  /// its own.
  var testStepNames: [String] { get }

  /// One step of evaluation, which changes no variable.
  ///
  /// - Returns: Scalars under the names of `testStepNames`.
  func testStep(_ batch: Batch) throws -> StepResult
}

extension CustomTestStep {
  public var testStepNames: [String] { ["loss"] }
}

extension CustomTestStep where Self: CustomTrainStep {
  public var testStepNames: [String] { trainStepNames }
}

/// What one step on a batch found; nothing of it has to be evaluated.
///
///     return ["loss": loss, "kl_loss": divergence]
///     return StepResult(["loss": loss], predictions: [scores])
///
/// The logs show for each value its mean over the samples so far, each step's value counted as often
/// as its batch has samples: what `fit` does with its own loss. (Keras shows values as they are
/// returned, which are those of the last step unless a metric averages them.) Compiled metrics are
/// updated with the predictions.
public struct StepResult: ExpressibleByDictionaryLiteral {
  /// The scalars whose means are shown, and their names.
  public var values: [(name: String, value: Tensor)]
  /// What the model predicted, in the order of its outputs; needed for compiled metrics only.
  public var predictions: [Tensor]
  /// For each of the predictions, which of its time steps count; nil where all do.
  public var masks: [Tensor?]

  /// Creates a result, with predictions where metrics were compiled.
  public init(
    _ values: KeyValuePairs<String, Tensor>, predictions: [Tensor] = [], masks: [Tensor?] = []
  ) {
    self.init(values.map { ($0.key, $0.value) }, predictions, masks)
  }

  /// Creates a result without predictions.
  public init(dictionaryLiteral values: (String, Tensor)...) {
    self.init(values.map { ($0.0, $0.1) }, [], [])
  }

  init(_ values: [(name: String, value: Tensor)], _ predictions: [Tensor], _ masks: [Tensor?]) {
    self.values = values
    self.predictions = predictions
    self.masks = masks
  }

  func mask(of output: Int) -> Tensor? { output < masks.count ? masks[output] : nil }
}
