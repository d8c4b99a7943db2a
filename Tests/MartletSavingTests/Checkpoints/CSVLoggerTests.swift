import Foundation
import MartletTraining
import Testing

@testable import MartletSaving

@Suite("CSVLogger")
struct CSVLoggerTests {
  static func fit(
    _ path: String, append: Bool = false, metrics: [Metric] = [], callbacks: [any Callback] = [],
    epochs: Int = 2
  ) throws -> [String] {
    let model = Sequential { Dense(2, activation: .softmax) }
    try model.compile(
      optimizer: SGD(), loss: .categoricalCrossentropy, metrics: metrics)
    let (x, y) = (sample([8, 3]), Tensor([0, 1, 0, 1, 0, 1, 0, 1] as [Int32]).oneHot(depth: 2))
    try model.fit(
      x, y, epochs: epochs, verbose: .silent,
      callbacks: callbacks + [CSVLogger(path, append: append)], validationData: (x, y),
      validationFrequency: 2)
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test("There is a column for what comes with a later epoch")
  func columns() throws {
    try withTemporaryFolder { folder in
      let lines = try Self.fit(
        folder + "/log.csv", metrics: [.f1Score],
        callbacks: [LearningRateScheduler { _, rate in rate }])
      #expect(
        lines[0]
          == "epoch,f1_score_0,f1_score_1,learning_rate,loss,val_f1_score_0,val_f1_score_1,val_loss"
      )
      #expect(lines.count == 3)
      #expect(lines[1].hasSuffix(",NA,NA,NA") && !lines[2].contains("NA"))
    }
  }

  @Test("A file is begun anew, or with append gone on with in its own columns")
  func append() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/log.csv"
      try "epoch,loss\n0,5\n".write(toFile: path, atomically: true, encoding: .utf8)
      let added = try Self.fit(path, append: true)
      #expect(added.count == 4 && added[0] == "epoch,loss" && added[1] == "0,5")
      #expect(added[3].split(separator: ",").count == 2)
      let anew = try Self.fit(path)
      #expect(anew.count == 3 && anew[0] == "epoch,loss,val_loss")
    }
  }
}
