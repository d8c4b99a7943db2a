import Foundation
import MartletTraining
import Testing

@testable import MartletSaving

@Suite("Weight files")
struct WeightFileTests {
  @Test("Weights come back from each kind of file", arguments: [".weights.h5", ".safetensors"])
  func roundTrip(ending: String) throws {
    try withTemporaryFolder { folder in
      let model = try KerasArchiveTests.convolutional()
      try model.saveWeights(to: folder + "/w" + ending)
      let other = try KerasArchiveTests.convolutional()
      let report = try other.loadWeights(from: folder + "/w" + ending)
      #expect(report.loaded.count == 8)
      #expect(report.unused == [])
      #expect(other.getWeights().map(\.scalars) == model.getWeights().map(\.scalars))
    }
  }

  @Test("Weights that do not fit are listed, and nothing changes")
  func mismatch() throws {
    try withTemporaryFolder { folder in
      let small = Sequential {
        Input(shape: [3])
        Dense(2)
      }
      let large = Sequential {
        Input(shape: [3])
        Dense(4)
        Dense(1)
      }
      try small.saveWeights(to: folder + "/w.safetensors")
      let before = large.getWeights().map(\.scalars)
      #expect(throws: Diagnostic.self) { try large.loadWeights(from: folder + "/w.safetensors") }
      #expect(large.getWeights().map(\.scalars) == before)
      let report = try large.loadWeights(from: folder + "/w.safetensors", skipMismatch: true)
      #expect(report.mismatched.count == 2)
      #expect(report.missing.count == 2)
    }
  }
}
