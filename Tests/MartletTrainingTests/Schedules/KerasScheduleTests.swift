import KerasGoldens
import MartletTensors
import Testing

@testable import MartletTraining

@Suite struct KerasScheduleTests {
  @Test("learning rates are Keras'")
  func rates() throws {
    let cases = try KerasCase.read("schedules")
    #expect(cases.count >= 40)
    for given in cases {
      let schedule = try LearningRateSchedules.make(given.configuration)
      let rates = try #require(given.row["steps"]?.asInts).map { Float(schedule($0)) }
      #expect(try given.failures([Tensor(rates, shape: [rates.count])], "outputs") == [])
    }
  }
}
