import MartletTensors

/// How much `fit`, `evaluate` and `predict` print.
public enum Verbosity: Sendable, Equatable {
  /// A progress bar on a terminal, one line per epoch elsewhere.
  case auto
  /// Nothing.
  case silent
  /// Keras' progress bar.
  case bar
  /// One line per epoch.
  case lines

  var callback: [any Callback] {
    switch self {
    case .silent: []
    case .auto: [ProgressBar()]
    case .bar: [ProgressBar(style: .bar)]
    case .lines: [ProgressBar(style: .lines)]
    }
  }
}

extension Model {
  /// Trains the model on tensors in memory.
  ///
  ///     let history = try model.fit(
  ///       images, labels, batchSize: 128, epochs: 12, validationSplit: 0.2)
  ///
  /// Everything is checked before the first step; an error leaves model and optimizer as they were.
  /// The logged loss is the mean over the epoch's batches, regularization included, measured before
  /// each update and with dropout on: Keras' own convention.
  ///
  /// - Parameters:
  ///   - x: The samples, along the first axis.
  ///   - y: The targets; nil for a model whose train step needs none.
  ///   - batchSize: The samples of one step; the last batch of an epoch may be smaller.
  ///   - epochs: The number of the last epoch: with `initialEpoch` 3, `epochs` 5 runs two.
  ///   - verbose: What is printed.
  ///   - callbacks: What takes part between the steps, in this order.
  ///   - validationSplit: The part of the data, at their end and not shuffled, that is kept for
  ///     validation.
  ///   - validationData: Other data for validation.
  ///   - validationSampleWeight: What each sample of `validationData` counts, in the loss and in
  ///     weighted metrics.
  ///   - shuffle: Whether samples come in another random order in each epoch.
  ///   - classWeight: What each class counts; 1 where it is not listed.
  ///   - sampleWeight: What each sample counts.
  ///   - initialEpoch: The number of the first epoch.
  ///   - stepsPerEpoch: The batches of an epoch; the data go on in the next, and start over.
  ///   - validationSteps: The batches of a validation.
  ///   - validationBatchSize: Their size; `batchSize` by default.
  ///   - validationFrequency: After how many epochs there is a validation, or a list of epochs,
  ///     counted from 1, that end with one.
  ///   - checkingValues: Whether NaN and infinities in the data are refused.
  /// - Returns: Loss and metrics of each epoch.
  /// - Throws: a `Diagnostic` for data that do not fit, an uncompiled model, and what callbacks throw.
  @discardableResult
  public final func fit(
    _ x: Tensor, _ y: Tensor? = nil, batchSize: Int = 32, epochs: Int = 1,
    verbose: Verbosity = .auto, callbacks: [any Callback] = [], validationSplit: Double = 0,
    validationData: (Tensor, Tensor)? = nil, validationSampleWeight: Tensor? = nil,
    shuffle: Bool = true, classWeight: [Int: Double]? = nil, sampleWeight: Tensor? = nil,
    initialEpoch: Int = 0, stepsPerEpoch: Int? = nil, validationSteps: Int? = nil,
    validationBatchSize: Int? = nil, validationFrequency: any ValidationFrequency = 1,
    checkingValues: Bool = true
  ) throws -> History {
    if validationSampleWeight != nil, validationData == nil {
      throw Diagnostic(
        "fit", "there are weights for validation, and no validation data",
        expected: "validationData", got: "validationSampleWeight alone",
        fix: "pass validationData; a validationSplit takes its part of sampleWeight")
    }
    return try fit(
      Batch(x, y, weights: sampleWeight), batchSize: batchSize, epochs: epochs, verbose: verbose,
      callbacks: callbacks, validationSplit: validationSplit,
      validationData: validationData.map { Batch($0.0, $0.1, weights: validationSampleWeight) },
      shuffle: shuffle,
      classWeight: classWeight, initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch,
      validationSteps: validationSteps, validationBatchSize: validationBatchSize,
      validationFrequency: validationFrequency, checkingValues: checkingValues)
  }

