import MartletTensors

extension Model {
  /// The predictions for samples in memory, along the first axis.
  ///
  /// - Throws: a `Diagnostic` for data that do not fit, or a model of several inputs or outputs.
  public final func predict(
    _ x: Tensor, batchSize: Int = 32, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> Tensor {
    let found = try predict(
      Batch(x), batchSize: batchSize, verbose: verbose, callbacks: callbacks)
    if found.count == 1 { return found[0] }
    throw Diagnostic(
      "predict", "the model has several outputs", expected: "one", got: "\(found.count)",
      fix: "pass a Batch: the result is then a list of tensors")
  }

  /// The predictions for several inputs in memory, one tensor for each output.
  public final func predict(
    _ data: Batch, batchSize: Int = 32, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> [Tensor] {
    try checkBatchSize(batchSize, "predict")
    try requireSamples(data, "predict")
    // Callbacks see a single batch too.
    if data.sampleCount <= batchSize, (callbacks + verbose.callback).isEmpty {
      return try predictions(for: data, "predict")
    }
    let inputs = Batch(inputs: try prepared(data, "predict", for: .prediction).batch.inputs)
    return try predictPass(
      try TensorDataset(inputs).batched(batchSize), steps: nil,
      callbacks: callbacks + verbose.callback)
  }

  /// The predictions for a source of batches, one tensor for each output.
  public final func predict(
    _ data: some BatchSource, steps: Int? = nil, verbose: Verbosity = .silent,
    callbacks: [any Callback] = []
  ) throws -> [Tensor] {
    try predictPass(data, steps: steps, callbacks: callbacks + verbose.callback)
  }

  /// The predictions for one batch of a model of one input and one output.
  public final func predictOnBatch(_ x: Tensor) throws -> Tensor {
    try predictOnBatch([x])[0]
  }

  /// The predictions for one batch, one tensor for each output.
  public final func predictOnBatch(_ inputs: [Tensor]) throws -> [Tensor] {
    try predictions(for: Batch(inputs: inputs), "predictOnBatch")
  }

  private final func predictPass(
    _ source: any BatchSource, steps: Int?, callbacks: [any Callback]
  ) throws -> [Tensor] {
    let pass = Pass(.prediction, self, batchCount: steps ?? source.batchCount) { Logs() }
    let reader = try source.makeReader(epoch: 0, from: 0)
    var parts: [[Tensor]] = []
    for callback in callbacks { try callback.passBegan(pass) }
    while steps.map({ pass.batch < $0 }) ?? true, let batch = try reader.next() {
      parts.append(try predictions(for: batch, "predict"))
      pass.batch += 1
      for callback in callbacks { try callback.passAdvanced(pass) }
    }
    guard let first = parts.first else {
      throw Diagnostic("predict", "there are no data", expected: "one batch at least", got: "none")
    }
    for callback in callbacks { try callback.passEnded(pass) }
    return first.indices.map { output in
      parts.count == 1
        ? first[output]
        : Tensor.concatenate(parts.map { $0[output] }, along: 0).evaluated()
    }
  }
}
