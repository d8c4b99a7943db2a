import KerasGoldens
import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct KerasScheduleTests {
  static let cases = KerasFamily("schedules").cases

  @Test("learning rates are Keras'", arguments: cases)
  func rates(_ given: KerasCase) throws {
    let schedule = try LearningRateSchedules.make(given.configuration)
    let found = given.fields["steps"]!.asInts!.map { schedule($0) }
    let mistake = given.mistake(
      in: Tensor(found, shape: [found.count], dtype: .float64),
      expecting: given.tensors("outputs")[0])
    #expect(mistake == nil, "\(given)")
  }
}
