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
}