  /// Trains the model on tensors by name, or on lists of them: several inputs and outputs.
  ///
  ///     try model.fit(Batch(inputs: ["image": images, "size": sizes], targets: ["class": labels]))
  ///
  /// Parameters as for tensors; sample weights are the batch's. With several outputs `classWeights`
  /// has the class weights of each, by its name: `["digit": [7: 2]]`.
  @discardableResult
  public final func fit(
    _ data: Batch, batchSize: Int = 32, epochs: Int = 1, verbose: Verbosity = .auto,
    callbacks: [any Callback] = [], validationSplit: Double = 0, validationData: Batch? = nil,
    shuffle: Bool = true, classWeight: [Int: Double]? = nil,
    classWeights: [String: [Int: Double]]? = nil, initialEpoch: Int = 0,
    stepsPerEpoch: Int? = nil, validationSteps: Int? = nil, validationBatchSize: Int? = nil,
    validationFrequency: any ValidationFrequency = 1, checkingValues: Bool = true
  ) throws -> History {
    try checkBatchSize(batchSize, "fit")
    try checkBatchSize(validationBatchSize ?? batchSize, "fit")
    let compilation = try requireCompilation("fit")
    try requireSamples(data, "fit")
    return try train { () throws -> (TrainingRun, FitOptions) in
      var data = data
      var kept = validationData
      if validationData == nil, validationSplit != 0 {
        try checkRows(data, "fit")
        (data, kept) = try data.splittingEnd(validationSplit, "fit")
      }
      let ready = try prepared(data, "fit", for: .training)
      try checkBatch(ready, compilation, "fit")
      try checkStates(data.sampleCount, inBatchesOf: batchSize, "fit")
      let rows = try TensorDataset(ready.batch)
      // Validation data must fit as well, before anything changes.
      let validation = try kept.map {
        let ready = try prepared($0, "fit", for: .evaluation)
        try checkBatch(ready, compilation, "fit")
        try checkValues(ready, compilation, "fit", checkingValues: checkingValues)
        // The states go from training to validation and back.
        try checkStates(
          $0.sampleCount, inBatchesOf: validationBatchSize ?? batchSize, "fit")
        return try TensorDataset(ready.batch).batched(validationBatchSize ?? batchSize)
      }
      let options = FitOptions(
        epochs: epochs, initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch,
        validation: validation, validationSteps: validationSteps,
        validationFrequency: validationFrequency, classWeight: classWeight,
        classWeights: classWeights, callbacks: callbacks, verbose: verbose,
        checkingValues: checkingValues)
      let source = shuffle ? rows.shuffled().batched(batchSize) : rows.batched(batchSize)
      return try begin(on: source, checking: ready, options)
    }
  }

  /// Trains the model on a data set of batches, or any source of them.
  ///
  ///     try model.fit(train.shuffled().batched(128), epochs: 12, validationData: test.batched(128))
  ///
  /// Each batch is checked as it comes. Parameters as for tensors and for batches.
  @discardableResult
  public final func fit(
    _ data: some BatchSource, epochs: Int = 1, verbose: Verbosity = .auto,
    callbacks: [any Callback] = [], validationData: (any BatchSource)? = nil,
    classWeight: [Int: Double]? = nil, classWeights: [String: [Int: Double]]? = nil,
    initialEpoch: Int = 0, stepsPerEpoch: Int? = nil, validationSteps: Int? = nil,
    validationFrequency: any ValidationFrequency = 1, checkingValues: Bool = true
  ) throws -> History {
    if case .endless = data.cardinality, stepsPerEpoch == nil {
      throw Diagnostic(
        "fit", "the data have no end", expected: "stepsPerEpoch", got: "none",
        fix: "pass stepsPerEpoch: the number of batches of an epoch")
    }
    let options = FitOptions(
      epochs: epochs, initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch,
      validation: validationData, validationSteps: validationSteps,
      validationFrequency: validationFrequency, classWeight: classWeight,
      classWeights: classWeights, callbacks: callbacks, verbose: verbose,
      checkingValues: checkingValues)
    return try train { try begin(on: data, checking: nil, options) }
  }
}

func checkBatchSize(_ size: Int, _ who: String) throws(Diagnostic) {
  if size < 1 {
    throw Diagnostic(
      who, "the batch size is not positive", expected: "1 or more", got: "\(size)")
  }
}

extension Batch {
  /// The samples but for the last part, and that part.
  func splittingEnd(_ part: Double, _ who: String) throws -> (Batch, Batch) {
    let count = sampleCount
    let kept = part > 0 && part < 1 ? Int((Double(count) * (1 - part)).rounded(.down)) : -1
    if kept <= 0 || kept >= count {
      throw Diagnostic(
        who, "the validation split leaves a part without samples",
        expected: "a part between 0 and 1 that leaves samples on both sides",
        got: "\(part) of \(count) samples")
    }
    func rows(_ range: Range<Int>) -> Batch {
      var batch = self
      batch.inputs = inputs.map { $0[range] }
      batch.targets = targets.map { $0[range] }
      batch.weights = weights?.map { $0[range] }
      return batch
    }
    return (rows(0..<kept), rows(kept..<count))
  }
}
