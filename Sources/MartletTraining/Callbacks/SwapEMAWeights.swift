import MartletTensors

/// Evaluates and predicts with the moving averages of the weights that the optimizer keeps.
///
///     try model.compile(optimizer: Adam(useEMA: true), loss: .mse)
///     try model.fit(x, y, validationSplit: 0.2, callbacks: [SwapEMAWeights(swapOnEpoch: true)])
///
/// During each evaluation or prediction that it is given to, the validation of `fit` too, the model
/// has the averages, and its own weights again afterwards. With `swapOnEpoch` it has the averages
/// at the end of each epoch, until the next one begins: a `ModelCheckpoint` that stands behind in
/// the list saves them.
///
/// Keras' `SwapEMAWeights`; there a prediction leaves the averages in the model, and a training that
/// stops early with `swap_on_epoch` ends with the weights that are no averages.
public final class SwapEMAWeights: Callback {
  /// Whether the model has the averages at the end of each epoch.
  public let swapOnEpoch: Bool
  /// Whether the model has the averages, and the averages' variables its weights.
  private var isSwapped = false

  /// Creates the callback.
  public init(swapOnEpoch: Bool = false) { self.swapOnEpoch = swapOnEpoch }

  private func swap(_ optimizer: Optimizer?) throws(Diagnostic) {
    guard let optimizer, optimizer.useEMA else {
      throw Diagnostic(
        "SwapEMAWeights", "there are no averages of the weights",
        expected: "an optimizer with useEMA: true",
        got: optimizer.map { "\($0.kerasName) without" } ?? "a model that is not compiled")
    }
    optimizer.swapAverages()
    isSwapped.toggle()
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    if run.optimizer.useEMA { return }
    try swap(run.optimizer)
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) throws {
    if isSwapped { try swap(run.optimizer) }
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws {
    if swapOnEpoch, !isSwapped { try swap(run.optimizer) }
  }

  public func epochRecorded(_ epoch: Int, _ run: TrainingRun) {
    // At its end, training gives the model the averages: they must be them again.
    if isSwapped, run.isStopping || epoch == run.epochs - 1 {
      run.optimizer.setAverages()
      isSwapped = false
    }
  }

  public func passBegan(_ pass: Pass) throws { if !isSwapped { try swap(pass.model.optimizer) } }
  public func passEnded(_ pass: Pass) throws { if isSwapped { try swap(pass.model.optimizer) } }

  public var state: [String: Double]? {
    get { ["swapped": isSwapped ? 1 : 0] }
    set { isSwapped = newValue?["swapped"] == 1 }
  }
}

extension Optimizer {
  /// Gives the variables the values of their averages, and the averages theirs; before the first
  /// step there are none.
  func swapAverages() {
    guard useEMA, let builtVariables, stepsDone > 0 else { return }
    for (variable, state) in zip(builtVariables, states) {
      guard let average = state.average else { continue }
      let value = variable.value
      variable.assign(average.value)
      average.assign(value)
    }
  }

  /// Gives the averages the values of the variables.
  func setAverages() {
    guard useEMA, let builtVariables else { return }
    for (variable, state) in zip(builtVariables, states) { state.average?.assign(variable.value) }
  }
}
