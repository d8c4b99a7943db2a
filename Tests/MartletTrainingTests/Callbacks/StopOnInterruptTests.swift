import Foundation
import MartletTensors
import Testing

@testable import MartletTraining

@Suite("Stopping on Ctrl-C")
struct StopOnInterruptTests {
  struct Failure: Error {}

  @Test("The program's own handling of Ctrl-C is back after fit")
  func formerHandler() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGINT) { _ in _exit(42) }
      let (x, y) = FitOptionsTests.counting(4)
      let stop = StopOnInterrupt()
      try FitOptionsTests.still().fit(x, y, batchSize: 1, verbose: .silent, callbacks: [stop])
      kill(getpid(), SIGINT)
      try await Task.sleep(for: .seconds(10))
      withExtendedLifetime(stop) {}
    }
  }

  @Test("It is back where fit ended with an error, while the callback still lives")
  func afterAnError() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGINT) { _ in _exit(42) }
      let (x, y) = FitOptionsTests.counting(4)
      let stop = StopOnInterrupt()
      let fail = LambdaCallback(onBatchEnd: { _, _ in throw Failure() })
      do {
        try FitOptionsTests.still().fit(
          x, y, batchSize: 1, verbose: .silent, callbacks: [stop, fail])
      } catch is Failure {
        kill(getpid(), SIGINT)
        try await Task.sleep(for: .seconds(10))
      }
      withExtendedLifetime(stop) {}
    }
  }

  @Test("Ctrl-C ends a second fit as it ended the first, and then the program")
  func again() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGINT) { _ in _exit(42) }
      let (x, y) = FitOptionsTests.counting(8)
      let model = try FitOptionsTests.still()
      let stop = StopOnInterrupt()
      for _ in 0..<2 {
        var steps = 0
        let press = LambdaCallback(onBatchEnd: { _, _ in
          steps += 1
          if steps == 3 { kill(getpid(), SIGINT) }
          if steps == 1_000_000 { fatalError("the signal was lost") }
        })
        let history = try model.fit(
          x, y, batchSize: 1, epochs: 1_000_000, verbose: .silent, callbacks: [press, stop])
        if history.stopped != "interrupted" { fatalError(history.stopped ?? "not stopped") }
      }
      kill(getpid(), SIGINT)
      try await Task.sleep(for: .seconds(10))
    }
  }
}
