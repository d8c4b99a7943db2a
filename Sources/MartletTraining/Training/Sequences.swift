import MartletTensors

// Any sequence of batches is data. What has to be known before it is read, such as the number of
// steps, a source of batches says; a sequence that can be gone through once only gives one epoch.
extension Model {
  /// Trains the model on a sequence of batches: an array of them, or whatever makes them.
  ///
  ///     try model.fit([Batch(x1, y1), Batch(x2, y2)], epochs: 3)
  ///
  /// Parameters as for a data set of batches.
  ///
  /// - Throws: as the form that takes one.
  @discardableResult
  public final func fit<Batches: Sequence<Batch>>(
    _ batches: Batches, epochs: Int = 1, verbose: Verbosity = .auto,
    callbacks: [any Callback] = [], validationData: (any BatchSource)? = nil,
    classWeight: [Int: Double]? = nil, initialEpoch: Int = 0, stepsPerEpoch: Int? = nil,
    validationSteps: Int? = nil, validationFrequency: any ValidationFrequency = 1,
    checkingValues: Bool = true
  ) throws -> History {
    try fit(
      SequenceBatches(batches), epochs: epochs, verbose: verbose, callbacks: callbacks,
      validationData: validationData, classWeight: classWeight, initialEpoch: initialEpoch,
      stepsPerEpoch: stepsPerEpoch, validationSteps: validationSteps,
      validationFrequency: validationFrequency, checkingValues: checkingValues)
  }

  /// Loss and metrics on a sequence of batches.
  ///
  /// - Throws: a `Diagnostic` for an uncompiled model or data that do not fit.
  @discardableResult
  public final func evaluate<Batches: Sequence<Batch>>(
    _ batches: Batches, steps: Int? = nil, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> Logs {
    try evaluate(SequenceBatches(batches), steps: steps, verbose: verbose, callbacks: callbacks)
  }

  /// The predictions for a sequence of batches, one tensor for each output.
  ///
  /// - Throws: a `Diagnostic` for data that do not fit.
  public final func predict<Batches: Sequence<Batch>>(
    _ batches: Batches, steps: Int? = nil, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> [Tensor] {
    try predict(SequenceBatches(batches), steps: steps, verbose: verbose, callbacks: callbacks)
  }
}
