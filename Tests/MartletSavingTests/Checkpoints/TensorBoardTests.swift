import FileFaults
import Foundation
import KerasGoldens
import MartletFormats
import MartletTraining
import Testing

@testable import MartletSaving

@Suite struct TensorBoardTests {
  private static func model(_ row: Configuration, _ rate: any LearningRate) throws -> Sequential {
    let model = Sequential {
      Input(shape: [3])
      Dense(4, activation: .tanh)
      Dense(1)
    }
    try model.compile(optimizer: SGD(learningRate: rate), loss: .mse, metrics: [.mae])
    try model.setWeights(try row.tensors("weights", like: model.weights))
    return model
  }

  /// The events of a folder: those of each part, its files in the order they were begun.
  private static func events(in folder: String) throws -> [(part: String, event: SummaryEvent)] {
    var found: [(part: String, event: SummaryEvent)] = []
    for part in ["train", "validation"] {
      let path = folder + "/" + part
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let names = try FileManager.default.contentsOfDirectory(atPath: path)
      let files = try names.map {
        try SummaryFile.events(contentsOf: URL(filePath: path + "/" + $0))
      }
      for events in files.sorted(by: { $0[0].wallTime < $1[0].wallTime }) {
        found += events.map { (part, $0) }
      }
    }
    return found
  }

  @Test func `tags, steps and values are those of Keras`() throws {
    for row in try KerasCase.rows(onTensorFlow: "tensorboard") {
      let name = try row.string("case")
      let config = Configuration("config", try row.object("config"))
      let (x, y) = (try row.tensor("x", columns: 3), try row.tensor("y", columns: 1))
      let model = try Self.model(
        row,
        name == "plateau"
          ? 0.1 : ExponentialDecay(initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.9))
      let frequency: SaveFrequency =
        switch config["update_freq"] {
        case .int(let count)?: .batches(count)
        case .string("batch")?: .batches(1)
        default: .epoch
        }
      var (afterFit, found) = try withTemporaryFolder { folder in
        let board = TensorBoard(
          logDir: folder + "/a/b", updateFrequency: frequency,
          writeGraph: try config.bool("write_graph", default: true))
        var callbacks: [any Callback] = [board]
        if name == "plateau" {
          callbacks.insert(
            ReduceLROnPlateau(monitor: "loss", factor: 0.5, patience: 0, minDelta: 0.2), at: 0)
        }
        let validation = (x[15..<20], y[15..<20])
        try model.fit(
          x[0..<15], y[0..<15], batchSize: 4, epochs: 3, verbose: .silent, callbacks: callbacks,
          validationData: name == "without validation" ? nil : validation, shuffle: false)
        let afterFit = try Self.events(in: folder + "/a/b").count
        try model.evaluate(x, y, batchSize: 4, callbacks: [board])
        return (afterFit, try Self.events(in: folder + "/a/b"))
      }
      let expected = try row.rows("events")
      if case .batches(let count) = frequency, count > 1 {
        // Keras leaves out what comes when its last batch's number is no multiple.
        found = found.filter { found in
          guard case .scalar(let tag, let value) = found.event.content, !tag.hasPrefix("batch")
          else { return true }
          return expected.contains {
            guard $0["tag"]?.asString == tag, $0["part"]?.asString == found.part else {
              return false
            }
            return $0["step"]?.asInt == found.event.step
              && abs(($0["value"]?.asNumber ?? .nan) - Double(value)) < 1e-5
          }
        }
      } else {
        #expect(afterFit == (try row.int("count_after_fit")), "\(name)")
      }
      #expect(found.count == expected.count, "\(name)")
      for (index, (found, expected)) in zip(found, expected).enumerated() {
        let what: Comment = "\(name), event \(index): \(found), Keras \(expected.values)"
        #expect(found.part == (try expected.string("part")), what)
        #expect(found.event.step == (try expected.int("step")), what)
        switch found.event.content {
        case .fileVersion(let version): #expect(version == expected["version"]?.asString, what)
        case .scalar(let tag, let value):
          #expect(tag == expected["tag"]?.asString, what)
          let want = try expected.number("value")
          #expect(abs(Double(value) - want) <= 1e-5 * abs(want), what)
        case .kerasModel(let tag, let json):
          #expect(tag == expected["tag"]?.asString, what)
          #expect(try Model.make(json: json).layers.count == 2, what)
        case .other: Issue.record(what)
        }
      }
    }
  }

  @Test func `events are the bytes that TensorFlow writes`() throws {
    var compared = 0
    for row in try KerasCase.rows(onTensorFlow: "tensorboard") {
      for event in try row.rows("events") {
        guard let hex = event["hex"]?.asString else { continue }
        let content: SummaryEvent.Content =
          if let version = event["version"]?.asString {
            .fileVersion(version)
          } else {
            .scalar(tag: try event.string("tag"), Float(try event.number("value")))
          }
        let own = SummaryEvent(
          wallTime: try event.number("wall"), step: try event.int("step"), content)
        let text = own.encoded.map { String(format: "%02x", $0) }.joined()
        #expect(text == hex)
        compared += 1
      }
    }
    #expect(compared > 100)
  }

  @Test func `steps per second are written where they are asked for`() throws {
    let x = sample([8, 3])
    let model = Sequential { Dense(1) }
    try model.compile(optimizer: SGD(), loss: .mse)
    try withTemporaryFolder { folder in
      let board = TensorBoard(
        logDir: folder, updateFrequency: .batches(2), writeGraph: false, writeStepsPerSecond: true)
      try model.fit(
        x, sample([8, 1]), batchSize: 2, epochs: 2, verbose: .silent, callbacks: [board])
      let tags = try Self.events(in: folder).compactMap { event -> String? in
        guard case .scalar(let tag, let value) = event.event.content else { return nil }
        #expect(value.isFinite && (value > 0 || !tag.contains("second")))
        return "\(tag) \(event.event.step)"
      }
      var expected: [String] = []
      for epoch in 0..<2 {
        for batch in [2, 4] {
          expected += ["batch_steps_per_second", "batch_loss"].map { "\($0) \(4 * epoch + batch)" }
        }
        expected += ["epoch_loss", "epoch_learning_rate", "epoch_steps_per_second"].map {
          "\($0) \(epoch)"
        }
      }
      #expect(tags == expected)
    }
  }

  @Test func `a place that cannot be written ends the training before its first step`() throws {
    let model = Sequential { Dense(1) }
    try model.compile(optimizer: SGD(), loss: .mse)
    let board = TensorBoard(logDir: "/logs", in: FaultyFileSystem(fault: .failure(at: 0, code: 13)))
    #expect(throws: FormatError.self) {
      try model.fit(sample([4, 2]), sample([4, 1]), verbose: .silent, callbacks: [board])
    }
    #expect(model.optimizer?.iterations == 0)
  }
}
