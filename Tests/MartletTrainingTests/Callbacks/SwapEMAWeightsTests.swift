import KerasGoldens
import MartletTraining
import Testing

@Suite struct SwapEMAWeightsTests {
  private func model(_ row: Configuration, stepsOf optimizer: Optimizer) throws -> Sequential {
    let model = Sequential {
      Input(shape: [3])
      Dense(4, activation: .tanh)
      Dense(1)
    }
    try model.compile(optimizer: optimizer, loss: .mse, metrics: [.mae])
    try model.setWeights(try row.tensors("weights", like: model.weights))
    return model
  }

  @Test func `validation and the end of an epoch see the averages, as in Keras`() throws {
    let rows = try KerasCase.rows(onTensorFlow: "averages")
    #expect(rows.count == 4)
    for row in rows {
      let model = try model(
        row,
        stepsOf: SGD(
          learningRate: 0.1, momentum: 0.9, useEMA: true, emaMomentum: 0.8,
          emaOverwriteFrequency: try row.optionalInt("overwrite")))
      let (x, y) = (try row.tensor("x", columns: 3), try row.tensor("y", columns: 1))
      let expected = try row.rows("epochs")
      var epochs = 0
      let watch = LambdaCallback(onEpochEnd: { epoch, run in
        let logs = try expected[epoch].object("logs")
        #expect(Set(run.logs.names) == Set(logs.keys))
        for entry in run.logs.entries {
          let want = try #require(logs[entry.name]?.asNumber)
          #expect(abs(entry.value - want) <= 1e-5 * abs(want), "\(entry) \(row.values)")
        }
        let weights = try expected[epoch].tensors("weights", like: model.weights)
        for (found, want) in zip(model.weights, weights) {
          #expect(found.value.isClose(to: want, relative: 1e-5, absolute: 1e-6))
        }
        epochs += 1
      })
      try model.fit(
        x[0..<15], y[0..<15], batchSize: 4, epochs: 4, verbose: .silent,
        callbacks: [SwapEMAWeights(swapOnEpoch: try row.bool("swap_on_epoch")), watch],
        validationData: (x[15..<20], y[15..<20]), shuffle: false)
      #expect(epochs == 4)
      for (found, want) in zip(model.weights, try row.tensors("final", like: model.weights)) {
        #expect(found.value.isClose(to: want, relative: 1e-5, absolute: 1e-6))
      }
    }
  }

  @Test func `a training that stops early ends with the averages`() throws {
    let row = try #require(try KerasCase.rows(onTensorFlow: "averages").first)
    func weights(_ callbacks: [any Callback], stopping: Int) throws -> [[Float]] {
      let model = try model(row, stepsOf: Adam(learningRate: 0.1, useEMA: true, emaMomentum: 0.8))
      let stop = LambdaCallback(onEpochEnd: { if $0 == stopping { $1.stop() } })
      try model.fit(
        try row.tensor("x", columns: 3), try row.tensor("y", columns: 1), batchSize: 4, epochs: 4,
        verbose: .silent, callbacks: callbacks + [stop], shuffle: false)
      return model.weights.map(\.value.scalars)
    }
    #expect(
      try weights([SwapEMAWeights(swapOnEpoch: true)], stopping: 1) == weights([], stopping: 1))
    let whole = try weights([], stopping: 9)
    #expect(try weights([SwapEMAWeights(swapOnEpoch: true)], stopping: 9) == whole)
    #expect(try weights([SwapEMAWeights()], stopping: 9) == whole)
  }

  @Test func `predictions and evaluations use the averages and give the weights back`() throws {
    let row = try #require(try KerasCase.rows(onTensorFlow: "averages").first)
    let model = try model(row, stepsOf: Adam(learningRate: 0.1, useEMA: true, emaMomentum: 0.8))
    let (x, y) = (try row.tensor("x", columns: 3), try row.tensor("y", columns: 1))
    let variables = model.trainableVariables
    let optimizer = try #require(model.optimizer)
    let swap = SwapEMAWeights()
    // Before the first step there are no averages.
    let first = try model.predict(x).scalars
    optimizer.build(for: variables)
    #expect(try model.predict(x, callbacks: [swap]).scalars == first)
    for _ in 0..<5 {
      let (_, gradients) = valueAndGradient(of: variables) { (model(x) - y).square().mean() }
      optimizer.apply(gradients, to: variables)
    }
    let own = model.getWeights().map(\.scalars)
    let plain = try model.predict(x).scalars
    let averaged = try model.predict(x, callbacks: [swap]).scalars
    #expect(averaged != plain)
    #expect(model.getWeights().map(\.scalars) == own)
    let evaluated = try model.evaluate(x, y, callbacks: [swap])
    #expect(model.getWeights().map(\.scalars) == own)
    optimizer.finalizeVariables()
    #expect(try model.predict(x).scalars == averaged)
    #expect(try model.evaluate(x, y) == evaluated)
  }

  @Test func `an optimizer without averages is refused`() throws {
    let model = Sequential { Dense(1) }
    try model.compile(optimizer: Adam(), loss: .mse)
    let (x, y) = (Tensor([[1.0], [2.0]]), Tensor([[1.0], [2.0]]))
    #expect(throws: Diagnostic.self) {
      try model.fit(x, y, verbose: .silent, callbacks: [SwapEMAWeights()])
    }
    #expect(throws: Diagnostic.self) { try model.evaluate(x, y, callbacks: [SwapEMAWeights()]) }
  }
}
