import KerasGoldens
import MartletLayers
import MartletTensors
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

  @Test("A loop of one's own shows the means of its steps, as Keras' Progbar with add(1)")
  func ownLoop() {
    var (time, text) = (10.0, "")
    let bar = ProgressBar(style: .bar, isTerminal: false, now: { time }, write: { text += $0 })
    for epoch in 0..<2 {
      bar.beginEpoch(epoch, of: 2, steps: 4)
      for step in 1...4 {
        time += 1
        if epoch == 0 {
          bar.step(Tensor(Float(step)))
        } else {
          bar.step(["loss": Tensor(Float(1)), "accuracy": Tensor(Float(step) / 4)])
        }
      }
      let logs = bar.endEpoch()
      #expect(logs.loss == (epoch == 0 ? 2.5 : 1))
    }
    let full = "4/4 " + String(repeating: "━", count: 20) + " 4s 1s/step"
    #expect(
      text == "Epoch 1/2\n\(full) - loss: 2.5000\n"
        + "Epoch 2/2\n\(full) - accuracy: 0.6250 - loss: 1.0000\n")
  }

  @Test("Before the end of a loop the terminal sees the steps so far")
  func ownLoopOnATerminal() {
    var (time, text) = (10.0, "")
    let bar = ProgressBar(style: .bar, isTerminal: true, now: { time }, write: { text += $0 })
    bar.beginEpoch(steps: 4)
    time = 11
    bar.step(Tensor(Float(1)))
    #expect(text.contains("1/4") && text.contains("loss: 1.0000"))
    time = 11.01
    text = ""
    bar.step(Tensor(Float(3)))
    #expect(text == "", "sooner than a twentieth of a second after the last")
    time = 12
    bar.step(Tensor(Float(5)))
    #expect(text.contains("3/4") && text.contains("loss: 3.0000"))
    // Nobody said how many there are.
    bar.beginEpoch()
    time = 13
    text = ""
    bar.step()
    #expect(text.contains("1/Unknown"))
    bar.endEpoch()
  }
}
