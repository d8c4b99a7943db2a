import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Sequences of batches as data")
struct SequencesTests {
  private static func batches() -> [Batch] {
    let (x, y) = FitOptionsTests.counting(8)
    return (0..<4).map { Batch(x[(2 * $0)..<(2 * $0 + 2)], y[(2 * $0)..<(2 * $0 + 2)]) }
  }

  @Test("An array of batches trains, evaluates and predicts as the tensors do")
  func array() throws {
    let (x, y) = FitOptionsTests.counting(8)
    let found = try FitOptionsTests.still().fit(Self.batches(), epochs: 2, verbose: .silent)
    let expected = try FitOptionsTests.still().fit(
      x, y, batchSize: 2, epochs: 2, verbose: .silent, shuffle: false)
    #expect(found.loss == expected.loss)
    let model = try FitOptionsTests.still()
    #expect(try model.evaluate(Self.batches()).loss == 4.5)
    #expect(try model.predict(Self.batches())[0].isEqual(to: x))
  }

  @Test("So does a lazy sequence")
  func lazySequence() throws {
    let batches = Self.batches()
    let lazy = (0..<4).lazy.map { batches[$0] }
    let history = try FitOptionsTests.still().fit(lazy, epochs: 1, verbose: .silent)
    #expect(history.loss == [4.5])
  }
}
