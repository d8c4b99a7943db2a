import Foundation
import KerasGoldens
import MartletTraining
import Testing

@testable import MartletSaving

@Suite("ModelCheckpoint")
struct ModelCheckpointTests {
  @Test("With saveBestOnly it saves after the epochs after which Keras does")
  func bestOnly() throws {
    let cases = try KerasCase.byClass(["callbacks"])["ModelCheckpoint"] ?? []
    #expect(cases.count >= 20)
    for given in cases {
      let values = try given.tensors("inputs")[0].scalars(of: Double.self)
      let c = given.configuration
      let names = try withTemporaryFolder { folder in
        let model = Sequential { Dense(1) }
        try model.compile(optimizer: SGD(), loss: .meanSquaredError)
        let pretend = LambdaCallback(onEpochEnd: { epoch, run in run.logs["loss"] = values[epoch] })
        try model.fit(
          Tensor([[0.5]]), Tensor([[0.0]]), epochs: values.count, verbose: .silent,
          callbacks: [
            pretend,
            ModelCheckpoint(
              folder + "/{epoch:02d}.safetensors", monitor: "loss",
              saveBestOnly: try c.bool("save_best_only"),
              mode: MonitorMode(rawValue: try c.string("mode", default: "auto")) ?? .auto,
              initialValueThreshold: try c.optionalNumber("initial_value_threshold")),
          ])
        return try FileManager.default.contentsOfDirectory(atPath: folder)
      }
      let saved = Tensor(
        (1...values.count).map { names.contains(String(format: "%02d.safetensors", $0)) })
      let stream = given.row["stream"]?.asString ?? ""
      #expect(try given.failures([saved], "outputs") == [], "\(stream)")
    }
  }

  /// What `fit` throws with a callback, and how many steps it has done then.
  private func refusal(
    _ callbacks: [any Callback], metrics: [Metric] = []
  ) throws -> (text: String, steps: Int) {
    let model = Sequential { Dense(1) }
    try model.compile(optimizer: SGD(), loss: .meanSquaredError, metrics: metrics)
    do {
      try model.fit(Tensor([[0.5]]), Tensor([[0.0]]), verbose: .silent, callbacks: callbacks)
      return ("", model.optimizer?.iterations ?? 0)
    } catch { return ("\(error)", model.optimizer?.iterations ?? 0) }
  }

  @Test("A name in the path that the logs will not have is refused as training begins")
  func unknownName() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/{epoch:02d}-{val_los:.2f}.safetensors"
      let found = try refusal([ModelCheckpoint(path)])
      #expect(found.text.contains("{val_los}") && found.text.contains("epoch, loss"))
      #expect(found.steps == 0)
      // A rate that another callback logs, and what a user's callback may.
      let rate = folder + "/{learning_rate}.safetensors"
      let scheduler = LearningRateScheduler { _, rate in rate }
      #expect(try refusal([scheduler, ModelCheckpoint(rate)]).text == "")
      #expect(try refusal([ModelCheckpoint(rate)]).steps == 0)
      let own = LambdaCallback(onEpochEnd: { $1.logs["own"] = 1 })
      #expect(try refusal([own, ModelCheckpoint(folder + "/{own}.safetensors")]).text == "")
    }
  }

  @Test("A number of batches after which nothing would ever be written is refused")
  func noBatches() throws {
    try withTemporaryFolder { folder in
      for callback in [
        ModelCheckpoint(folder + "/m.safetensors", saveFrequency: .batches(0)),
        BackupAndRestore(folder + "/run.safetensors", saveFrequency: .batches(0)),
        TensorBoard(logDir: folder + "/logs", updateFrequency: .batches(-1)),
      ] as [any Callback] {
        let found = try refusal([callback])
        #expect(found.text.contains(".batches(") && found.steps == 0, "\(found.text)")
      }
    }
  }
}
