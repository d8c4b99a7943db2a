import KerasGoldens
import MartletLayers
import Testing

@testable import MartletTraining

/// The lines of the progress bar against those of Keras' own, at the same times.
@Suite("Progress bar")
struct ProgressBarTests {
  @Test("Each line is Keras', letter by letter and colour by colour")
  func lines() throws {
    for given in try KerasCase.read("progress") {
      let style: ProgressBar.Style =
        try given.configuration.int("verbose") == 1 ? .bar : .lines
      let target = try given.configuration.optionalInt("target")
      var (time, text) = (1000.0, "")
      let bar = ProgressBar(style: style, isTerminal: true, now: { time }, write: { text += $0 })
      bar.start()
      for update in given.list("updates") {
        guard case .object(let row) = update, let seconds = row["seconds"]?.asNumber,
          let step = row["step"]?.asInt, case .object(let values)? = row["logs"]
        else { throw KerasFileError(what: "\(given.name): \(update)") }
        var logs = Logs()
        for (name, value) in values { logs[name] = value.asNumber }
        (time, text) = (1000 + seconds, "")
        if row["last"]?.asBool == true {
          bar.finish(step, logs)
        } else {
          bar.advance(to: step, target) { logs }
        }
        // How the line before is wiped is another matter.
        if text.hasPrefix("\r\u{1B}[2K") { text.removeFirst("\r\u{1B}[2K".count) }
        if text.hasSuffix("\n") { text.removeLast() }
        #expect(text == row["text"]?.asString, "\(given.name), step \(step)")
      }
    }
  }

  @Test("What is no terminal gets no colours, and of a bar the last state alone")
  func plain() {
    var (time, text) = (5.0, "")
    let bar = ProgressBar(style: .bar, isTerminal: false, now: { time }, write: { text += $0 })
    bar.start()
    var logs = Logs()
    logs["loss"] = 0.5
    for step in 1...4 {
      time += 1
      bar.advance(to: step, 4) { logs }
    }
    #expect(text == "")
    bar.finish(4, logs)
    #expect(text == "4/4 " + String(repeating: "━", count: 20) + " 4s 1s/step - loss: 0.5000\n")
  }
}
