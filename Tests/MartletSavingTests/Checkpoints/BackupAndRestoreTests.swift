import Foundation
import MartletTraining
import Testing

@testable import MartletSaving

/// Ends a run as a killed process would: nobody is told.
private struct Killed: Error {}

@Suite("Backup and restore")
struct BackupAndRestoreTests {
  static let x = sample([40, 6])
  static let y = Tensor((0..<40).map { Int32($0 % 3) })

  /// A run of 5 epochs of 5 batches; killed after so many batches, if asked for.
  static func run(_ folder: String, dyingAfter deadline: Int? = nil) throws -> (
    [[Float]], History
  ) {
    try withRandomSeed(11) {
      let model = Sequential {
        Input(shape: [6])
        Dense(8, activation: .relu)
        Dropout(0.4)
        BatchNorm()
        Dense(3, activation: .softmax)
      }
      try model.compile(
        optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy,
        metrics: [.accuracy])
      var done = 0
      let killer = LambdaCallback(onBatchEnd: { _, _ in
        done += 1
        if done == deadline { throw Killed() }
      })
      let history = try model.fit(
        x, y, batchSize: 8, epochs: 5, verbose: .silent,
        callbacks: [
          ReduceLROnPlateau(monitor: "loss", patience: 1),
          BackupAndRestore(folder + "/run.safetensors", saveFrequency: .batches(1)), killer,
        ])
      return (model.getWeights().map(\.scalars), history)
    }
  }

  @Test(
    "A killed run ends with the bits of one that was not",
    // Twenty of the batches, drawn once.
    arguments: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 23, 24])
  func resume(deadline: Int) throws {
    let whole = try withTemporaryFolder { try Self.run($0) }
    let resumed = try withTemporaryFolder { folder in
      #expect(throws: Killed.self) { try Self.run(folder, dyingAfter: deadline) }
      return try Self.run(folder)
    }
    #expect(resumed.0 == whole.0)
    #expect(resumed.1 == whole.1)
  }

  @Test("A checkpoint of another model is refused")
  func otherModel() throws {
    try withTemporaryFolder { folder in
      #expect(throws: Killed.self) { try Self.run(folder, dyingAfter: 2) }
      let model = Sequential {
        Input(shape: [6])
        Dense(3, activation: .softmax)
      }
      try model.compile(optimizer: SGD(), loss: .sparseCategoricalCrossentropy)
      #expect(throws: Diagnostic.self) {
        try model.fit(
          Self.x, Self.y, verbose: .silent,
          callbacks: [BackupAndRestore(folder + "/run.safetensors")])
      }
    }
  }

  @Test("ModelCheckpoint fills names in, CSVLogger writes a line for each epoch")
  func checkpointAndLog() throws {
    try withTemporaryFolder { folder in
      let model = try KerasArchiveTests.convolutional()
      let x = sample([8, 8, 8, 1])
      let y = Tensor((0..<8).map { Int32($0 % 4) })
      try model.fit(
        x, y, epochs: 2, verbose: .silent,
        callbacks: [
          ModelCheckpoint(folder + "/m-{epoch:02d}.weights.h5"), CSVLogger(folder + "/log.csv"),
        ])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["log.csv", "m-01.weights.h5", "m-02.weights.h5"])
      let log = try String(contentsOfFile: folder + "/log.csv", encoding: .utf8)
      let lines = log.split(separator: "\n")
      #expect(lines[0] == "epoch,accuracy,loss")
      #expect(lines.count == 3 && lines[2].hasPrefix("1,"))
    }
  }
}
