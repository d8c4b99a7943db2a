import Foundation
import MartletTensors

/// Keras' progress bar: redrawn in place on a terminal, one line per epoch elsewhere.
///
/// `fit` makes one itself; `verbose` chooses its style.
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
  private let write: (String) -> Void
  private var began = 0.0
  private var drawn = 0.0
  private var width = 0

  /// Creates the bar; without a style it is a bar on a terminal and lines elsewhere.
  public convenience init(style: Style? = nil) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    self.init(
      style: style ?? (isTerminal ? .bar : .lines), isTerminal: isTerminal
    ) { text in
      print(text, terminator: "")
      fflush(nil)
    }
  }

  init(style: Style, isTerminal: Bool, write: @escaping (String) -> Void) {
    self.style = style
    self.isTerminal = isTerminal
    self.write = write
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) {
    if run.epochs > 1 { write("Epoch \(epoch + 1)/\(run.epochs)\n") }
    start()
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) {
    // The last state is drawn with the epoch's own numbers.
    if run.stepsPerEpoch != batch + 1 { redraw(batch + 1, run.stepsPerEpoch) { run.logs } }
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) {
    finish(run.batch, run.logs)
  }

  public func passBegan(_ pass: Pass) {
    if isOwn(pass) { start() }
  }

  public func passAdvanced(_ pass: Pass) {
    if isOwn(pass), pass.batch != pass.batchCount {
      redraw(pass.batch, pass.batchCount) { pass.logs }
    }
  }

  public func passEnded(_ pass: Pass) {
    if isOwn(pass) { finish(pass.batch, pass.logs) }
  }

  /// Whether the pass is not the validation of an epoch, which shows no bar of its own.
  private func isOwn(_ pass: Pass) -> Bool { !pass.isPartOfTraining }

  private func start() {
    began = now()
    drawn = 0
    width = 0
  }

  private func redraw(_ step: Int, _ count: Int?, _ logs: () -> Logs) {
    guard style == .bar, isTerminal else { return }
    let time = now()
    if time - drawn < 0.05 { return }
    drawn = time
    let perStep = (time - began) / Double(step)
    let left = count.map { perStep * Double($0 - step) }
    show(step, count, time: left.map(clockText) ?? clockText(time - began), perStep, logs())
  }

  private func finish(_ steps: Int, _ logs: Logs) {
    let elapsed = now() - began
    let perStep = elapsed / Double(Swift.max(steps, 1))
    if style == .bar {
      show(steps, steps, time: clockText(elapsed), perStep, logs)
      write("\n")
    } else {
      let parts = ["\(steps)/\(steps)", "\(Int(elapsed.rounded()))s", stepText(perStep)]
      let tail = logs.description
      write((parts + (tail.isEmpty ? [] : [tail])).joined(separator: " - ") + "\n")
    }
  }

  private func show(_ step: Int, _ count: Int?, time: String, _ perStep: Double, _ logs: Logs) {
    var text = ""
    if isTerminal { text += "\r\u{1B}[2K" }
    if let count {
      let digits = String(count).count
      let number = String(repeating: " ", count: digits - String(step).count) + "\(step)/\(count)"
      let done = Swift.min(20, 20 * step / Swift.max(count, 1))
      let line = (
        String(repeating: "━", count: done), String(repeating: "━", count: 20 - done)
      )
      text += bold(number) + " " + coloured(line.0, 32) + coloured(line.1, 37)
    } else {
      text += bold("      \(step)/Unknown")
    }
    text += " " + bold(time) + " " + stepText(perStep)
    let tail = logs.description
    if !tail.isEmpty { text += " - " + tail }
    write(text)
  }

  private func bold(_ text: String) -> String { isTerminal ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  private func coloured(_ text: String, _ colour: Int) -> String {
    isTerminal && !text.isEmpty ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }

  private func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}

/// Seconds as `h:mm:ss`, `m:ss` or `Ns`.
func clockText(_ seconds: Double) -> String {
  let whole = Int(seconds.isFinite ? seconds : 0)
  let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
  if whole >= 3600 {
    return String(format: "%d:%02d:%02d", minutes / 60, minutes % 60, rest)
  }
  return whole >= 60 ? String(format: "%d:%02d", minutes, rest) : "\(whole)s"
}

/// Seconds per step as `2s/step`, `646ms/step` or `87us/step`.
func stepText(_ seconds: Double) -> String {
  if seconds >= 1 || seconds == 0 { return "\(Int(seconds.rounded()))s/step" }
  if seconds >= 1e-3 { return "\(Int((seconds * 1e3).rounded()))ms/step" }
  return "\(Int((seconds * 1e6).rounded()))us/step"
}
