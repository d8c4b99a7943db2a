import MartletTensors

// Arrays of numbers are data as they are. What a tensor would trap on, ragged arrays say, is thrown
// here: such arrays were read from somewhere, and are no mistake of the program.
extension Model {
  /// Trains the model on arrays of numbers, nested to any depth, samples outermost.
  ///
  ///     let xor: [[Float]] = [[0, 0], [0, 1], [1, 0], [1, 1]]
  ///     try model.fit(xor, [0, 1, 1, 0], epochs: 200)
  ///
  /// Parameters as for tensors. An array keeps its element type, `[Int]` becomes int32; inputs come
  /// to the model's type.
  ///
  /// - Throws: as for tensors, and a `Diagnostic` for ragged arrays or integers beyond int32.
  @discardableResult
  public final func fit<Inputs: NestedScalars, Targets: NestedScalars>(
    _ x: Inputs, _ y: Targets, batchSize: Int = 32, epochs: Int = 1,
    verbose: Verbosity = .auto, callbacks: [any Callback] = [], validationSplit: Double = 0,
    validationData: (Inputs, Targets)? = nil,
    validationSampleWeight: (any NestedScalars)? = nil, shuffle: Bool = true,
    classWeight: [Int: Double]? = nil, sampleWeight: (any NestedScalars)? = nil,
    initialEpoch: Int = 0, stepsPerEpoch: Int? = nil, validationSteps: Int? = nil,
    validationBatchSize: Int? = nil, validationFrequency: any ValidationFrequency = 1,
    checkingValues: Bool = true
  ) throws -> History {
    try fit(
      Tensor(x, for: "fit: inputs"), Tensor(y, for: "fit: targets"), batchSize: batchSize,
      epochs: epochs, verbose: verbose, callbacks: callbacks, validationSplit: validationSplit,
      validationData: validationData.map {
        try (
          Tensor($0, for: "fit: inputs of validation"),
          Tensor($1, for: "fit: targets of validation")
        )
      },
      validationSampleWeight: validationSampleWeight.map {
        try Tensor($0, for: "fit: weights of validation")
      },
      shuffle: shuffle, classWeight: classWeight,
      sampleWeight: sampleWeight.map { try Tensor($0, for: "fit: sample weights") },
      initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch, validationSteps: validationSteps,
      validationBatchSize: validationBatchSize, validationFrequency: validationFrequency,
      checkingValues: checkingValues)
  }

  /// Loss and metrics on arrays of numbers, nested to any depth, samples outermost.
  ///
  /// - Throws: as for tensors, and a `Diagnostic` for ragged arrays or integers beyond int32.
  @discardableResult
  public final func evaluate<Inputs: NestedScalars, Targets: NestedScalars>(
    _ x: Inputs, _ y: Targets, batchSize: Int = 32, sampleWeight: (any NestedScalars)? = nil,
    steps: Int? = nil, verbose: Verbosity = .silent, callbacks: [any Callback] = [],
    checkingValues: Bool = true
  ) throws -> Logs {
    try evaluate(
      Tensor(x, for: "evaluate: inputs"), Tensor(y, for: "evaluate: targets"),
      batchSize: batchSize,
      sampleWeight: sampleWeight.map { try Tensor($0, for: "evaluate: sample weights") },
      steps: steps, verbose: verbose, callbacks: callbacks, checkingValues: checkingValues)
  }

  /// The predictions for arrays of numbers, nested to any depth, samples outermost.
  ///
  /// - Throws: as for tensors, and a `Diagnostic` for ragged arrays or integers beyond int32.
  public final func predict<Inputs: NestedScalars>(
    _ x: Inputs, batchSize: Int = 32, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> Tensor {
    try predict(
      Tensor(x, for: "predict: inputs"), batchSize: batchSize, verbose: verbose,
      callbacks: callbacks)
  }
}
