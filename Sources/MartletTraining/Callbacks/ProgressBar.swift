import Foundation
import MartletTensors

/// Keras' progress bar: redrawn in place on a terminal, one line per epoch elsewhere.
///
/// `fit` makes one itself; `verbose` chooses its style. A training loop of one's own tells it what
/// is done:
///
///     let progress = ProgressBar()
///     for epoch in 0..<epochs {
///       progress.beginEpoch(epoch, of: epochs, steps: batches.batchCount)
///       for (x, y) in batches {
///         …
///         progress.step(loss)
///       }
///       progress.endEpoch()
///     }
public final class ProgressBar: Callback {
  /// How progress is shown.
  public enum Style: Sendable {
    /// A bar that is redrawn.
    case bar
    /// One line for each epoch.
    case lines
  }

  private let style: Style
  private let isTerminal: Bool
  private let now: () -> Double
  private let write: (String) -> Void
  private var began = 0.0
  private var drawn = 0.0
  private var firstStepEnded: Double?
  /// Of a loop of one's own: how many steps are expected and done, and the sums of their values.
  private var expected: Int?
  private var done = 0
  private var sums: [(name: String, total: Tensor, count: Int)] = []

  /// Creates the bar; without a style it is a bar on a terminal and lines elsewhere.
  public convenience init(style: Style? = nil) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    self.init(
      style: style ?? (isTerminal ? .bar : .lines), isTerminal: isTerminal,
      now: { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 },
      write: { text in
        print(text, terminator: "")
        fflush(nil)
      })
  }

  /// With a clock in seconds and a way to write of the caller's own.
  init(
    style: Style, isTerminal: Bool, now: @escaping () -> Double, write: @escaping (String) -> Void
  ) {
    self.style = style
    self.isTerminal = isTerminal
    self.now = now
    self.write = write
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) {
    if run.epochs > 1 { write("Epoch \(epoch + 1)/\(run.epochs)\n") }
    start()
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) {
    // The last state is drawn with the epoch's own numbers.
    if run.stepsPerEpoch != batch + 1 { advance(to: batch + 1, run.stepsPerEpoch) { run.logs } }
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) {
    finish(run.batch, run.logs)
  }

  public func passBegan(_ pass: Pass) {
    if isOwn(pass) { start() }
  }

  public func passAdvanced(_ pass: Pass) {
    if isOwn(pass), pass.batch != pass.batchCount {
      advance(to: pass.batch, pass.batchCount) { pass.logs }
    }
  }

  public func passEnded(_ pass: Pass) {
    if isOwn(pass) { finish(pass.batch, pass.logs) }
  }

  /// Whether the pass is not the validation of an epoch, which shows no bar of its own.
  private func isOwn(_ pass: Pass) -> Bool { !pass.isPartOfTraining }

  /// Begins an epoch of a loop of one's own, or the loop itself where it has no epochs.
  ///
  /// - Parameters:
  ///   - epoch: Which one, from 0.
  ///   - epochs: How many there are: where it is more than one, `Epoch 1/3` is written.
  ///   - steps: How many steps it has, if that is known.
  public func beginEpoch(_ epoch: Int = 0, of epochs: Int = 1, steps: Int? = nil) {
    if epochs > 1 { write("Epoch \(epoch + 1)/\(epochs)\n") }
    expected = steps
    done = 0
    sums = []
    start()
  }

  /// Tells that a step is done, and its loss.
  public func step(_ loss: Tensor) { step(["loss": loss]) }

  /// Tells that a step is done, and what it gave.
  ///
  /// Shown are the means over the steps of the epoch so far. They are read only when the bar is
  /// drawn, twenty times a second at most: a loop does not wait for each of its numbers.
  ///
  /// - Parameter values: Scalars under their names, by which they are sorted when shown.
  public func step(_ values: KeyValuePairs<String, Tensor> = [:]) {
    done += 1
    for (name, value) in values {
      if let index = sums.firstIndex(where: { $0.name == name }) {
        sums[index].total = sums[index].total + value
        sums[index].count += 1
      } else {
        sums.append((name, value, 1))
      }
    }
    if done != expected { advance(to: done, expected) { means } }
  }

  /// Ends an epoch of a loop of one's own.
  ///
  /// - Returns: The means over its steps.
  @discardableResult
  public func endEpoch() -> Logs {
    let logs = means
    finish(done, logs)
    return logs
  }

  private var means: Logs {
    var logs = Logs()
    for sum in sums { logs[sum.name] = sum.total.item() / Double(sum.count) }
    return logs
  }

  func start() {
    began = now()
    drawn = 0
    firstStepEnded = nil
  }

  /// Shows that some of the steps are done, not more often than twenty times a second.
  func advance(to step: Int, _ count: Int?, _ logs: () -> Logs) {
    guard style == .bar else { return }
    let time = now()
    let perStep = duration(of: step, at: time)
    guard isTerminal, time - drawn >= 0.05 else { return }
    drawn = time
    let left = count.map { remainingText(perStep * Double($0 - step)) }
    show(step, count, time: left ?? elapsedText(time), perStep, logs())
  }

  /// Shows that all steps are done.
  func finish(_ steps: Int, _ logs: Logs) {
    let time = now()
    let perStep = duration(of: steps, at: time)
    if style == .bar {
      show(steps, steps, time: elapsedText(time), perStep, logs)
      write("\n")
    } else {
      let parts = ["\(steps)/\(steps)", elapsedText(time), stepText(perStep)]
      let tail = logs.description
      write((parts + (tail.isEmpty ? [] : [tail])).joined(separator: " - ") + "\n")
    }
  }

  /// Seconds for each of the steps so far; a bar leaves out the first where there are more, since it
  /// builds what the others use.
  private func duration(of steps: Int, at time: Double) -> Double {
    if steps == 0 { return 0 }
    if let firstStepEnded, steps > 1 { return (time - firstStepEnded) / Double(steps - 1) }
    if steps == 1 { firstStepEnded = time }
    return (time - began) / Double(steps)
  }

  private func elapsedText(_ time: Double) -> String { String(format: "%.0fs", time - began) }

  private func show(_ step: Int, _ count: Int?, time: String, _ perStep: Double, _ logs: Logs) {
    var text = ""
    if isTerminal { text += "\r\u{1B}[2K" }
    if let count, count > 0 {
      let digits = String(count).count
      let number = String(repeating: " ", count: digits - String(step).count) + "\(step)/\(count)"
      let done = Swift.min(20, Int(20 * (Double(step) / Double(count))))
      text += bold(number) + " "
      if done > 0 { text += coloured(String(repeating: "━", count: done), 32) }
      text += coloured(String(repeating: "━", count: 20 - done), 37)
    } else {
      text += String(repeating: " ", count: Swift.max(0, 7 - String(step).count))
      text += "\(step)/Unknown"
    }
    text += " " + bold(time) + " " + stepText(perStep)
    let tail = logs.description
    if !tail.isEmpty { text += " - " + tail }
    write(text)
  }

  private func bold(_ text: String) -> String { isTerminal ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  private func coloured(_ text: String, _ colour: Int) -> String {
    isTerminal ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }
}

/// Seconds that are left, as `h:mm:ss`, `m:ss` or `Ns`.
func remainingText(_ seconds: Double) -> String {
  let whole = Int(seconds.isFinite ? seconds : 0)
  let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
  if seconds > 3600 { return String(format: "%d:%02d:%02d", minutes / 60, minutes % 60, rest) }
  return seconds > 60 ? String(format: "%d:%02d", minutes, rest) : "\(whole)s"
}

/// Seconds per step as `2s/step`, `646ms/step` or `87us/step`.
func stepText(_ seconds: Double) -> String {
  if seconds >= 1 || seconds == 0 { return String(format: "%.0fs/step", seconds) }
  if seconds >= 1e-3 { return String(format: "%.0fms/step", seconds * 1e3) }
  return String(format: "%.0fus/step", seconds * 1e6)
}
